"""One operator on a hierarchy of two cores, by hand."""

import pytest
from small_spaces import one_space

from flat_plugin.mapspace.search.axes import Place

SIDE = one_space("cores").sides[0]  # 2 × 2 rows and keys of two heads, below L1 of two cores
OP = SIDE.operator
CORE = OP.structure.core


def test_what_is_kept_outermost_moves_once():
    assert OP.fewest_words == 2 * (2 * 2 + 2 * 2 + 2 * 2)
    assert OP.words == (8.0, 8.0, 8.0)


def test_shared_memories_leak_as_many_as_are_in_use():
    """One L1, and an L2 for each of two cores that have work."""
    leak = OP.prices.leak
    assert OP.leak == leak[0] + leak[1] + leak[2] * int(OP.spread.cores)


def test_places_outside_a_memory():
    assert OP.places == (Place(0), Place(1))
    assert (OP.place_outside(1), OP.place_outside(2), OP.shared) == (0, 1, 2)


def test_rows_of_a_shared_iteration_by_dimension():
    tile = (("M", 3, 2), ("N", 5, 1))
    m, n = CORE.index("M"), CORE.index("N")
    assert OP.known(tile) == {m: (3, 2), n: (5, 1)} and OP.rows_of(tile) == {m: 3, n: 5}


@pytest.mark.parametrize("tensor", [0, 1, 2])
def test_instances_that_hold_the_same_words(tensor):
    """Cores along a dimension that a tensor misses."""
    missing = [CORE[d] for d in OP.structure.missing[tensor]]
    copies = 1.0
    for d in missing:
        size, over = OP.structure.einsum.sizes[d], OP.spread.along(d, 0, 2)
        copies *= size / -(-size // over)
    assert OP.copies_at(tensor, 2) == copies
    assert OP.copies_at(tensor, 0) == 1


def test_whom_units_ask():
    parents = OP.parents((2, 2, 0))
    assert parents.level == (2, 2, 0) and OP.parents((2, 2, 0)) is parents
    assert parents.copies[:2] == (OP.spread.cores, OP.spread.cores)
    assert parents.copies[2] == OP.spread.cores / OP.copies_at(2, 2)


def test_what_is_inside_is_made_once():
    parents = OP.parents((2, 2, 2))
    assert OP.units is OP.units and OP.inside(parents) is OP.inside(parents)
    assert OP.units.sizes == OP.spread.core_sizes
    limits = (100.0, 1e9)
    assert OP.menu(parents, -1, limits, ()) is OP.menu(parents, -1, limits, ())


def test_each_axis_is_what_a_tensor_misses():
    every = {d: frozenset({0, 1}) for d in range(len(CORE))}
    axes = OP.axes(every)
    assert [axis.dimensions for axis in axes] == list(OP.structure.missing)
    assert len(OP.axis(0, {d: frozenset() for d in every})) == 1


def test_skeletons_are_of_its_places_and_memories():
    roles = OP.roles((), 0)
    assert roles.places == OP.places and roles.units and roles.shared == 2
