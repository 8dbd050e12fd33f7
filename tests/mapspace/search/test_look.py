"""Looks at shared loops and rows: together they find the best, and none goes below its bound."""

import random

import numpy as np
import pytest
from small_chips import chip
from small_spaces import BASE, FLASH, FUSED, SMALLER, one_space

from flat_plugin.mapspace.objective import Best
from flat_plugin.mapspace.search.bar import Bar
from flat_plugin.mapspace.search.build import spaces_of
from flat_plugin.mapspace.search.rows import EachRows
from flat_plugin.mapspace.search.trips import Factors


def looks(flow):
    """Every choice of a space, the rows known."""
    space, bar = one_space("registers", flow, SMALLER), Bar(Best("edp"))
    rows = EachRows(space)
    return [each for look in space._looks(bar) for each in (rows.of(look, bar) if look.shared else [look])]


def whole(flow):
    """The best of the same space, searched as a whole."""
    architecture, energies = chip("registers", random.Random("space registers"))
    found = spaces_of(flow, SMALLER, architecture, energies, "free", Factors.PERFECT)
    best = Best("edp")
    next(iter(found)).run(Bar(best))
    return best.rank[0]


@pytest.mark.parametrize("flow", [BASE, FUSED, FLASH], ids=lambda flow: flow.name)
def test_the_best_of_all_looks_is_that_of_the_space(flow):
    found = []
    for look in looks(flow):
        best = Best("edp")
        look.run(Bar(best))
        if not best.empty:
            assert look.goal(Bar(best)) <= best.rank[0] * (1 + 1e-9)
            found.append(best.rank[0])
    assert min(found) == pytest.approx(whole(flow))


@pytest.mark.parametrize("flow", [BASE, FUSED], ids=lambda flow: flow.name)
def test_a_glance_finds_something_and_an_outline_bounds_it(flow):
    seen = 0
    for look in looks(flow)[:6]:
        bar, first = Bar(Best("edp")), look.goal(Bar(Best("edp")))
        look.outline(bar)
        assert look.goal(bar) >= first * (1 - 1e-9)
        look.glance(bar)
        assert look.glanced
        if not bar.incumbent.empty:
            seen += 1
            assert look.goal(bar) <= bar.incumbent.rank[0] * (1 + 1e-9)
    assert seen > 0


def test_nothing_is_found_above_a_ceiling():
    look = looks(FUSED)[0]
    bar = Bar(Best("edp"), look.goal(Bar(Best("edp"))) * 0.5)
    look.run(bar)
    assert bar.incumbent.empty
    look.outline(bar)
    assert np.isinf(look.least.energy).all() or not bar.promising(look.least).any()
