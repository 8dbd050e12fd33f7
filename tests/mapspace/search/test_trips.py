"""Trips: in how many turns a loop walks a length."""

from hypothesis import given, settings
from hypothesis import strategies as st

from flat_plugin.mapspace.search.trips import Factors, ceil_div, choices, distinct_trips, divisors

LENGTHS = st.integers(1, 3000)


def test_a_prime_has_many_tiles_and_two_divisors():
    assert divisors(17).tolist() == [1, 17]
    assert distinct_trips(17).tolist() == [1, 2, 3, 4, 5, 6, 9, 17]


@settings(max_examples=50, deadline=None)
@given(LENGTHS)
def test_every_tile_takes_one_of_the_trips(length):
    assert set(distinct_trips(length).tolist()) == {-(-length // tile) for tile in range(1, length + 1)}


@settings(max_examples=50, deadline=None)
@given(LENGTHS)
def test_perfect_choices_are_among_the_ragged_ones(length):
    perfect, ragged = choices(length, Factors.PERFECT), choices(length, Factors.RAGGED)
    assert (length % perfect == 0).all()
    assert set(perfect.tolist()) <= set(ragged.tolist())
    assert (ceil_div(length, ragged) == -(-length // ragged)).all()
