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


@given(st.lists(CHOICE, min_size=1, max_size=30), st.integers(1, SIZE), st.integers(1, 9))
def test_the_least_is_that_of_the_cheapest_that_fits(choices, rows, most):
    fitting = [float(c[0]) for c in choices if rows % (c[3] * c[4]) == 0]
    least = min(fitting, default=np.inf)
    found = made(choices).least({0: (rows, 1)}, float(most))
    assert found == (least if least <= most else np.inf)


@given(st.lists(CHOICE, min_size=1, max_size=30))
def test_without_shared_loops_turns_are_rounded_up(choices):
    found = made(choices).of({}, np.inf, np.inf)
    for base, rest, _, wide, own in choices:
        steps = rest * -(-SIZE // (wide * own)) * own
        assert any(b <= base and s <= steps for b, s in zip(found.base, found.steps, strict=True))
