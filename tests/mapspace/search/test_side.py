"""An operator's tables: what they say depends on the limits at hand, not on those of before."""

import random

import numpy as np
from small_chips import chip, prepare

from flat_plugin.mapping.dataflow import Dataflow
from flat_plugin.mapspace.search.build import spaces_of
from flat_plugin.mapspace.search.trips import Factors
from flat_plugin.workload import Attention

FLASH = Dataflow("flash", fused=True, online=True, searched=True)


def sides():
    architecture, energies = chip("registers", random.Random("tables"))
    layer = Attention(1, 2, 5, 7, 3)
    return next(iter(spaces_of(FLASH, layer, architecture, energies, "free", Factors.RAGGED))).sides


def test_wider_limits_are_as_if_they_came_first():
    narrowed, fresh = sides(), sides()
    for side, other in zip(narrowed, fresh, strict=True):
        for times in (1.1, 1.3, 1.6, 2.0, 3.0):  # each makes menus anew
            prepare(side, side.fewest_steps * times, side.floor * times)
        prepare(side)
        prepare(other)
        assert np.isfinite(side.energy).any()
        np.testing.assert_array_equal(side.energy, other.energy)
        np.testing.assert_array_equal(side.moved, other.moved)


def test_narrower_limits_leave_what_is_within_them():
    every, few = sides(), sides()
    for side, other in zip(every, few, strict=True):
        prepare(side)
        least = float(side.energy.min())
        prepare(other, np.inf, least * 1.01)
        assert other.energy.min() == least
        assert len(other.parts) < len(side.parts)
