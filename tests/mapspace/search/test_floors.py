"""Floors that are known before any table is made: no nest goes below."""

import numpy as np
import pytest
from small_spaces import FLASH, FUSED, KINDS, one_space, some_nests

from flat_plugin.mapspace.search.exact import evaluated
from flat_plugin.mapspace.search.floors import floor_of, floors_of, rough_of


@pytest.mark.parametrize("kind", KINDS)
def test_no_nest_goes_below(kind):
    space = one_space(kind)
    rough = rough_of([side.needs for side in space.sides], space.chain(0))
    totals = np.zeros(3)
    for side in space.sides:
        floor = floor_of(side.operator, side.kinds)
        floors = floors_of(side.priced, side.kinds, side.axes)
        assert floor <= floors.min() * (1 + 1e-9)
        least = np.full(3, np.inf)
        for some in some_nests(side, parts=4, each=20):
            points = evaluated(side, some.nests)
            assert (floor <= points.energy).all()
            number = side.kinds.skeletons.index(some.tiles.part.skeleton)
            assert (floors[number] <= points.energy * (1 + 1e-9)).all()
            figures = (points.energy, points.cycles, points.traffic)
            least = np.minimum(least, [figure.min() for figure in figures])
        totals += least
    assert rough.energy[0] <= totals[0] and rough.latency[0] <= totals[1] and rough.traffic[0] <= totals[2]


@pytest.mark.parametrize("flow", [FUSED, FLASH])
def test_floors_are_below_the_tables_of_fused_families(flow):
    for side in one_space("registers", flow).sides:
        assert side.floor <= side.energy.min()
        assert (side.floors.min() <= np.array([part.energy.min() for part in side.parts])).all()
