"""Lengths cut into tiles: what is tried, and that nothing tried is worse than it need be."""

from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flat_plugin.mapspace.structure import divisors
from flat_plugin.mapspace.tile_sizes import children_of, heights_of, side_by_side, trips_of

lengths = st.integers(1, 3000)


@given(lengths)
def test_trips_give_tiles_of_their_own(length):
    trips = trips_of(length, exact=False)
    tiles = [ceil(length / n) for n in trips]
    assert len(set(tiles)) == len(tiles)
    assert [ceil(length / tile) for tile in tiles] == list(trips)
    assert {ceil(length / d) for d in divisors(length)} <= set(tiles)
    assert set(trips_of(length, exact=True)) == set(divisors(length))


@given(lengths, st.integers(1, 64))
def test_children_are_the_fewest_that_need_no_more_turns(length, most):
    children = children_of(length, most, exact=False)
    turns = ceil(length / min(most, length))
    assert ceil(length / children) == turns
    assert children == 1 or ceil(length / (children - 1)) > turns
    assert length % children_of(length, most, exact=True) == 0


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 40), st.booleans())
def test_lengths_side_by_side_leave_the_fewest_turns(one, other, most, exact):
    """Against every pair of numbers of children that the axis holds."""

    def turns(a, b):
        return ceil(one / a) * ceil(other / b)

    a, b = side_by_side(((one, most, exact), (other, most, False)), most)
    assert a * b <= most
    pairs = ((i, j) for i in range(1, most + 1) for j in range(1, most // i + 1) if not (exact and one % i))
    assert turns(a, b) == min(turns(i, j) for i, j in pairs)


def test_heights_are_divisors_and_multiples_of_the_array():
    assert heights_of(12, (8,), exact=True) == (12, 6, 4, 3, 2, 1)
    small = (28, 24, 20, 16, 12, *range(8, 0, -1))
    assert heights_of(197, (32,), exact=False) == (197, 128, 96, 64, 32, *small)
    assert heights_of(5, (32,), exact=False) == (5, 4, 3, 2, 1)


@pytest.mark.parametrize("most", [12, 14, 32])
def test_an_array_is_filled_at_any_length_around_500(most):
    for length in range(500, 521):
        children = children_of(length, most, exact=False)
        assert length / (ceil(length / children) * most) >= 0.9
