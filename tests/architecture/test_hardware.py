"""Memories, compute units and the chip they make."""

from __future__ import annotations

from dataclasses import replace
from math import inf
from typing import Any

import pytest

from flat_plugin.architecture.hardware import Architecture, Compute, FanOut, Memory, SoftmaxUnit, TopkUnit

DRAM = Memory("DRAM", "DRAM", 16)
L2 = Memory("L2", "SRAM", 16, capacity=4096)
L1 = Memory("L1", "SRAM", 16, capacity=512, instances=8, mesh_x=4, mesh_y=2)
MACS = Compute("MAC", "intmac", 16, instances=64, mesh_x=16, mesh_y=4)
CHIP = Architecture("chip", (DRAM, L2, L1), MACS)


def test_several_instances_are_in_the_name() -> None:
    assert (L2.full_name, L1.full_name, MACS.full_name) == ("L2", "L1[1..8]", "MAC[1..64]")


def test_ports_are_the_bandwidths_that_are_given() -> None:
    shared = replace(L2, shared_bandwidth=4.0)
    assert shared.ports(10, 6) == [("words", 16, 4.0)]
    split = replace(L2, read_bandwidth=3.0, write_bandwidth=2.0)
    assert split.ports(10, 6) == [("words read", 10, 3.0), ("words written", 6, 2.0)]
    assert L2.ports(10, 6) == []
    assert shared.limited and split.limited and not L2.limited


@pytest.mark.parametrize(
    ("memory", "holds_nothing", "only_fans_out"),
    [
        (L2, False, False),
        (replace(L2, capacity=0), True, False),
        (replace(L2, kind="dummy_storage"), True, False),
        (replace(L2, kind="dummy_storage", capacity=0), True, True),
    ],
)
def test_levels_that_hold_nothing(memory: Memory, holds_nothing: bool, only_fans_out: bool) -> None:
    assert (memory.holds_nothing, memory.only_fans_out) == (holds_nothing, only_fans_out)


def test_fan_outs_are_ratios_of_meshes() -> None:
    assert CHIP.parts == (DRAM, L2, L1, MACS)
    assert [CHIP.fanout(level) for level in range(3)] == [(1, 1), (4, 2), (4, 2)]
    assert CHIP.fanouts == ((1, 1), (1, 1), (4, 2), (4, 2))
    assert replace(CHIP, memories=(replace(DRAM, instances=2, mesh_x=2), L1)).fanouts[0] == (2, 1)


def test_containers_have_the_files_name_or_one_of_their_own() -> None:
    assert CHIP.arrays == {"L1": "L1_array", "MAC": "MAC_array"}
    named = replace(CHIP, memories=(DRAM, L2, replace(L1, arrays=("core",))))
    assert named.arrays == {"L1": "core", "MAC": "MAC_array"}
    assert (named.array_below(0), named.array_below(1)) == (None, "core")
    two = replace(CHIP, memories=(DRAM, L2, replace(L1, arrays=("column", "row"))))
    assert two.array_below(1) == "L1_array"


def test_a_container_does_not_take_a_name_that_is_there() -> None:
    taken = replace(CHIP, memories=(DRAM, replace(L2, name="MAC_array"), L1), system="L1_array")
    assert taken.arrays == {"L1": "L1_array_", "MAC": "MAC_array_"}


def test_fan_outs_that_are_one_are_found_by_the_memory_above() -> None:
    fans = (FanOut(("column",), "x"), FanOut(("row",), "y"))
    merged = replace(CHIP, memories=(DRAM, L2, replace(L1, merged=fans)))
    assert merged.merged_below("L2") == fans
    assert merged.merged_below("DRAM") == merged.merged_below("L1") == ()


@pytest.mark.parametrize(
    ("unit", "level"),
    [
        (None, 1),
        (SoftmaxUnit(8), 1),  # the outermost on chip has as many instances
        (SoftmaxUnit(8, instances=8, mesh_x=4, mesh_y=2), 1),  # nothing on chip but the last has that many
        (SoftmaxUnit(8, memory="L1"), 2),
        (SoftmaxUnit(8, memory="DRAM"), 1),  # outside the chip nothing is beside a unit
    ],
)
def test_the_memory_that_softmax_units_are_beside(unit: SoftmaxUnit | None, level: int) -> None:
    assert replace(CHIP, softmax=unit).softmax_level == level


def test_units_of_cores_are_beside_the_outermost_memory_that_each_has() -> None:
    registers = Memory("Regs", "regfile", 16, capacity=4, instances=64, mesh_x=16, mesh_y=4)
    cores = replace(CHIP, memories=(DRAM, L2, L1, registers))
    assert replace(cores, softmax=SoftmaxUnit(8, instances=8, mesh_x=4, mesh_y=2)).softmax_level == 2
    assert replace(CHIP, memories=(DRAM,), softmax=SoftmaxUnit(8)).softmax_level == 0


def test_there_is_one_top_k_unit() -> None:
    assert TopkUnit(4).instances == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, []),
        ({"memories": ()}, ["empty"]),
        ({"memories": (DRAM, replace(L2, name="DRAM"))}, ["a name used twice, among DRAM, DRAM, MAC"]),
        ({"memories": (DRAM, replace(L1, mesh_y=1))}, ["L1: 8 instances are not a mesh of 4 × 1"]),
        (
            {
                "memories": (DRAM, replace(L1, mesh_x=8, mesh_y=1)),
                "compute": replace(MACS, mesh_x=4, mesh_y=16),
            },
            ["the mesh of MAC does not divide among those of L1"],
        ),
        (
            {"memories": (DRAM, replace(L1, mesh_x=1, mesh_y=8))},
            ["the mesh of MAC does not divide among those of L1"],
        ),
    ],
)
def test_what_parts_are_not_together(changes: dict[str, Any], said: list[str]) -> None:
    assert [*replace(CHIP, **changes).contradictions()] == [("memories", message) for message in said]


def test_what_is_not_said() -> None:
    assert DRAM.capacity == DRAM.read_bandwidth == DRAM.write_bandwidth == DRAM.shared_bandwidth == inf
    assert (DRAM.block_size, DRAM.cluster_size, DRAM.multiple_buffering, DRAM.network_latency) == (
        1,
        1,
        1.0,
        0,
    )
    one = (Memory("A", "SRAM", 8), Compute("B", "intmac", 8), SoftmaxUnit(8))
    assert [(part.instances, part.mesh_x, part.mesh_y) for part in one] == [(1, 1, 1)] * 3
    assert (SoftmaxUnit(8).full_name, SoftmaxUnit(8).passes, SoftmaxUnit(8).energy_pj) == (
        "SoftmaxUnit",
        3,
        0,
    )
    assert (TopkUnit(8).name, TopkUnit(8).energy_pj) == ("TopkUnit", 0)
    assert (CHIP.cycle_seconds, CHIP.technology, CHIP.system) == (1e-9, "45nm", "system")
