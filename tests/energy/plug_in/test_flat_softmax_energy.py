"""A softmax unit made of comparators, adders and multipliers, against what Accelergy answered."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flat_plugin.energy.plug_in.flat_arithmetic import Part, adder, comparator, multiplier
from flat_plugin.energy.plug_in.flat_softmax_energy import LANE, OPERATIONS, composed, softmax_unit
from flat_plugin.model.softmax import LANE_OPERATIONS

AT_940_MHZ = 1 / 940e6


def test_a_unit_of_parts_by_hand() -> None:
    """Two lanes, each a comparator, seven adders and six multipliers."""
    unit = composed([Part(1.0, 0.1, 10.0), Part(2.0, 0.2, 20.0), Part(4.0, 0.4, 40.0)], lanes=2)
    assert unit.operations_pj == {"max": 1.0, "exponent": 7 * 2.0 + 6 * 4.0, "sum": 2.0, "scale": 4.0}
    assert unit.compute_pj == (1 + 38 + 2 + 4) / 4
    assert unit.leak_pj == pytest.approx(2 * (0.1 + 7 * 0.2 + 6 * 0.4))
    assert unit.area_um2 == 2 * (10 + 7 * 20 + 6 * 40)


def test_a_softmax_unit_at_940_mhz() -> None:
    unit = softmax_unit(16, 32, AT_940_MHZ, 45)
    one, two, three = comparator(16, AT_940_MHZ), adder(16, AT_940_MHZ), multiplier(16, AT_940_MHZ)
    assert unit.operations_pj == {
        "max": one.energy_pj,
        "exponent": pytest.approx(7 * two.energy_pj + 6 * three.energy_pj),
        "sum": two.energy_pj,
        "scale": three.energy_pj,
    }
    assert unit.compute_pj == pytest.approx(4.26755, rel=1e-6)  # the real accelergy with our plug-in
    assert unit.area_um2 == pytest.approx(32 * (one.area_um2 + 7 * two.area_um2 + 6 * three.area_um2))
    assert unit.leak_pj == pytest.approx(2.83956, rel=1e-5)


def test_a_lane_has_the_parts_of_its_dearest_operation_and_the_model_its_operations() -> None:
    assert tuple(OPERATIONS) == LANE_OPERATIONS
    assert tuple(max(counts) for counts in zip(*OPERATIONS.values(), strict=True)) == LANE


@given(st.integers(4, 64), st.integers(1, 512), st.floats(7, 130), st.floats(0.3e-9, 12e-9))
def test_a_softmax_unit_grows_with_its_lanes(bits: int, lanes: int, node: float, seconds: float) -> None:
    one, many = softmax_unit(bits, 1, seconds, node), softmax_unit(bits, lanes, seconds, node)
    assert many.operations_pj == one.operations_pj
    assert many.area_um2 == pytest.approx(lanes * one.area_um2)
    assert many.leak_pj == pytest.approx(lanes * one.leak_pj)
    assert 0 < one.operations_pj["max"] < one.compute_pj < one.operations_pj["exponent"]


def test_a_node_that_nothing_is_scaled_to_is_refused() -> None:
    with pytest.raises(ValueError, match="only from 5 to 130 nm"):
        softmax_unit(16, 1, AT_940_MHZ, 4)
