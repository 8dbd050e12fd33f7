"""What Timeloop's files say of each component."""

from __future__ import annotations

from dataclasses import replace
from math import inf

import pytest

from flat_plugin.architecture.hardware import Architecture, Compute, Memory, SoftmaxUnit
from flat_plugin.timeloop.components import (
    UNBOUNDED_DEPTH,
    binary_components,
    softmax_component,
    timeloopfe_components,
)

BUFFER = Memory("Buffer", "SRAM", 16, block_size=8, capacity=4096)


def chip(memory: Memory = BUFFER, **changes: object) -> Architecture:
    outer = Memory("DRAM", "DRAM", 16, block_size=4, attributes={"type": "LPDDR4"})
    units = Compute("MAC", "intmac", 8, instances=8, mesh_x=4, mesh_y=2)
    return replace(Architecture("chip", (outer, memory), units), **changes)  # type: ignore[arg-type]


def written(memory: Memory) -> dict[str, object]:
    return binary_components(chip(memory))[1].attributes


def test_sizes_are_rows_of_bits() -> None:
    assert written(BUFFER) == {"depth": 512, "width": 128, "datawidth": 16}
    assert written(replace(BUFFER, cluster_size=2))["width"] == 256


def test_only_what_is_not_neutral_is_written() -> None:
    memory = replace(
        BUFFER,
        cluster_size=2,
        multiple_buffering=2,
        network_latency=5,
        read_bandwidth=3.0,
        write_bandwidth=2.0,
    )
    assert written(memory) == {
        "depth": 1024,
        "width": 256,
        "datawidth": 16,
        "cluster_size": 2,
        "multiple_buffering": 2,
        "network_fill_latency": 5,
        "read_bandwidth": 3.0,
        "write_bandwidth": 2.0,
    }
    assert written(replace(BUFFER, shared_bandwidth=6.5))["shared_bandwidth"] == 6.5


@pytest.mark.parametrize(
    ("capacity", "buffering", "size"),
    [
        (4096, 1.0, {"depth": 512}),
        (4097, 1.0, {"entries": 4097}),  # no whole number of rows
        (4095, 2.0, {"entries": 8190}),
        (5, 3.0, {"depth": 2}),  # 16 words are 5 for each of three
        (0, 1.0, {"depth": 0}),
    ],
)
def test_a_size_in_words_where_rows_cannot_say_it(
    capacity: int, buffering: float, size: dict[str, int]
) -> None:
    found = written(replace(BUFFER, capacity=capacity, multiple_buffering=buffering))
    assert {key: found[key] for key in ("depth", "entries") if key in found} == size


def test_values_win_over_what_the_file_said_and_keep_its_order() -> None:
    stale = {"width": 64, "n_banks": 4, "datawidth": 8, "depth": 7, "meshX": 3, "sizeKB": 9, "latency": None}
    found = written(replace(BUFFER, attributes=stale))
    assert [*found.items()] == [("width", 128), ("n_banks", 4), ("datawidth", 16), ("depth", 512)]


def test_what_the_system_says_is_not_said_again() -> None:
    attributes = {"technology": "45nm", "global_cycle_seconds": 1e-9}
    assert written(replace(BUFFER, attributes=attributes)) == written(BUFFER)
    own = {"technology": "22nm", "global_cycle_seconds": 2e-9}
    assert own.items() <= written(replace(BUFFER, attributes=own)).items()


def test_programs_have_instances_in_names_and_their_mesh_as_attributes() -> None:
    dram, buffer, units = binary_components(chip())
    assert (dram.full_name, dram.attributes["type"]) == ("DRAM", "LPDDR4")
    assert not {"depth", "entries"} & set(dram.attributes)
    assert (units.name, units.full_name, units.kind) == ("MAC", "MAC[1..8]", "intmac")
    assert units.attributes == {"width": 8, "datawidth": 8, "meshX": 4, "meshY": 2}
    assert units.actions == ("compute", "leak")
    assert buffer.actions == ("read", "write", "update", "leak")
    assert all((each.array, each.fanout) == (None, (1, 1)) for each in (dram, buffer, units))


def test_units_may_have_words_wider_than_those_they_multiply() -> None:
    wide = replace(chip().compute, attributes={"width": 32})
    assert binary_components(chip(compute=wide))[-1].attributes["width"] == 32


def test_timeloopfe_has_containers_instead_and_a_depth_for_every_memory() -> None:
    dram, buffer, units = timeloopfe_components(chip())
    assert (units.array, units.fanout) == ("MAC_array", (4, 2))
    assert units.attributes == {"width": 8, "datawidth": 8}
    assert (buffer.array, buffer.attributes["depth"]) == (None, 512)
    assert dram.attributes["depth"] == UNBOUNDED_DEPTH == 2**28
    odd = timeloopfe_components(chip(replace(BUFFER, capacity=4097)))[1]
    assert odd.attributes["entries"] == 4097 and "depth" not in odd.attributes


@pytest.mark.parametrize(
    ("words", "depth"),
    [
        (2**30, 2**28),  # rows of four words
        (2**30 + 1, 2**29),
        (2**31 + 4, 2**30),
        (2**60, 2**31),  # which Timeloop can keep
    ],
)
def test_an_unbounded_memory_holds_what_it_must(words: int, depth: int) -> None:
    dram = timeloopfe_components(chip(), words)[0]
    assert chip().memories[0].capacity == inf
    assert dram.attributes["depth"] == depth


def test_a_softmax_unit_has_lanes_and_passes() -> None:
    unit = SoftmaxUnit(32, "V", passes=2, instances=4, attributes={"lanes": 1, "type": "x"})
    found = softmax_component(unit, chip(), ("compute", "leak"))
    assert (found.name, found.full_name, found.kind) == ("V", "V[1..4]", "softmax_unit")
    assert found.attributes == {"lanes": 32, "type": "x", "passes": 2, "datawidth": 8}
    assert found.actions == ("compute", "leak")
    wider = replace(unit, attributes={"datawidth": 32})
    assert softmax_component(wider, chip(), ()).attributes["datawidth"] == 32
