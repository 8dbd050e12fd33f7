"""Menus of buffer tiles: nothing that could be the best is left out."""

from dataclasses import replace
from math import inf

import numpy as np
import pytest
from every_mapping import ARCHITECTURES, ENERGIES

from flat_plugin.errors import InvalidMapping
from flat_plugin.mapspace.below_buffer import Below
from flat_plugin.mapspace.choice_costs import FORBIDDEN
from flat_plugin.mapspace.limits import Limits, Spread
from flat_plugin.mapspace.structure import structure_of
from flat_plugin.workload.einsum import gemm

STRUCTURE = structure_of(gemm("product", 4, 4, 4))
ONCE = (1.0, 1.0, 1.0)
TILES = [(4, 4, 4), (2, 4, 4), (4, 1, 2), (1, 1, 1)]


def below(name="registers", limits=None, **options):
    return Below(STRUCTURE, ARCHITECTURES[name], ENERGIES, limits=limits or Limits(), **options)


def figures(menu):
    ports = [menu.reads.sum(axis=0), menu.updates, menu.ports]
    return np.stack([menu.steps, menu.energy, menu.leak, *ports], axis=1)


@pytest.mark.parametrize("name", ["registers", "one-word", "rows", "narrow", "linked"])
@pytest.mark.parametrize("tile", TILES)
def test_every_choice_is_beaten_or_equalled_by_one_of_the_menu(name, tile):
    own = below(name)
    menu = figures(own.menu(tile, ONCE))
    fits = [
        all(
            extent % (a * b) == 0
            for extent, a, b in zip(tile, own.choices.spatial[:, n], own.choices.register[:, n], strict=True)
        )
        for n in range(len(own.choices))
    ]
    every = figures(own.costs.of(own.choices.take(np.flatnonzero(fits)), tile, ONCE))
    for row in every[np.isfinite(every[:, 1])]:
        assert (menu <= row * (1 + 1e-9) + 1e-9).all(axis=1).any()


def test_no_entry_of_a_menu_beats_another():
    table = figures(below().menu((4, 4, 4), ONCE))
    for n, row in enumerate(table):
        others = np.delete(table, n, axis=0)
        assert not ((others <= row).all(axis=1) & (others < row).any(axis=1)).any()


def test_a_menu_is_made_once():
    own = below()
    assert own.menu((4, 4, 4), ONCE) is own.menu((4, 4, 4), ONCE)
    # Four words of registers hold no whole tile of 16, however long it would stay.
    large = replace(ARCHITECTURES["registers"].memories[2], capacity=1)
    memories = (*ARCHITECTURES["registers"].memories[:2], large)
    small = Below(STRUCTURE, replace(ARCHITECTURES["registers"], memories=memories), ENERGIES)
    assert small.menu((4, 4, 4), (5.0, 5.0, 5.0)) is small.menu((4, 4, 4), ONCE)


def test_a_tile_that_stays_longer_costs_no_more():
    own = below()
    once, longer = own.menu((2, 2, 2), ONCE), own.menu((2, 2, 2), (4.0, 4.0, 4.0))
    assert longer.energy.min() < once.energy.min()


def test_a_tile_that_may_not_stay_is_not_held_whole():
    own = below()
    menu = own.menu((1, 1, 1), (FORBIDDEN, 1.0, 1.0))
    assert not menu.choice.keep[0].any()


def test_choices_that_divide_the_keys_of_every_cut_are_compared_among_themselves():
    own = below()
    menu = own.menu((4, 4, 4), ONCE, keys=1)
    n = STRUCTURE.core.index("N")
    along = menu.choice.spatial[n] * menu.choice.register[n]
    assert (along == 1).any() and (along > 1).any()


def test_limits_that_leave_nothing():
    spread = Spread((3, 1, 1), (inf,) * 3, ("xy",) * 3)
    with pytest.raises(
        InvalidMapping, match="mine: no mapping of product is within the limits of its space: M=3"
    ):
        below(limits=Limits(((1, spread),), place="mine"))


def test_heads_that_a_tile_spans_let_no_tile_stay():
    own = below(spanned=2)
    assert own.menu((1, 1, 1), (4.0, 4.0, 4.0)) is own.menu((1, 1, 1), ONCE)
