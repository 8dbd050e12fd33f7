"""Pareto sets, against comparing every pair."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from flat_plugin.mapspace.pareto import pareto_in_groups, pareto_indices

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


@given(POINTS, st.data())
def test_points_of_groups_are_those_of_each_group_alone(
    points: list[tuple[int, ...]], data: st.DataObject
) -> None:
    rows = np.array(points, dtype=float)
    group = np.array([data.draw(st.integers(-1, 3)) for _ in points])
    alone = [np.flatnonzero(group == number) for number in range(-1, 4)]
    kept = [which[pareto_indices(rows[which])] for which in alone]
    assert pareto_in_groups(rows, group).tolist() == sorted(np.concatenate(kept).tolist())


def test_ranks_compare_as_the_points_do() -> None:
    draws = np.random.default_rng(1)
    rows = draws.permutation(np.unique(draws.integers(0, 30, (4000, 4)), axis=0)) / 7 - 2.5
    beaten = [(rows <= row).all(axis=1).sum() > 1 for row in rows]  # by another than itself
    assert pareto_indices(rows).tolist() == np.flatnonzero(~np.array(beaten)).tolist()
    assert 0 < sum(beaten) < len(rows)
