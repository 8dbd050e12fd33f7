"""Nests as the model sees them: their loops cover the operator, their tiles and steps are counted alike."""

import numpy as np
import pytest
from small_spaces import KINDS, one_space, some_nests

from flat_plugin.mapspace.search.nests import batches_of
from flat_plugin.model.mapping_batch import check_mapping, mapping_of
from flat_plugin.model.ragged import counts_of


@pytest.mark.parametrize("kind", KINDS)
def test_nests_are_mappings(kind):
    side = one_space(kind).sides[0]
    op = side.operator
    for some in some_nests(side):
        nests, seen = some.nests, []
        for batch, columns in batches_of(nests, op.structure, op.architecture, op.role.outermost, op.shared):
            seen += columns.tolist()
            counts = counts_of(batch)  # refuses loops that do not cover a dimension
            assert counts.compute_cycles.tolist() == nests.steps[columns].tolist()
            tiles = nests.take(columns).tile_words(len(op.architecture.memories))
            for level in range(1, op.shared + 1):
                kept = [t for t, keeps in enumerate(nests.skeleton.keep[level - 1]) if keeps]
                np.testing.assert_array_equal(counts.tiles[level, kept], tiles[level, kept])
            check_mapping(op.structure.einsum, op.architecture, mapping_of(batch, 0))
        assert sorted(seen) == list(range(len(nests)))


def test_rows_of_all_loops_are_at_least_those_that_there_are():
    side = one_space("cores").sides[0]
    for some in some_nests(side):
        assert (some.nests.nominal_rows >= np.array(side.operator.spread.sizes)[:, None]).all()


def test_a_part_of_the_columns():
    some = some_nests(one_space("registers").sides[0])[0]
    few = some.nests.take(np.array([0, 0]))
    assert len(few) == 2 and few.steps.tolist() == [some.nests.steps[0]] * 2
