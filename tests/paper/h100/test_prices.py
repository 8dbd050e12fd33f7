"""Constants are slopes of the calibration; the bound is the busiest resource's."""

import csv
from pathlib import Path
from statistics import linear_regression

import pytest

from flat_plugin.paper.h100.comparisons import h100_architecture
from flat_plugin.paper.h100.prices import constants, energy_joules, least_seconds
from flat_plugin.paper.h100.traffic import Moved

CALIBRATION = Path(__file__).parents[2] / "reference" / "h100" / "calibration.csv"


def slope(name, size=""):
    """pJ an action: power against rate, while the power cap does not hold the clock."""
    with CALIBRATION.open() as stream:
        rows = [row for row in csv.DictReader(stream) if row["kind"] == "rate_power" and row["name"] == name]
    free = [row for row in rows if row["power_capped"] == "0" and row["size_MB"] == size]
    rates, powers = ([float(row[key]) for row in free] for key in ("loop_rate_per_s", "loop_power_W"))
    return linear_regression(rates, powers).slope * 1e12


def test_constants_are_those_of_the_calibration():
    cost = constants()
    assert cost.mac_pj == pytest.approx(slope("mma_sync_regs"), rel=0.01)
    assert cost.shared_read_pj_per_byte == pytest.approx(slope("ldmatrix"), rel=0.02)
    assert cost.shared_write_pj_per_byte == pytest.approx(slope("smem_st"), rel=0.02)
    assert cost.l2_to_sm_pj_per_byte == pytest.approx(slope("l2_read_private", "20"), rel=0.06)
    assert cost.sm_to_l2_pj_per_byte == pytest.approx(slope("l2_write", "16"), rel=0.02)
    read, written = cost.l2_to_sm_pj_per_byte, cost.sm_to_l2_pj_per_byte
    assert read + cost.hbm_read_pj_per_byte == pytest.approx(slope("hbm_read"), rel=0.05)
    assert written + cost.hbm_write_pj_per_byte == pytest.approx(slope("hbm_write"), rel=0.05)


def test_energy_adds_what_is_done_to_the_idle_board():
    idle = energy_joules(Moved(), 2.0, hbm=True)
    assert idle == 2 * 123.0
    moved = Moved(dram_read=1e12, macs=1e12)
    assert energy_joules(moved, 2.0, hbm=True) - idle == pytest.approx(85.0 + 2.66)
    assert energy_joules(moved, 2.0, hbm=False) - idle == pytest.approx(2.66)


def test_kernels_take_as_long_as_their_busiest_resource():
    machine = h100_architecture()
    macs = Moved(macs=2048 * 132 * 1000, cores=132)
    assert least_seconds([macs], machine, hbm=True) == (pytest.approx(1000 * 0.505e-9), "MAC")
    half = Moved(macs=2048 * 66 * 1000, cores=66)
    assert least_seconds([half], machine, hbm=True)[0] == pytest.approx(1000 * 0.505e-9)
    memory = Moved(dram_read=778 * 2 * 5000, cores=132)
    assert least_seconds([macs, memory], machine, hbm=True) == (pytest.approx(6000 * 0.505e-9), "HBM")
