"""Under which assumptions a figure is computed."""

from __future__ import annotations

from dataclasses import replace

import pytest

import flat_plugin as flat
from flat_plugin.architecture import Memory
from flat_plugin.energy import energy_for
from flat_plugin.paper.assumptions import FREE_LANES, Assumption, _widened
from flat_plugin.paper.reproduce import _declared

ASSUMPTIONS = {name: Assumption.of(name, fields) for name, fields in _declared()["assumptions"].items()}
EDGE = flat.find_architecture("edge")
OURS = Assumption("mine", "a title", "a source", word_bits=16, softmax="serial", dram_pj_per_byte=None)


def test_words_of_the_platforms_own_width_change_nothing() -> None:
    assert OURS.machine("edge") == EDGE and OURS.mode == "serial"
    assert OURS.energies(EDGE) == energy_for(EDGE)


@pytest.mark.parametrize("platform", ["edge", "cloud"])
def test_wider_words_leave_bytes_as_they_are(platform):
    narrow, wide = (ASSUMPTIONS[name].machine(platform) for name in ("authors", "published"))
    for one, other in zip(narrow.memories[:2], wide.memories[:2], strict=True):
        assert other.word_bits == 2 * one.word_bits
        assert other.capacity * 2 == one.capacity
        assert other.shared_bandwidth * 2 == one.shared_bandwidth
    table = [ASSUMPTIONS[name].energies(m) for name, m in (("authors", narrow), ("published", wide))]
    per_byte = [
        energies.components["DRAM"].actions["read"]
        / machine.memories[0].block_size
        / machine.memories[0].word_bits
        for energies, machine in zip(table, (narrow, wide), strict=True)
    ]
    assert per_byte == [32 / 8, 32 / 8]  # pJ a bit


def test_registers_hold_as_many_words_as_before() -> None:
    wide = replace(OURS, word_bits=32).machine("edge")
    assert wide.memories[2].capacity == EDGE.memories[2].capacity
    assert (wide.memories[2].word_bits, wide.compute.word_bits) == (32, 32)
    assert wide.memories[1].block_size == EDGE.memories[1].block_size // 2


def test_a_softmax_that_passes_costs_no_time_but_its_passes() -> None:
    passing = replace(OURS, softmax="pass")
    unit = passing.machine("edge").softmax
    assert passing.mode == "overlapped" and unit is not None and unit.lanes == FREE_LANES


def test_energy_of_dram_alone() -> None:
    """32 pJ a byte: 64 of a word of 16 bits, for each of the words of a row."""
    table = replace(OURS, dram_pj_per_byte=32).energies(EDGE)
    assert table.energy("DRAM", "read") == 64 * EDGE.memories[0].block_size
    for component, action in (("GlobalBuffer", "read"), ("MAC", "compute"), ("SoftmaxUnit", "compute")):
        assert table.energy(component, action) == 0


def test_ports_of_their_own_carry_as_many_bytes() -> None:
    memory = Memory("B", "SRAM", 16, 1, capacity=64, read_bandwidth=8.0, write_bandwidth=6.0)
    wide = _widened(memory, 32)
    assert (wide.read_bandwidth, wide.write_bandwidth, wide.capacity) == (4.0, 3.0, 32)
    assert wide.block_size == 1  # a row has a word, at least
    assert _widened(memory, 16) is memory
