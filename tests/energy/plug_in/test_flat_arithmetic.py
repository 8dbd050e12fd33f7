"""Arithmetic and the softmax unit made of it, against what Accelergy answered."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flat_plugin.architecture import Architecture, Compute, Memory, SoftmaxUnit
from flat_plugin.energy import recorded_table, softmax_energy
from flat_plugin.energy.grid import records
from flat_plugin.energy.plug_in.flat_arithmetic import (
    adder,
    comparator,
    multiplier,
    multiply_accumulate,
    nanometres,
    node_scales,
    register_file,
)
from flat_plugin.energy.plug_in.flat_softmax_energy import LANE, OPERATIONS, softmax_unit
from flat_plugin.errors import FlatError
from flat_plugin.model.softmax import LANE_OPERATIONS

NS = 1e-9
AT_940_MHZ = 1 / 940e6


@pytest.mark.parametrize(
    ("kind", "action", "part"),
    [
        ("intadder", "compute", adder),
        ("intmultiplier", "compute", multiplier),
        ("intmac", "compute", multiply_accumulate),
        ("comparator", "access", comparator),
    ],
)
def test_arithmetic_is_what_accelergy_answered_at_1_ns(kind, action, part) -> None:
    grid = records(kind, "45nm")
    assert grid
    for record in grid:
        ours = part(record.at["width_bits"], NS)
        assert ours.energy_pj == pytest.approx(record.actions[action], rel=1e-5)
        assert ours.leak_pj == pytest.approx(record.actions["leak"], rel=1e-5)
        assert ours.area_um2 == pytest.approx(record.area_um2, rel=1e-5)


def test_register_files_are_what_accelergy_answered_at_1_ns() -> None:
    grid = records("regfile", "45nm")
    assert len(grid) > 20
    for record in grid:
        ours = register_file(record.at["depth"], NS)
        assert ours.energy_pj == pytest.approx(record.actions["read"], rel=1e-5)
        assert ours.leak_pj == pytest.approx(record.actions["leak"], rel=1e-5)
        assert ours.area_um2 == pytest.approx(record.area_um2, rel=1e-5)


@pytest.mark.parametrize(
    ("seconds", "energy"),  # the real accelergy, 16-bit intmac
    [(0.5 * NS, 4.806), (0.75 * NS, 4.806), (0.8 * NS, 3.275), (NS, 3.275), (AT_940_MHZ, 2.4304)],
)
def test_a_longer_cycle_lets_arithmetic_be_smaller(seconds: float, energy: float) -> None:
    assert multiply_accumulate(16, seconds).energy_pj == pytest.approx(energy)


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


def test_nodes_scale_as_published() -> None:
    assert node_scales(45) == (1.0, 1.0)
    # By hand from the coefficients at 0.8 V: (0.373·0.64 − 0.1582·0.8 + 0.04104) / 0.69302.
    assert node_scales(20)[0] == pytest.approx(0.1532 / 0.69302, rel=1e-4)
    assert node_scales(7)[1] == 0.059
    energies = [node_scales(nm)[0] for nm in (5, 6, 7, 10, 14, 16, 20, 22, 32, 45, 65, 90, 130)]
    assert energies == sorted(energies)
    assert node_scales(32)[1] < node_scales(40)[1] < 1
    with pytest.raises(ValueError, match="only from 5 to 130 nm"):
        node_scales(4)


@pytest.mark.parametrize("technology", ["45nm", 45, "45", 45e-9, "45 NM"])
def test_spellings_of_a_node(technology: object) -> None:
    assert nanometres(technology) == pytest.approx(45)


def test_the_recorded_estimator_and_the_plug_in_are_one() -> None:
    unit = SoftmaxUnit(8, attributes={"datawidth": 16})
    memory = Memory("B", "SRAM", 16, 8, 1, 262144, attributes={"n_banks": 16})
    architecture = Architecture("a", (memory,), Compute("MAC", "intmac", 16), 2 * NS, softmax=unit)
    entry = recorded_table(architecture).components["SoftmaxUnit"]
    derived = softmax_unit(16, 8, 2 * NS, 45)
    assert entry.actions == {
        "compute": derived.compute_pj,
        **derived.operations_pj,
        "leak": derived.leak_pj,
    }
    assert entry.area_um2 == derived.area_um2
    smaller = SoftmaxUnit(8, attributes={"datawidth": 16, "technology": "22nm"})
    assert softmax_energy(smaller, architecture).actions["compute"] < entry.actions["compute"]


def test_a_softmax_unit_outside_of_what_is_known() -> None:
    memory = Memory("B", "SRAM", 16, 8, 1, 262144, attributes={"n_banks": 16})
    architecture = Architecture("a", (memory,), Compute("MAC", "intmac", 16))
    with pytest.raises(FlatError, match="nothing is recorded at 4 nm.*no scaling to 4 nm"):
        softmax_energy(SoftmaxUnit(8, attributes={"technology": "4nm"}), architecture)
    with pytest.raises(FlatError, match="bad datawidth"):
        softmax_energy(SoftmaxUnit(8, attributes={"datawidth": 128}), architecture)
