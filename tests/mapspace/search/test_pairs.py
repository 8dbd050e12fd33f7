"""Tiles with choices inside: those that fit together, and what they cost at least."""

import numpy as np
import pytest
from small_spaces import ANY, ONE_PLACE, one_space, some_nests, turning

from flat_plugin.mapspace.search.allowance import allowance_of
from flat_plugin.mapspace.search.exact import evaluated
from flat_plugin.mapspace.search.pairs import Fitting, pairs_of


@pytest.mark.parametrize("kind", ONE_PLACE)
def test_no_nest_costs_less_than_its_pair(kind):
    side, seen = one_space(kind).sides[0], 0
    for some in some_nests(side):
        columns = turning(some)
        points, seen = evaluated(side, some.nests), seen + len(columns)
        assert (some.pairs.cost <= points.energy * (1 + 1e-9))[columns].all()
        lines, tile = some.pairs.lines, some.pairs.tile
        cost = some.tiles.outside[tile] + lines.base + some.tiles.changes[tile] * lines.word
        assert some.pairs.cost == pytest.approx(cost)
    assert seen > 0


@pytest.mark.parametrize("kind", ONE_PLACE)
def test_cycles_of_pairs_are_those_of_their_nests(kind):
    side = one_space(kind).sides[0]
    for some in some_nests(side):
        tile, lines = some.pairs.tile, some.pairs.lines
        units = side.units
        rows = (
            units.unrolled.wide[:, lines.beside]
            * units.pads[some.tiles.part.skeleton.stays].extents[:, lines.kept]
        )
        turns = Fitting(side, some.tiles, rows).turns(tile, np.arange(len(tile)))
        assert (lines.steps * turns).tolist() == some.nests.steps.tolist()


def test_pairs_within_an_allowance_are_those_of_all():
    side = one_space("registers").sides[0]
    some = some_nests(side)[0]
    tiles, menu = some.tiles, some.tiles.part.menu
    choices = menu.choices(np.full(len(menu.tile.fewest_steps[0]), np.inf))
    least = choices.lines.steps.min()

    def pairs(allowance):
        limits = np.full(len(tiles.outside), np.inf)
        return [(p.tile, p.lines, p.cost) for p in pairs_of(side, tiles, choices, limits, allowance)]

    ((tile, lines, cost),) = pairs(ANY)
    rows = menu._rows(lines)
    steps = lines.steps * Fitting(side, tiles, rows).turns(tile, np.arange(len(tile)))
    allowance = allowance_of(choices.lines.steps, lambda steps: np.median(cost) * least / steps)
    ((few, _, costs),) = pairs(allowance)
    good = cost <= allowance.of(steps)
    assert 0 < good.sum() < len(good)
    assert sorted(zip(few, costs, strict=True)) == sorted(zip(tile[good], cost[good], strict=True))


def test_pairs_within_limits_are_those_of_all():
    side = one_space("registers").sides[0]
    some = some_nests(side)[0]
    tiles, menu = some.tiles, some.tiles.part.menu
    choices = menu.choices(np.full(len(menu.tile.fewest_steps[0]), np.inf))

    def pairs(limit):
        limits = np.full(len(tiles.outside), limit)
        found = list(pairs_of(side, tiles, choices, limits, ANY))
        return np.sort(np.concatenate([each.cost for each in found])) if found else np.empty(0)

    every = pairs(np.inf)
    limit = np.median(every)
    assert pairs(limit).tolist() == every[every <= limit].tolist()


def test_units_make_up_the_rows_of_a_tile():
    """The outermost loop, turns of the buffer's and the units' rows: what they make is the size."""
    side = one_space("linked").sides[0]
    some, sizes = some_nests(side)[0], side.operator.spread.sizes
    extents = np.indices((5, 5, 5)).reshape(3, -1)
    extents = extents[:, (extents > 0).all(axis=0)]
    every = np.ones(extents.shape[1], dtype=bool)
    few = np.arange(min(30, len(some.tiles.outside)))
    tiles, which = Fitting(side, some.tiles, extents).divided(few, every)
    divides = np.zeros((len(few), len(every)), dtype=bool)
    divides[tiles, which] = True
    for tile in range(len(divides)):
        good = np.ones(extents.shape[1], dtype=bool)
        for axis, chain in zip(some.tiles.part.table.axes, some.tiles.chains, strict=True):
            for i, d in enumerate(axis.dimensions):
                good &= sizes[d] % (axis.trips[0, i, chain[tile]] * extents[d]) == 0
        assert divides[tile].tolist() == good.tolist()
