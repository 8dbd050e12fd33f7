"""A space's bounds do not pass its optimum, and what is made can be forgotten."""

import random

import numpy as np
import pytest
from small_chips import chip

from flat_plugin.mapping.dataflow import Dataflow
from flat_plugin.mapspace.objective import Best
from flat_plugin.mapspace.search.bar import Bar
from flat_plugin.mapspace.search.build import spaces_of
from flat_plugin.mapspace.search.picked import mapping_of
from flat_plugin.mapspace.search.rising import search
from flat_plugin.mapspace.search.trips import Factors
from flat_plugin.workload import Attention

FAMILIES = [
    Dataflow("base-opt", fused=False, searched=True),
    Dataflow("flat-opt", fused=True, searched=True),
    Dataflow("flash", fused=True, online=True, searched=True),
]


LAYER = Attention(1, 2, 3, 5, 2)


def spaces(kind, family, layer=LAYER):
    architecture, energies = chip(kind, random.Random("space"))
    return list(spaces_of(family, layer, architecture, energies, "free", Factors.RAGGED))


@pytest.mark.parametrize(
    "kind, family",
    [("registers", flow) for flow in FAMILIES] + [("linked", flow) for flow in FAMILIES[:2]],
    ids=lambda value: getattr(value, "name", value),
)
@pytest.mark.parametrize("goal", ["edp", "energy"])
def test_no_bound_passes_the_optimum(kind, family, goal):
    found = 0
    for space in spaces(kind, family):
        alone = Best(goal)
        rough, floor = space.begin(goal), float(space.floor[goal][0])
        bound = space.bound(Bar(alone))
        search([space], alone)
        if not alone.empty:
            found += 1
            assert floor <= bound * (1 + 1e-12)
            assert max(rough, bound) <= alone.rank[0] * (1 + 1e-12)
    assert found


def test_nothing_below_the_bar_is_nothing_found():
    space, best = spaces("registers", FAMILIES[1])[0], Best("edp")
    search([space], best)
    again = Best("edp")
    space.run(Bar(again, best.rank[0] * 0.999))
    assert again.empty
    space.run(Bar(again, best.rank[0] * 1.001))
    assert again.rank == best.rank


def test_a_mapping_can_be_had_of_a_space_that_was_forgotten():
    space, best = spaces("linked", FAMILIES[2])[0], Best("edp")
    search([space], best)
    kept = mapping_of(best.payload)
    space.forget()
    assert mapping_of(best.payload) == kept


def test_mappings_are_counted_once_a_space_is_made():
    space = spaces("registers", FAMILIES[0])[0]
    assert space.size == 0
    assert np.isfinite(space.bound(Bar(Best("edp"))))
    counted = space.size
    space.forget()
    assert len(space.sides) == 2
    assert space.size == counted > 0


def test_where_the_scores_fit_nowhere_nothing_is_looked_at():
    for space in spaces("four", FAMILIES[1], Attention(1, 2, 3, 5000, 2)):
        assert np.isfinite(space.begin("edp"))
        assert space.bound(Bar(Best("edp"))) == np.inf
        assert space.lower == np.inf
    best = Best("edp")
    search(spaces("four", FAMILIES[1], Attention(1, 2, 3, 5000, 2)), best)
    assert best.empty
