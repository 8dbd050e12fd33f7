"""Arithmetic, against what Accelergy answered."""

import pytest

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
