"""Chains of an axis, against trying every number of turns in every place."""

from itertools import product

import pytest

from flat_plugin.mapspace.search.axes import Place, axis_of, places_of
from flat_plugin.mapspace.search.trips import Factors

PLACES = (Place(0), Place(1))
ALONE = ((1,), (1,))


def axis(sizes, factors=Factors.RAGGED, spread=ALONE, allowed=None, places=PLACES, tiles=None):
    dimensions = range(len(sizes))
    allowed = allowed or {d: frozenset(range(len(places))) for d in dimensions}
    return axis_of(dimensions, sizes, places, spread, allowed, factors, tiles)


def chains(found):
    return {tuple(map(tuple, found.trips[:, :, n].tolist())) for n in range(len(found))}


def ceil(a, b):
    return -(-a // b)


@pytest.mark.parametrize("size", range(1, 14))
def test_of_tiles_that_take_as_many_turns_the_smallest_is_there(size):
    """Every pair of tiles, outer and inner, gives turns; each such pair of turns is a chain, once."""
    tried = set()
    for outer in range(1, size + 1):
        for inner in range(1, outer + 1):
            first = ceil(size, outer)
            tried.add(((first,), (ceil(ceil(size, first), inner),)))
    found = axis((size,))
    assert chains(found) == tried and len(found) == len(tried)
    assert (found.count == found.trips[:, 0].cumprod(axis=0)).all()
    for n in range(len(found)):
        first, second = found.trips[:, 0, n]
        assert found.rows[:, n].tolist() == [ceil(size, first), ceil(ceil(size, first), second)]


@pytest.mark.parametrize("size", [1, 6, 12])
def test_perfect_factors_divide(size):
    tried = {((a,), (b,)) for a, b in product(range(1, size + 1), repeat=2) if size % (a * b) == 0}
    assert chains(axis((size,), Factors.PERFECT)) == tried


def test_places_that_may_not_walk_a_dimension():
    found = axis((6,), allowed={0: frozenset({1})})
    assert {chain[0] for chain in chains(found)} == {(1,)}


def test_children_between_places_take_their_part():
    """Below the first place three side by side: of eight rows each has three, of its turns' four two."""
    found = axis((8,), spread=((3,), (1,)))
    for n in range(len(found)):
        first, second = found.trips[:, 0, n]
        inside = ceil(ceil(8, first), 3)
        assert found.rows[:, n].tolist() == [inside, ceil(inside, second)]


def test_several_dimensions_of_an_axis():
    found = axis((4, 3), Factors.PERFECT, spread=((1, 1), (1, 1)))
    assert len(found) == len(axis((4,), Factors.PERFECT)) * len(axis((3,), Factors.PERFECT))
    assert (found.count[-1] == found.trips.prod(axis=(0, 1))).all()
    part = found.take([0, 2])
    assert len(part) == 2 and part.dimensions == (0, 1)


def test_an_axis_without_dimensions_has_one_chain():
    assert len(axis(())) == 1


def test_rows_of_a_shared_iteration_are_divided():
    """Two shared turns of a tile of six rows: an operator's own loop has a divisor of six."""
    places = (Place(0, shared=True), Place(0))
    found = axis((11,), places=places, tiles={0: ((2,), 6)})
    assert chains(found) == {((2,), (n,)) for n in (1, 2, 3, 6)}
    assert found.rows[0].tolist() == [6] * 4 and sorted(found.rows[1].tolist()) == [1, 2, 3, 6]


def test_places_of_families():
    assert places_of(2, False, 0) == (Place(0), Place(1))
    assert places_of(2, True, 0) == (Place(0, True), Place(0), Place(1))
    assert places_of(3, True, 1) == (Place(0, True), Place(1, True), Place(1), Place(2))
