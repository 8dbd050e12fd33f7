"""Skeletons by what they have in common: prices of ways are those of skeletons, and floors hold."""

import random

import pytest
from small_chips import chip, prepare

from flat_plugin.mapping.dataflow import Dataflow
from flat_plugin.mapspace.search.build import spaces_of
from flat_plugin.mapspace.search.kinds import asked_of, kinds_of, way_of
from flat_plugin.mapspace.search.trips import Factors
from flat_plugin.workload import Attention

FAMILIES = {
    "base": Dataflow("base", fused=False, searched=True),
    "flash": Dataflow("flash", fused=True, online=True, searched=True),
}


def sides(kind, family):
    architecture, energies = chip(kind, random.Random(f"kinds {kind}"))
    layer = Attention(1, 2, 5, 7, 3)
    spaces = spaces_of(FAMILIES[family], layer, architecture, energies, "free", Factors.RAGGED)
    return next(iter(spaces)).sides


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("kind", ["registers", "four", "cores"])
def test_numbers_stand_for_what_each_skeleton_has(kind, family):
    for side in sides(kind, family):
        kinds = side.kinds
        assert kinds_of(kinds.roles) is kinds
        for i, skeleton in enumerate(kinds.skeletons):
            for t, ways in enumerate(kinds.ways):
                assert ways[kinds.way[t, i]] == way_of(skeleton, t, kinds.roles)
            assert kinds.insides[kinds.inside[i]] == (asked_of(skeleton, kinds.roles), skeleton.stays)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("kind", ["registers", "four", "cores"])
def test_no_part_goes_below_the_floor_of_its_skeleton(kind, family):
    for side in sides(kind, family):
        prepare(side)
        floors = dict(zip(side.kinds.skeletons, side.floors.tolist(), strict=True))
        assert side.parts
        for part in side.parts:
            assert part.energy.min() >= floors[part.skeleton] * (1 - 1e-12)
