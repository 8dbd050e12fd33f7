"""Points of an operator: taken, joined, grouped, and those that others beat left out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flat_plugin.mapspace.search.points import Points


def points(*rows):
    """Of (cycles, steps, port of one memory, energy, traffic, room, edge)."""
    table = np.array(rows, dtype=float).reshape(-1, 7).T
    cycles, steps, busy, energy, traffic, room, edge = table
    return Points(cycles, steps, busy[None], energy, traffic, room[None], edge, np.arange(len(table[0])))


def test_one_list_of_several():
    both = Points.joined([points((1,) * 7), points((2,) * 7, (3,) * 7)])
    assert len(both) == 3 and both.busy.tolist() == [[1, 2, 3]]
    assert both.take(np.array([2, 0])).energy.tolist() == [3, 1]
    assert both.column().steps.shape == (3, 1) and both.column().busy.shape == (1, 3, 1)


def test_the_least_of_every_figure():
    least = points((1, 2, 3, 4, 5, 6, 7), (7, 6, 5, 4, 3, 2, 1)).least()
    assert (least.cycles[0], least.steps[0], least.busy[0, 0], least.room[0, 0], least.edge[0]) == (
        1,
        2,
        3,
        2,
        1,
    )


@pytest.mark.parametrize("better", range(7))
def test_a_point_that_is_better_in_anything_is_kept(better):
    other = [5.0] * 7
    other[better] = 4.0
    assert len(points((5,) * 7, other, (5,) * 7, (6,) * 7).useful()) == 1
    worse = [6.0] * 7
    worse[better] = 4.0
    assert len(points((5,) * 7, worse).useful()) == 2


@given(st.lists(st.tuples(*[st.integers(0, 9)] * 7), min_size=1, max_size=60))
def test_groups_are_few_and_no_worse_than_their_points(rows):
    every = points(*rows)
    few = every.grouped(0)
    assert len(few) <= 36
    figures = np.stack([every.cycles, every.steps, every.energy, every.traffic, every.room[0], every.busy[0]])
    least = np.stack([few.cycles, few.steps, few.energy, few.traffic, few.room[0], few.busy[0]])
    for column in figures.T:
        assert (least <= column[:, None]).all(axis=0).any()
