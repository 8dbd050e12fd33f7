"""Crossings: all of them, by bisection where a condition goes one way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flat_plugin.errors import FlatError
from flat_plugin.exploration.crossings import BISECTION, EXHAUSTION, Look, crossings_of


def asked(ratios):
    """A look at ``ratio <= 1``, that counts what it was asked."""
    seen = []

    def look(places):
        seen.extend(places)
        return [Look(ratios[n] <= 1, ratios[n]) for n in places]

    return look, seen


@given(st.integers(1, 3000), st.floats(0, 1), st.booleans())
def test_one_way_is_bisected(count, share, falling):
    edge = int(share * count)
    ratios = [(2.0 - n / count) if n < edge else 0.5 - n / (4 * count) for n in range(count)]
    ratios = ratios if falling else ratios[::-1]
    look, seen = asked(ratios)
    found = crossings_of(count, look)
    holds = [ratio <= 1 for ratio in ratios]
    expected = [(n - 1, n, holds[n]) for n in range(1, count) if holds[n] != holds[n - 1]]
    assert [(c.before, c.after, c.holds) for c in found.crossings] == expected
    assert found.how == BISECTION and len(seen) == len(set(seen)) <= 17 + 13


@given(st.lists(st.floats(0, 2), min_size=1, max_size=16))
def test_every_crossing_of_few_values(ratios):
    look, _ = asked(ratios)
    holds = [ratio <= 1 for ratio in ratios]
    expected = [(n - 1, n) for n in range(1, len(ratios)) if holds[n] != holds[n - 1]]
    assert [(c.before, c.after) for c in crossings_of(len(ratios), look).crossings] == expected


def test_what_goes_back_and_forth_is_looked_at_whole():
    ratios = [1 + (-1) ** (n // 7) * 0.5 for n in range(100)]
    look, seen = asked(ratios)
    found = crossings_of(100, look)
    assert found.how == EXHAUSTION and len(found.crossings) == 14 and sorted(seen) == list(range(100))


def test_a_dent_that_bisection_meets_ends_it():
    ratios = [2 - n / 100 for n in range(200)]
    ratios[93] = ratios[94] = 0.2  # beside the crossing
    found = crossings_of(200, asked(ratios)[0])
    assert found.how == EXHAUSTION and len(found.crossings) == 3


def test_all_values_where_that_is_asked_for():
    found = crossings_of(50, asked([2.0] * 50)[0], every=True)
    assert found.how == EXHAUSTION and len(found.looks) == 50 and not found.crossings


def test_too_many_to_look_at_all():
    def look(places):
        return [Look(n % 2 == 0, None) for n in places]

    with pytest.raises(FlatError, match="too many values"):
        crossings_of(5000, look)
