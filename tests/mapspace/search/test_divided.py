"""What may lie side by side for rows of a shared iteration, tried one by one."""

import numpy as np
import pytest

from flat_plugin.mapspace.search.divided import Divided
from flat_plugin.mapspace.search.trips import Factors
from flat_plugin.mapspace.search.unrolled import unrolled

SIZES = (6, 5, 4)
EVERY = unrolled(SIZES, (3, 2), Factors.RAGGED, False)
ONE = np.ones(3, dtype=np.int64)


def divided(tile):
    return Divided(EVERY, SIZES, 2.0, tile)


def test_without_shared_loops_everything_may():
    assert divided({}).beside(ONE).tolist() == list(range(len(EVERY)))


@pytest.mark.parametrize("rows", [1, 2, 3, 4, 6])
@pytest.mark.parametrize("own", [1, 2])
def test_units_and_their_rows_divide_a_shared_iteration(rows, own):
    tile, extents = {0: (rows, 6 // rows)}, np.array([own, 1, 1])
    found = divided(tile).beside(extents).tolist()
    expected = [n for n in range(len(EVERY)) if rows % (EVERY.wide[0, n] * own) == 0]
    assert found == expected


def test_cycles_of_the_array():
    """Two problems; along the tile's dimension whole turns each, along others ⌈size / units⌉."""
    wide = np.array([[2], [3], [1]])
    assert divided({}).steps(wide, ONE).tolist() == [2 * 3 * 2 * 4]
    assert divided({0: (4, 2)}).steps(wide, ONE).tolist() == [2 * (4 // 2 * 2) * 2 * 4]
    assert divided({}).steps(wide, np.array([2, 1, 1])).tolist() == [2 * (2 * 2) * 2 * 4]


def test_the_fewest_cycles_of_each_choice():
    own = divided({0: (3, 2)})
    values, which = own.fewest_steps
    for n in range(len(EVERY)):
        steps = own.steps(EVERY.wide[:, [n]], ONE)[0] if 3 % EVERY.wide[0, n] == 0 else np.inf
        assert values[which[n]] == steps


def test_rows_that_are_left():
    assert divided({0: (6, 1), 2: (4, 1)}).left(np.array([[2], [1], [3]])).tolist() == [[3], [0]]
