"""Closed forms of ragged nests: what the walk counts, for many mappings at once."""

import numpy as np
import pytest
from hypothesis import given, settings

from flat_plugin.architecture import find_architecture
from flat_plugin.energy import energy_for
from flat_plugin.errors import FlatError, InvalidMapping
from flat_plugin.mapping.last_turns import with_last_turns
from flat_plugin.mapping.nest import LevelMapping, OperatorMapping
from flat_plugin.model.cost import evaluate
from flat_plugin.model.counts import NestAnalysis
from flat_plugin.model.mapping_batch import MappingBatch, batch_of, mapping_of
from flat_plugin.model.ragged import RaggedAnalysis, counts_of
from flat_plugin.model.walk.moves import walked_counts
from flat_plugin.workload import parse_attention
from flat_plugin.workload.einsum import Einsum, Tensor

from .nests import chip, ragged_batches

PER_INSTANCE = ("tiles", "partitions", "reads", "fills", "updates", "reductions")


@settings(max_examples=300, deadline=None)
@given(ragged_batches())
def test_equal_the_walk(batch):
    counts = counts_of(batch)
    for n in range(len(batch)):
        try:
            walked = walked_counts(batch.einsum, batch.architecture, mapping_of(batch, n))
        except InvalidMapping:  # Timeloop aborts: an output's words do not add up
            assert not counts.adds_up[n]
            continue
        for name in (*PER_INSTANCE, "instances", "compute_cycles", "computes"):
            np.testing.assert_array_equal(getattr(counts, name)[..., n], getattr(walked, name)[..., 0], name)
        for axis in (0, 1):
            np.testing.assert_array_equal(counts.extents[axis][:, n], walked.extents[axis][:, 0])


@settings(max_examples=100, deadline=None)
@given(ragged_batches())
def test_a_batch_is_its_mappings_one_by_one(batch):
    together = counts_of(batch)
    for n in range(len(batch)):
        alone = counts_of(batch_of(batch.einsum, batch.architecture, [mapping_of(batch, n)], batch.form))
        for name in PER_INSTANCE:
            np.testing.assert_array_equal(getattr(together, name)[..., n], getattr(alone, name)[..., 0])


@settings(max_examples=100, deadline=None)
@given(ragged_batches(mappings=1))
def test_equal_tiles_are_a_case_of_ragged_ones(batch):
    sizes = (batch.temporal * batch.spatial_x * batch.spatial_y).prod(axis=0)[:, 0]
    bounds = tuple((d, int(size)) for d, size in zip(batch.einsum.dimensions, sizes, strict=True))
    einsum = Einsum("whole", bounds, batch.einsum.tensors)
    trips = (batch.temporal, batch.spatial_x, batch.spatial_y)
    batch = MappingBatch(einsum, batch.architecture, batch.form, *trips)
    equal, ragged = NestAnalysis(batch), RaggedAnalysis(batch).counts()
    assert equal.perfect
    for name in (*PER_INSTANCE, "instances", "compute_cycles", "computes"):
        np.testing.assert_array_equal(getattr(ragged, name), getattr(equal.counts(), name), name)


def test_a_row_of_tiles_is_counted_by_hand():
    """5 rows in tiles of 2 on 2 units: three turns, the last with one unit; X comes once for each."""
    batch = _rows(rows=5, units=2, columns=3)
    counts = counts_of(batch)
    assert counts.compute_cycles[0] == 3 * 3
    assert counts.reads[0, 0, 0] == 5  # X[rows]: each row stays with its unit
    assert counts.reads[0, 1, 0] == 3 * 3  # Y[columns]: once for both units, in every turn
    assert counts.instances[1, 0] == 1  # 5/3 on average, rounded down
    assert counts.updates[0, 2, 0] == 5 * 3


def _rows(rows, units, columns):
    einsum = Einsum(
        "outer",
        (("M", rows), ("N", columns)),
        (Tensor("X", ("M",)), Tensor("Y", ("N",)), Tensor("Z", ("M", "N"), output=True)),
    )
    levels = (
        LevelMapping("L0", (("N", columns), ("M", -(-rows // units))), (("M", units),)),
        LevelMapping("L1"),
    )
    mapping = with_last_turns(OperatorMapping(levels), einsum.sizes)
    trips = np.ones((3, 2, 2, 1))
    trips[1, 0, 0] = units
    return batch_of(einsum, chip(trips, 0), [mapping])


def test_loops_that_cover_too_little_are_refused():
    edge, einsum = find_architecture("edge"), parse_attention("B=1,H=1,M=7,N=5,D=3").logit()
    trips = np.ones((3, len(edge.memories), len(einsum.dimensions), 1))
    trips[0, 0, :, 0] = [size for _, size in einsum.bounds]
    whole = batch_of(einsum, edge, [_whole(einsum, edge)])
    rows = einsum.dimensions.index("M")
    short = MappingBatch(einsum, edge, whole.form, *trips)
    short.temporal[0, rows] = 6
    with pytest.raises(FlatError, match="factors of dimension M multiply to less than its size"):
        evaluate(short, energy_for(edge))


def _whole(einsum, architecture):
    first, *others = (memory.name for memory in architecture.memories)
    return OperatorMapping((LevelMapping(first, einsum.bounds), *map(LevelMapping, others)))


def test_windows_have_no_closed_form():
    window = Tensor.of_ranks("I", ((("P", 1), ("R", 1)),))
    einsum = Einsum("conv", (("P", 4), ("R", 3)), (window, Tensor("O", ("P",), output=True)))
    edge = find_architecture("edge")
    with pytest.raises(FlatError, match="windows"):
        evaluate(batch_of(einsum, edge, [_whole(einsum, edge)]), energy_for(edge))
