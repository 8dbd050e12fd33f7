"""What skeletons that keep the same cost at least is no more than what any of them costs."""

import random

import numpy as np
import pytest
from small_chips import chip

from flat_plugin.mapping.dataflow import Dataflow
from flat_plugin.mapspace.search.alike import alike_among
from flat_plugin.mapspace.search.build import spaces_of
from flat_plugin.mapspace.search.trips import Factors
from flat_plugin.workload import Attention

FLASH = Dataflow("flash", fused=True, online=True, searched=True)


def sides(kind):
    architecture, energies = chip(kind, random.Random("alike"))
    layer = Attention(1, 2, 5, 7, 3)
    return next(iter(spaces_of(FLASH, layer, architecture, energies, "free", Factors.RAGGED))).sides


@pytest.mark.parametrize("kind", ["registers", "four", "cores"])
def test_no_skeleton_goes_below_those_that_keep_the_same(kind):
    for side in sides(kind):
        side.begin(np.inf)
        side.gather(np.inf)
        side.prepare(np.inf)
        parts = {part.skeleton: part for part in side.parts}
        found = 0
        for alike in side.alike:
            for number in alike.numbers.tolist():
                if part := parts.get(side.kinds.skeletons[number]):
                    assert alike.least <= part.energy.min() * (1 + 1e-12)
                    found += 1
        assert found == len(parts) > 0


def test_every_skeleton_is_among_those_that_keep_the_same():
    side = sides("four")[0]
    skeletons, numbers = side.kinds.skeletons, np.arange(len(side.kinds.skeletons))
    groups = list(alike_among(side.kinds, numbers))
    assert sorted(np.concatenate(groups).tolist()) == numbers.tolist()
    kept = [{(skeletons[i].keep, skeletons[i].stays) for i in group} for group in groups]
    assert all(len(each) == 1 for each in kept)
    assert len(set.union(*kept)) == len(groups)
