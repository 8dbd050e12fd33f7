"""What a glance finds is evaluated by the model, and costs no less than the outline says."""

import random

import pytest
from small_chips import chip, prepare

from flat_plugin.mapping.dataflow import Dataflow
from flat_plugin.mapspace.objective import Best
from flat_plugin.mapspace.search.bar import Bar
from flat_plugin.mapspace.search.build import spaces_of
from flat_plugin.mapspace.search.finder import Finder
from flat_plugin.mapspace.search.outline import outlined_by
from flat_plugin.mapspace.search.trips import Factors
from flat_plugin.workload import Attention

BASE = Dataflow("base", fused=False, searched=True)


@pytest.mark.parametrize("kind", ["registers", "linked", "four"])
def test_points_are_no_better_than_the_outline(kind):
    architecture, energies = chip(kind, random.Random(f"finder {kind}"))
    layer = Attention(1, 2, 5, 7, 3)
    space = next(iter(spaces_of(BASE, layer, architecture, energies, "free", Factors.RAGGED)))
    for side in space.sides:
        prepare(side)
        parts, seen = sorted(side.parts, key=lambda part: part.least)[:20], 0
        outline = outlined_by(side, parts, side.fewest_steps)
        finder = Finder(
            side, space.chain(0), side.fewest_steps, None, Bar(Best("edp")), None, True, space.tally
        )
        for points, nests in finder.points(parts):
            assert len(points) == len(nests)
            for steps, energy in zip(points.steps, points.energy, strict=True):
                assert ((outline.steps <= steps) & (outline.energy <= energy * (1 + 1e-12))).any()
                seen += 1
        assert seen > 0
    assert space.tally["nests"] > 0
