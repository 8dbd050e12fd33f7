"""Which units side by side share an access, unit by unit."""

from collections import Counter
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flat_plugin.errors import FlatError
from flat_plugin.model.walk.children import MAX_UNITS, passed_on, shared

loops = st.lists(st.tuples(st.integers(2, 4), st.tuples(*[st.integers(-2, 2)] * 2)), min_size=1, max_size=3)


def places(steps):
    found = []
    for indices in product(*(range(trips) for trips, _ in reversed(steps))):
        moved = [0, 0]
        for index, (_, step) in zip(reversed(indices), steps, strict=True):
            moved = [m + index * s for m, s in zip(moved, step, strict=True)]
        found.append(tuple(moved))
    return found


def groups(found):
    return dict(Counter(Counter(found).values()))


@given(loops)
def test_units_share_what_lies_in_one_place(steps):
    assert dict(shared(tuple(steps))) == groups(places(steps))


@given(loops, st.tuples(*[st.integers(-3, 3)] * 2), st.integers(1, 4))
def test_units_take_from_neighbours_what_those_held(steps, moved, width):
    found = places(steps)
    height = -(-len(found) // width)
    linked = set()
    for n, here in enumerate(found):
        x, y = n % width, n // width
        around = [(x - 1, y), (x + 1, y), (x, y - 1), (x, y + 1)]
        numbers = [b * width + a for a, b in around if 0 <= a < width and 0 <= b < height]
        held = [tuple(p + m for p, m in zip(found[o], moved, strict=True)) for o in numbers if o < len(found)]
        if here in held:
            linked.add(n)
    alone = groups([place for n, place in enumerate(found) if n not in linked])
    links, rest = passed_on(tuple(steps), tuple(steps), moved, (width, height))
    assert (links, dict(rest)) == (len(linked), alone)


def test_places_far_apart_are_told_apart():
    """Where one number for a place would be too large."""
    far = 1 << 40
    assert dict(shared(((3, (far, far)), (2, (far, -far)), (2, (0, 2 * far))))) == {1: 8, 2: 2}


def test_a_mesh_too_large_to_look_at_is_refused():
    with pytest.raises(FlatError, match="too many units"):
        shared(((MAX_UNITS, (1,)), (2, (1,))))
