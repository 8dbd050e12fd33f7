"""Energies from the recorded grid."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flat_plugin.architecture import Architecture, Compute, Memory, SoftmaxUnit, find_architecture
from flat_plugin.energy import recorded_table
from flat_plugin.energy.plug_in.flat_arithmetic import node_scales
from flat_plugin.errors import FlatError, SeveralErrors

MAC = Compute("MAC", "intmac", 16)


def sram(kilobytes: float, width: int = 128, banks: int = 16, **more: Any) -> Memory:
    words = int(kilobytes * 512)
    return Memory("B", "SRAM", 16, width // 16, 1, words, attributes={"n_banks": banks, **more})


def energy(memory: Memory, action: str = "read", **system: Any) -> float:
    table = recorded_table(Architecture("a", (memory,), MAC, **system))
    return table.components[memory.name].actions[action]


def test_on_the_grid() -> None:
    assert energy(sram(512)) == 94.7799
    assert energy(sram(512), "leak") == 0.0163797
    small = energy(sram(512, banks=4, width=512, technology="22nm"))
    assert 0 < small < energy(sram(512, banks=4, width=512))
    table = recorded_table(Architecture("a", (sram(512),), MAC))
    assert table.components["B"].estimator == "CACTI"
    assert table.components["B"].area_um2 == 1749390
    assert table.components["MAC"].actions["compute"] == 3.275


def test_between_sizes() -> None:
    table = recorded_table(Architecture("a", (sram(700),), MAC))
    assert energy(sram(512)) < energy(sram(700)) < energy(sram(1024))
    assert table.components["B"].estimator == "CACTI, interpolated between 512 and 1024 KB"


@given(st.integers(512, 1024), st.sampled_from([128, 192, 384]), st.integers(4, 16))
def test_between_neighbours(kilobytes: int, width: int, banks: int) -> None:
    corners = [energy(sram(k, w, b)) for k in (512, 1024) for w in (128, 256, 512) for b in (4, 16)]
    assert min(corners) <= energy(sram(kilobytes, width, banks)) * (1 + 1e-9)
    assert energy(sram(kilobytes, width, banks)) <= max(corners) * (1 + 1e-9)


def test_energy_of_dram_is_linear_in_its_width() -> None:
    def dram(words: int) -> float:
        return energy(Memory("D", "DRAM", 16, words, attributes={"type": "LPDDR4"}))

    assert dram(4) == 512
    assert dram(6) == pytest.approx(768)


def test_depth_of_registers() -> None:
    def regs(depth: int) -> float:
        return energy(Memory("R", "regfile", 16, capacity=depth))

    assert regs(16) == 0.06794
    assert regs(16) < regs(24) < regs(32)


def test_leakage_per_cycle_grows_with_the_cycle() -> None:
    assert energy(sram(512), "leak", cycle_seconds=2e-9) == pytest.approx(2 * 0.0163797)
    assert energy(sram(512), cycle_seconds=2e-9) == 94.7799


def test_double_buffering_and_a_changed_capacity() -> None:
    halved = replace(sram(512, depth=32768), capacity=131072, multiple_buffering=2)
    assert energy(halved) == energy(sram(512))
    assert energy(replace(sram(512, depth=32768), capacity=524288)) == energy(sram(1024))


@pytest.mark.parametrize(
    ("memory", "system", "message"),
    [
        (sram(512, width=32), {}, "64 to 4096 bits"),
        (sram(2**20), {}, "1 to 65536 KB"),
        (sram(512, banks=32), {}, "1 to 16 banks"),
        (sram(512), {"technology": "3nm"}, "nothing is recorded at 3 nm.*expected 5 to 65 nm"),
        (sram(512), {"technology": "90nm"}, "nothing is recorded at 90 nm"),
        (sram(2), {"technology": "22nm"}, "outside what is recorded for SRAM at 22 nm"),
        (sram(512, n_rd_ports=2), {}, "one port"),
        (Memory("B", "SRAM", 16, 8), {}, "unbounded"),
        (Memory("B", "smartbuffer", 16, 8, capacity=64), {}, "class smartbuffer"),
        (Memory("D", "DRAM", 16, 4), {}, "says no type; .*DDR3 or GDDR5 or GDDR6 or HBM2 or HBM2E"),
    ],
)
def test_outside_the_grid(memory: Memory, system: dict[str, Any], message: str) -> None:
    with pytest.raises(FlatError, match=message) as caught:
        energy(memory, **system)
    assert memory.name in str(caught.value)
    assert "Accelergy" in str(caught.value)


def test_softmax_energy_may_be_given() -> None:
    unit = SoftmaxUnit(8, energy_pj=1.5)
    found = recorded_table(Architecture("a", (sram(512),), MAC, softmax=unit))
    assert found.components["SoftmaxUnit"].actions == {"compute": 1.5}


def test_arithmetic_follows_the_clock() -> None:
    slower = recorded_table(Architecture("a", (sram(512),), MAC, cycle_seconds=1 / 940e6))
    assert slower.components["MAC"].actions["compute"] == pytest.approx(2.4304)  # the real accelergy's
    assert slower.components["B"].actions["read"] == 94.7799


def test_arithmetic_at_other_nodes_is_scaled_and_says_so() -> None:
    buffer = sram(512, banks=4, width=512)
    table = recorded_table(Architecture("a", (buffer,), MAC, technology="22nm"))
    assert table.components["MAC"].actions["compute"] == pytest.approx(3.275 * node_scales(22)[0])
    assert table.components["MAC"].estimator == "Aladdin, scaled from 45 nm to 22 nm"
    assert table.source.endswith("; scaled: MAC")  # the SRAM is recorded at 22 nm


def test_all_that_is_not_recorded_is_said_together() -> None:
    memories = (Memory("D", "DRAM", 16, 4), sram(2**20))
    with pytest.raises(SeveralErrors, match="D: no energy is recorded for a DRAM that says no type"):
        recorded_table(Architecture("a", memories, MAC))


@pytest.mark.parametrize("width", [1e200, -4, 0, "wide"])
@pytest.mark.parametrize("estimator", ["recorded", "given"])
def test_a_width_that_no_unit_has_is_refused(width, estimator):
    edge = find_architecture("edge")
    more = {"energy_pj_per_bit": 0.1} if estimator == "given" else {}
    units = replace(edge.compute, attributes={**edge.compute.attributes, "width": width, **more})
    with pytest.raises(FlatError, match="bad width"):
        recorded_table(replace(edge, compute=units))
