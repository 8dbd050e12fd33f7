"""What norms and activations cost on the softmax unit, by hand."""

from dataclasses import replace

import pytest

import flat_plugin as flat
from flat_plugin.errors import FlatError
from flat_plugin.model.elementwise_work import elementwise_work
from flat_plugin.workload.elementwise import Elementwise
from flat_plugin.workload.widths import Widths

EDGE = flat.platform("edge")
DRAM, BUFFER = EDGE.architecture.memories[:2]
UNIT = EDGE.architecture.softmax


def work(step, widths=None, architecture=EDGE.architecture):
    return elementwise_work(step, widths or Widths(), architecture, EDGE.energies)


def test_a_norm_comes_from_dram_once_and_is_read_twice():
    """64 rows of 96 elements: 4 operations an element and 3 a row."""
    found, words = work(Elementwise("norm", "rms_norm", 64, 96)), 64 * 96
    operations = 64 * (4 * 96 + 3)
    assert found.busy[UNIT.name] == -(-operations // UNIT.lanes)
    assert found.energy[UNIT.name, "compute"] == operations * EDGE.energies.energy(UNIT.name, "compute")
    moved = found.traffic["A"]
    assert (moved.dram_reads, moved.dram_writes) == (words, words)
    assert (moved.buffer_reads, moved.buffer_writes) == (2 * words + words, words + words)
    assert found.busy[DRAM.name] == 2 * words / DRAM.shared_bandwidth
    assert found.cycles == max(found.busy.values())
    assert found.computes == 0


def test_rows_that_do_not_fit_come_once_a_pass():
    small = replace(BUFFER, capacity=100)
    memories = (DRAM, small, *EDGE.architecture.memories[2:])
    chip = replace(EDGE.architecture, memories=memories)
    norm, gelu = Elementwise("norm", "layer_norm", 8, 96), Elementwise("activation", "gelu", 8, 96)
    assert work(norm, architecture=chip).traffic["A"].dram_reads == 2 * 8 * 96
    assert work(gelu, architecture=chip).traffic["A"].dram_reads == 8 * 96


def test_a_gate_and_an_addition_read_two_tensors():
    for step in (Elementwise("activation", "silu", 8, 96, gated=True), Elementwise("residual", "add", 8, 96)):
        moved = work(step).traffic["A"]
        assert (moved.dram_reads, moved.dram_writes) == (2 * 8 * 96, 8 * 96)


def test_activations_have_their_width():
    eight = work(Elementwise("residual", "add", 8, 96), Widths(A=8))
    assert eight.traffic["A"].bytes(0, 16) == 3 * 8 * 96
    assert eight.busy[DRAM.name] == work(Elementwise("residual", "add", 8, 96)).busy[DRAM.name] / 2


def test_without_lanes_it_is_refused():
    with pytest.raises(FlatError, match="no softmax unit"):
        work(Elementwise("residual", "add", 8, 96), architecture=replace(EDGE.architecture, softmax=None))
