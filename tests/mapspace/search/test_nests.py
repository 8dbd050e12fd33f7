"""Nests as the model sees them: their loops cover the operator, their tiles and steps are counted alike."""

import numpy as np
import pytest
from small_spaces import KINDS, one_space, some_nests

from flat_plugin.mapspace.search.axes import Place
from flat_plugin.mapspace.search.nests import Nests, batches_of
from flat_plugin.mapspace.search.skeleton import Skeleton
from flat_plugin.mapspace.search.spread import Spread
from flat_plugin.mapspace.structure import structure_of
from flat_plugin.model.mapping_batch import check_mapping, mapping_of
from flat_plugin.model.ragged import counts_of
from flat_plugin.workload import Attention


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


def test_uneven_cores_hold_no_more_rows_together_than_there_are():
    """7 rows over 3 cores are 3 rows a core, and 7 of all; 4 of 5 heads lie side by side."""
    structure = structure_of(Attention(2, 5, 7, 9, 3).logit())
    spread = Spread(structure, {0: {"H": (4, True), "M": (3, True)}})
    skeleton = Skeleton((Place(0), Place(1)), (), ((True,) * 3,), -1)
    one = np.ones((3, 1), dtype=int)
    rows = np.array([[{"M": 3, "N": 9, "D": 3}[d]] for d in structure.core])
    nests = Nests(skeleton, spread, one[None].repeat(2, axis=0), rows, one, one, one[None], one[:1], one)
    q, k = structure.names.index("Q"), structure.names.index("K")
    assert nests.words_together(q, 1, 1) == 3 * 3 and nests.words_together(q, 0, 1) == 4 * 7 * 3
    assert nests.words_together(k, 1, 1) == 9 * 3 and nests.words_together(k, 0, 1) == 4 * 9 * 3
