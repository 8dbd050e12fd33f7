"""Limits leave out skeletons that cost more, and no others."""

import random

import numpy as np
import pytest
from small_chips import chip, prepare

from flat_plugin.mapping.dataflow import Dataflow
from flat_plugin.mapspace.search.build import spaces_of
from flat_plugin.mapspace.search.trips import Factors
from flat_plugin.workload import Attention

BASE = Dataflow("base-opt", fused=False, searched=True)


@pytest.mark.parametrize("kind", ["registers", "four"])
def test_what_is_left_is_what_costs_no_more(kind):
    architecture, energies = chip(kind, random.Random("prepared"))
    layer = Attention(1, 2, 5, 7, 3)
    for side in next(iter(spaces_of(BASE, layer, architecture, energies, "free", Factors.RAGGED))).sides:
        prepare(side)
        every = {part.skeleton: float(part.energy.min()) for part in side.parts}
        for limit in np.quantile([cost for cost in every.values() if np.isfinite(cost)], [0.05, 0.3, 0.8]):
            prepare(side, energy=limit)
            assert {p.skeleton for p in side.parts} == {s for s, cost in every.items() if cost <= limit}
