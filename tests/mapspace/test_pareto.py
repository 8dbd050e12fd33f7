"""Pareto sets, against comparing every pair."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from flat_plugin.mapspace.pareto import pareto_indices

POINTS = st.lists(st.tuples(*[st.integers(0, 4)] * 3), min_size=1, max_size=40)


@given(POINTS)
def test_nothing_that_stays_is_beaten_and_nothing_else_stays(points: list[tuple[int, ...]]) -> None:
    rows = np.array(points, dtype=float)
    kept = pareto_indices(rows).tolist()
    beaten = [
        n
        for n, point in enumerate(rows)
        if any((other <= point).all() and ((other < point).any() or m < n) for m, other in enumerate(rows))
    ]
    assert sorted([*kept, *beaten]) == list(range(len(points)))


def test_many_points_on_a_line_all_stay() -> None:
    line = np.stack([np.arange(3000.0), np.arange(3000.0)[::-1]], axis=1)
    assert pareto_indices(line).tolist() == list(range(3000))
