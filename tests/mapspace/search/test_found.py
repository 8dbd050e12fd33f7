"""Points that were found, and the nests that they are."""

import numpy as np
import pytest

from flat_plugin.mapspace.search.found import Found
from flat_plugin.mapspace.search.points import Points


def points(*energies):
    n = len(energies)
    one, none = np.ones(n), np.ones((1, n))
    return Points(one, one, none, np.array(energies, dtype=float), one, none, one, np.arange(n))


def test_numbers_go_on_from_part_to_part():
    found = Found()
    found.add(points(5, 6), ["a", "b", "c"])
    found.add(points(4), ["d"])
    assert found.points[1].number.tolist() == [3] and found.count == 4
    assert [found.nest(n) for n in (0, 2, 3)] == [(["a", "b", "c"], 0), (["a", "b", "c"], 2), (["d"], 0)]
    with pytest.raises(IndexError):
        found.nest(4)


def test_points_that_others_beat_are_left_out():
    found = Found()
    found.add(points(5, 6), ["a", "b"])
    found.add(points(4), ["c"])
    found.tidy()
    (left,) = found.points
    assert left.number.tolist() == [2] and found.nest(2) == (["c"], 0)
