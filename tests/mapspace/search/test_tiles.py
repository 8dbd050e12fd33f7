"""Tiles and what they cost at least: never more than any nest of them."""

import numpy as np
import pytest
from small_spaces import ONE_PLACE, one_space, some_nests, turning

from flat_plugin.mapspace.search.exact import evaluated
from flat_plugin.mapspace.search.tiles import tiles_of


@pytest.mark.parametrize("kind", ONE_PLACE)
def test_no_nest_costs_less_than_its_tile(kind):
    side, seen = one_space(kind).sides[0], 0
    for some in some_nests(side):
        columns = turning(some)
        points = evaluated(side, some.nests).take(columns)
        bound, seen = some.tiles.bound.take(some.pairs.tile[columns]), seen + len(columns)
        for name in ("cycles", "steps", "energy", "traffic", "edge"):
            assert (getattr(bound, name) <= getattr(points, name) * (1 + 1e-9) + 1e-9).all(), name
        assert (bound.busy <= points.busy * (1 + 1e-9) + 1e-9).all()
        assert (bound.room <= points.room).all()
    assert seen > 0


def test_tiles_within_limits():
    side = one_space("registers").sides[0]
    part = max(side.parts, key=lambda part: len(next(tiles_of(side, part, np.inf, np.inf)).outside))
    every = next(tiles_of(side, part, np.inf, np.inf))
    energy, words = np.median(every.bound.energy), np.median(every.bound.traffic)
    few = next(tiles_of(side, part, energy, words))
    wanted = (every.bound.energy <= energy) & (every.bound.traffic <= words)
    assert len(few.outside) == wanted.sum() > 0
    assert few.bound.energy.max() <= energy and few.bound.traffic.max() <= words
    assert list(tiles_of(side, part, np.inf, part.fewest - 1)) == []
    assert len(every.take(np.array([0, 1])).changes) == 2
