"""Counts of a nest, by hand; how they agree with a walk is tested with the walk."""

import numpy as np
import pytest
from counted_by_hand import CHIP, NEST, PRODUCT, STEPS, WORDS

from flat_plugin.architecture import Architecture, Compute, Memory
from flat_plugin.mapping.nest import LevelMapping, OperatorMapping
from flat_plugin.model.counts import NestAnalysis, multiply_down
from flat_plugin.model.mapping_batch import batch_of
from flat_plugin.workload.einsum import gemm

LEVELS = [memory.name for memory in CHIP.memories]
TENSORS = [tensor.name for tensor in PRODUCT.tensors]


@pytest.fixture(scope="module")
def nest():
    return NestAnalysis(batch_of(PRODUCT, CHIP, [NEST]))


def of(values, level, tensor):
    return values[LEVELS.index(level), TENSORS.index(tensor), 0]


def test_words_of_every_level_and_tensor(nest):
    counts = nest.counts()
    for place, expected in WORDS.items():
        found = (of(counts.tiles, *place), of(counts.reads, *place))
        found += (of(counts.fills, *place), of(counts.updates, *place))
        assert found == expected, place
    assert of(counts.reductions, "Regs", "Z") == of(counts.reads, "Regs", "Z") == 32
    assert of(counts.reductions, "Regs", "A") == 0
    assert (counts.compute_cycles[0], counts.computes[0]) == (STEPS, 8 * 4 * 6)


def test_parts_of_the_tensors_in_one_instance(nest):
    """Registers hold half of Z's rows, a quarter of A, half of W's in turn."""
    assert [of(nest.partitions, "Regs", name) for name in TENSORS] == [12, 12, 16]
    assert [of(nest.partitions, "Buffer", name) for name in TENSORS] == [48, 24, 32]
    assert nest.perfect


def test_steps_and_reuse(nest):
    assert nest.steps[:, 0].tolist() == [4, 24, 48]
    assert of(nest.reuse, "DRAM", "W") == 4  # m does not index it
    assert of(nest.reuse, "Buffer", "Z") == 3  # nor k that
    assert of(nest.reuse, "Buffer", "A") == of(nest.reuse, "Buffer", "W") == 1
    assert [of(nest.scatter, "Buffer", name) for name in TENSORS] == [4, 2, 2]
    assert nest.instances[:, 0].tolist() == [1, 1, 4, 4]
    assert [extent[2, 0] for extent in nest.extents] == [2, 2]


def bypassing(level, tensor):
    levels = [
        LevelMapping(each.level, each.temporal, each.spatial_x, each.spatial_y, frozenset([tensor]))
        if each.level == level
        else each
        for each in NEST.levels
    ]
    return NestAnalysis(batch_of(PRODUCT, CHIP, [OperatorMapping(tuple(levels))])).counts()


def test_a_bypassed_memory_passes_requests_on():
    counts = bypassing("Buffer", "A")
    assert (of(counts.reads, "DRAM", "A"), of(counts.reads, "Buffer", "A")) == (96, 0)
    assert of(counts.fills, "Regs", "A") == 24
    counts = bypassing("Regs", "Z")
    assert of(counts.updates, "Buffer", "Z") == 48 * 2  # every step of two columns of units
    assert of(counts.reads, "Buffer", "Z") == 96 - 32


def test_a_tensor_that_is_nowhere_has_no_words():
    levels = tuple(
        LevelMapping(n.level, n.temporal, n.spatial_x, n.spatial_y, frozenset("W")) for n in NEST.levels
    )
    counts = NestAnalysis(batch_of(PRODUCT, CHIP, [OperatorMapping(levels)])).counts()
    assert not counts.reads[:, TENSORS.index("W")].any()


def test_a_loop_of_one_turn_moves_nothing():
    """k makes one turn outside n: a tile of A stays through n, and m outside moves it."""
    levels = (
        LevelMapping("DRAM", (("M", 4),)),
        LevelMapping("Buffer", (("N", 4), ("K", 1))),
        LevelMapping("Regs", (("K", 6),)),
    )
    nest = NestAnalysis(batch_of(gemm("product", 4, 6, 4), CHIP, [OperatorMapping(levels)]))
    assert of(nest.reuse, "Buffer", "A") == 4
    assert of(nest.deliveries, "Buffer", "A") == 4


def test_units_hand_on_what_stays():
    """Four units in a row have four rows of A at a time, and one word of W, which stays: after the first
    step each has it from its neighbour."""
    part = dict(instances=4, mesh_x=4)
    memories = (Memory("DRAM", "DRAM", 16), Memory("Regs", "regfile", 16))
    chip = Architecture("row", memories, Compute("MAC", "intmac", 16, **part))
    nest = OperatorMapping((LevelMapping("DRAM"), LevelMapping("Regs", (("M", 3),), (("M", 4),))))
    counts = NestAnalysis(batch_of(gemm("product", 12, 1, 1), chip, [nest])).counts()
    assert counts.reads[1, :2, 0].tolist() == [12, 1]
    assert counts.updates[1, 2, 0] == 12


def test_products_row_by_row():
    assert multiply_down(np.array([[2.0], [3.0], [4.0]])).tolist() == [[2], [6], [24]]
