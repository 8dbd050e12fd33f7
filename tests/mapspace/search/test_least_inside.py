"""Bounds of choices inside: never above the lines that are made of them.

The tensor that stays comes once at least; a line has the first fill of its sums taken off before.
"""

import numpy as np
import pytest
from small_spaces import KINDS, one_space

from flat_plugin.mapspace.search.least_inside import LeastInside
from flat_plugin.mapspace.search.lines import lines_of


@pytest.mark.parametrize("kind", KINDS)
def test_no_line_costs_less(kind):
    side = one_space(kind).sides[0]
    op, units = side.operator, side.operator.units
    beside = np.arange(len(units.unrolled))
    for asked, stays in side.kinds.insides[:5]:
        wanted = op.inside(op.parents(asked)).wanted
        least = LeastInside(wanted, stays)
        pads = units.pads[stays]
        floors, word = least.floors(pads), wanted.word(stays)
        for place in np.unique(pads.where, axis=1).T:  # of choices that keep the same
            few = np.flatnonzero((pads.where == place[:, None]).all(axis=0))[:20]
            alone = least.energy(pads.take(few), beside, True)
            wider = least.energy(pads.take(few), beside, False)
            moved = least.moved(pads.take(few), beside)
            assert (wider <= alone * (1 + 1e-9)).all()
            for n, column in enumerate(few):
                lines = lines_of(wanted, stays, beside, np.full(len(beside), column), units.whole)
                rows = units.unrolled.wide[:, lines.beside] * pads.extents[:, [column]]
                lines = lines.take(np.flatnonzero((np.array(units.sizes)[:, None] % rows == 0).all(axis=0)))
                once = (lines.base + lines.word) * (1 + 1e-9)
                assert (alone[n, lines.beside] + word <= once).all()
                assert (floors[column] + word <= once).all() and (word <= lines.word * (1 + 1e-9)).all()
                assert (moved[n, lines.beside] <= lines.moved[0] + 1e-9).all()
