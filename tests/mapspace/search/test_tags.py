"""Shared loops by number: both operators' chains with the same number have the same shared loops."""

import random

import numpy as np
from small_chips import chip

from flat_plugin.mapping.dataflow import Dataflow
from flat_plugin.mapspace.search.build import spaces_of
from flat_plugin.mapspace.search.trips import Factors
from flat_plugin.workload import Attention

LAYER = Attention(1, 2, 5, 7, 3)


def spaces(dataflow):
    architecture, energies = chip("registers", random.Random("tags"))
    return spaces_of(dataflow, LAYER, architecture, energies, "free", Factors.RAGGED)


def test_one_number_is_one_choice_of_shared_loops():
    for space in spaces(Dataflow("flash", fused=True, online=True, searched=True)):
        for axis, dimension in enumerate(("M", "N")):
            known = {}
            for side in space.sides:
                op, needs = side.operator, side.needs
                chains = side.axes[needs.rows if dimension == "M" else needs.keys]
                d = chains.dimensions.index(op.structure.core.index(dimension))
                shared = [i for i, place in enumerate(op.places) if place.shared]
                for tag, trips in zip(
                    side.shared.tags[axis], chains.trips[shared, d].T.tolist(), strict=True
                ):
                    assert known.setdefault(int(tag), trips) == trips
            assert len({tuple(trips) for trips in known.values()}) == len(known)


def test_operators_apart_share_no_loops():
    for space in spaces(Dataflow("base", fused=False, searched=True)):
        assert space.ranges == ([{}], [{}])
        for side in space.sides:
            assert not np.concatenate(side.shared.tags).any()
