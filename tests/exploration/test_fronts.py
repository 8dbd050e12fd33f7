"""Fronts that grow point by point, against all points at once."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from flat_plugin.exploration.fronts import Front, foremost

POINTS = st.lists(st.tuples(st.integers(1, 6), st.integers(1, 6)), min_size=1, max_size=30)


@given(POINTS)
def test_what_none_beats_stays(points: list[tuple[int, int]]) -> None:
    front = Front()
    for n, point in enumerate(points):
        front.add((float(point[0]), float(point[1])), n)
    unbeaten = {p for p in points if not any(q != p and q[0] <= p[0] and q[1] <= p[1] for q in points)}
    assert [point for point, _ in front.sorted()] == sorted(unbeaten)


def test_a_bound_that_no_point_of_the_front_reaches_stays_open() -> None:
    front = Front()
    front.add((2.0, 2.0), "one")
    assert front.covered(np.array([[2.0, 1.0, 3.0], [2.0, 3.0, 3.0]])).tolist() == [True, False, True]
    front.replace("one", "other")
    assert front.items == ["other"]


@given(POINTS)
def test_what_is_looked_at_first_is_unbeaten(points: list[tuple[int, int]]) -> None:
    bounds = np.array(points, dtype=float).T
    for column in foremost(bounds, np.zeros(len(points)), 5):
        assert not (bounds < bounds[:, [column]]).all(axis=0).any()
