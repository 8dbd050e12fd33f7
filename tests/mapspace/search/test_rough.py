"""Bounds of the choices inside, sorted out by the rows of a shared iteration, are those of each choice."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from flat_plugin.mapspace.search.rough import bounds_of

SIZE = 24
CHOICE = st.tuples(
    st.integers(1, 9), st.integers(1, 9), st.integers(0, 9), st.integers(1, 6), st.integers(1, 4)
)


def made(choices):
    base, rest, moved, wide, own = (np.array(column) for column in zip(*choices, strict=True))
    figures = base.astype(float), rest.astype(float), moved.astype(float)
    return bounds_of({0: SIZE}, figures, (wide[None], own[None]), (0.0, 0.0))


@given(st.lists(CHOICE, min_size=1, max_size=30), st.integers(1, SIZE))
def test_every_choice_has_a_bound(choices, rows):
    tile = {0: (rows, -(-SIZE // rows))}
    found = made(choices).of(tile, np.inf, np.inf)
    fitting = [c for c in choices if rows % (c[3] * c[4]) == 0]
    assert bool(len(found)) == bool(fitting)
    for base, rest, moved, wide, _ in fitting:
        steps = rest * (rows // wide) * tile[0][1]
        assert any(b <= base and s <= steps for b, s in zip(found.base, found.steps, strict=True))
        assert found.moved <= moved


ROWS = st.lists(st.tuples(*[st.integers(1, SIZE)] * 3), min_size=1, max_size=8)


@given(
    st.lists(st.tuples(*[st.integers(1, 4)] * 7), min_size=1, max_size=30), ROWS, st.sets(st.integers(0, 2))
)
def test_the_least_is_that_of_the_cheapest_that_fits(choices, rows, walked):
    """Three dimensions with units side by side and rows of one unit, of which shared loops walk some."""
    table = np.array(choices).T
    base, wide, own = table[0].astype(float), table[1:4], table[4:]
    none = np.ones(len(base))
    bounds = bounds_of(dict.fromkeys(range(3), SIZE), (base, none, none), (wide, own), (0.0, 0.0))
    found = bounds.least([{d: (tile[d], 1) for d in walked} for tile in rows])
    for tile, least in zip(rows, found, strict=True):
        fits = [all(tile[d] % (c[1 + d] * c[4 + d]) == 0 for d in walked) for c in choices]
        assert least == min(
            (float(c[0]) for c, fit in zip(choices, fits, strict=True) if fit), default=np.inf
        )


@given(st.lists(CHOICE, min_size=1, max_size=30))
def test_without_shared_loops_turns_are_rounded_up(choices):
    found = made(choices).of({}, np.inf, np.inf)
    for base, rest, _, wide, own in choices:
        steps = rest * -(-SIZE // (wide * own)) * own
        assert any(b <= base and s <= steps for b, s in zip(found.base, found.steps, strict=True))
