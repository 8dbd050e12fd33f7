"""Settings of a family as spaces: operators, roles of their tensors, loops that they share."""

import random
from dataclasses import replace
from math import inf

import pytest
from small_chips import chip
from small_spaces import BASE, FLASH, FUSED, LAYER

from flat_plugin.mapspace.limits import Limits, Spread
from flat_plugin.mapspace.search.axes import Place
from flat_plugin.mapspace.search.build import single_spaces, spaces_of
from flat_plugin.mapspace.search.trips import Factors

ARCHITECTURE, ENERGIES = chip("registers", random.Random("build"))


def spaces(flow, limits=None, architecture=ARCHITECTURE):
    return list(spaces_of(flow, LAYER, architecture, ENERGIES, "free", Factors.PERFECT, limits))


def roles(flow, meeting=1):
    sides = next(s for s in spaces(flow) if s.setting.meeting == meeting).sides
    return [side.operator.role for side in sides]


def test_operators_apart_keep_what_they_like():
    logit, attend = roles(BASE)
    assert logit.copies == attend.copies == ((2.0, 2.0, 2.0),)
    assert logit.held == logit.passed == (frozenset(),) and logit.outermost == (True,) * 3
    (space,) = spaces(BASE)
    assert space.sides[0].operator.places == (Place(0),)


@pytest.mark.parametrize("flow", [FUSED, FLASH])
def test_fused_operators_hold_the_scores_where_they_meet(flow):
    """S is logit's third tensor, P attend's first; online the output is held there as well."""
    logit, attend = roles(flow)
    assert logit.copies == ((2.0, 2.0, 0.0),) and attend.copies == ((0.0, 2.0, 2.0),)
    assert logit.held == (frozenset({2}),)
    assert attend.held == (frozenset({0, 2}) if flow.online else frozenset({0}),)
    assert logit.outermost == (True, True, False) and attend.outermost == (False, True, True)


def test_shared_loops_are_walked_or_the_operators_own():
    for space in spaces(FUSED):
        for side in space.sides:
            shared = [i for i, place in enumerate(side.operator.places) if place.shared]
            own = [i for i, place in enumerate(side.operator.places) if not place.shared]
            assert shared == [0] and own == [1]
            for axis in side.axes:
                for i, d in enumerate(axis.dimensions):
                    turning = axis.trips[0, i] > 1
                    assert (axis.trips[1, i][turning] == 1).all()
                    if side.operator.structure.core[d] not in "GM":
                        assert not turning.any()


@pytest.mark.parametrize(
    ("granularity", "rows", "trips"), [("H", None, {1}), ("R", 2, {2}), ("R", None, {1, 2, 4})]
)
def test_granularities_say_how_rows_are_shared(granularity, rows, trips):
    flow = replace(FUSED, granularity=granularity, rows=rows)
    found = set()
    for space in spaces(flow):
        side = space.sides[0]
        m = side.operator.structure.core.index("M")
        axis = next(axis for axis in side.axes if m in axis.dimensions)
        found |= set(axis.trips[0, axis.dimensions.index(m)].tolist())
    assert found == trips


def test_limits_that_leave_nothing_to_lie_side_by_side():
    def limit(least):
        return {"logit": Limits(((1, Spread((least, 1, 1), (inf,) * 3, ("xy",) * 3)),))}

    assert spaces(BASE, limit(2)) and not spaces(BASE, limit(99))


def test_one_operator_alone():
    (space,) = single_spaces(LAYER.logit(), ARCHITECTURE, ENERGIES, factors=Factors.PERFECT)
    (side,) = space.sides
    assert side.operator.role.copies == ((2.0, 2.0, 2.0),) and not side.needs.fused
    assert space.chain(0).softmax.energy_pj == 0 and space.size > 0
    assert space.rough.energy[0] > 0
