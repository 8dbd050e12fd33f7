"""Rows of a shared iteration: ranges with the same trips, and the numbers in them that are needed."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from flat_plugin.mapspace.search.shared_tiles import Range, common_multiples, each_tile, range_of
from flat_plugin.mapspace.search.trips import Factors


@given(st.integers(1, 400), st.integers(2, 60))
def test_a_range_is_all_rows_with_the_same_trips(size, trips):
    rows = [n for n in range(1, size + 1) if -(-size // n) == trips]
    found = range_of(size, [trips], (trips,), factors=Factors.RAGGED)
    if rows:
        assert list(range(found.least, found.most + 1)) == rows


@given(st.integers(1, 400), st.integers(2, 9), st.integers(1, 5), st.integers(1, 5))
def test_inner_loops_are_full_and_the_outermost_is_needed(size, outer, cores, inner):
    found = range_of(size, [outer, cores, inner], (outer, inner), factors=Factors.RAGGED)
    rows = [n for n in range(1, size + 1) if -(-size // (n * cores * inner)) == outer]
    if rows:
        assert (found.least, found.most) == (rows[0], rows[-1])


def test_no_shared_loop_has_no_range():
    assert range_of(100, [1, 1], (1,), factors=Factors.RAGGED) is None


def test_of_many_rows_the_smallest_multiples_are_needed():
    wide = Range((2,), 500, 999)
    assert wide.needed(np.array([32, 48, 1000])) == [512, 528]
    assert Range((18,), 56, 58).needed(np.array([32])) == [56, 57, 58]


def test_what_no_number_in_a_range_divides_by_has_no_multiple():
    prime = Range((72,), 57, 57)
    assert prime.holds_multiple(np.array([1, 19, 32, 57])).tolist() == [True, True, False, True]


def test_tiles_are_every_choice_of_rows_along_the_walked_dimensions():
    ranges = {"M": Range((4,), 5, 6), "N": Range((2, 3), 7, 7)}
    assert each_tile(ranges, {}) == [
        (("M", 5, 4), ("N", 7, 6)),
        (("M", 6, 4), ("N", 7, 6)),
    ]


def test_common_multiples_of_two_operators():
    assert common_multiples(np.array([2, 3]), np.array([4, 5]), 12).tolist() == [4, 10, 12]
