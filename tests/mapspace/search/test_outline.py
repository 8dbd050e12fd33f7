"""Outlines of an operator: a few points that no tile with any choice inside beats."""

import numpy as np
import pytest
from small_spaces import KINDS, one_space, some_nests

from flat_plugin.mapspace.search.exact import evaluated
from flat_plugin.mapspace.search.outline import outlined_by


@pytest.mark.parametrize("kind", KINDS)
def test_no_nest_is_better(kind):
    for side in one_space(kind).sides:
        outline = outlined_by(side, side.parts, side.fewest_steps)
        for some in some_nests(side, parts=4, each=20):
            points = evaluated(side, some.nests)
            for steps, energy, traffic in zip(points.steps, points.energy, points.traffic, strict=True):
                near = (outline.steps <= steps) & (outline.energy <= energy * (1 + 1e-9))
                assert (near & (outline.traffic <= traffic + 1e-9)).any()


def test_it_starts_at_the_least_and_has_as_many_steps_as_are_asked_for():
    side = one_space("registers").sides[0]
    outline = outlined_by(side, side.parts, 1000.0)
    assert outline.steps.min() == 1000
    least = min(part.least for part in side.parts)
    outline = outlined_by(side, side.parts, 0.0)
    assert (outline.energy - side.needs.leaked(outline.cycles)).min() == pytest.approx(least)
    assert len(outline) <= 36 and np.isfinite(outline.energy).all()
