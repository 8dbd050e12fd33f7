"""Menus of choices inside: bounds of all at once, and those that may be good enough one by one."""

import numpy as np
import pytest
from small_spaces import ONE_PLACE, one_space

from flat_plugin.mapspace.search.menu import Menu


def fresh(kind):
    """The menu of the cheapest part, with nothing made yet."""
    side = one_space(kind).sides[0]
    menu = min(side.parts, key=lambda part: part.least).menu
    return Menu(menu.inside, menu.stays, menu.limits, menu.tile, menu.bounds)


def limits(menu, energy):
    return np.full(len(menu.tile.fewest_steps[0]), energy)


@pytest.mark.parametrize("kind", [*ONE_PLACE, "linked"])
def test_all_that_cost_no_more_are_there(kind):
    menu = fresh(kind)
    every = menu.choices(limits(menu, np.inf)).lines
    energy = float(np.median(every.base))
    few = fresh(kind).choices(limits(menu, energy)).lines
    within = every.base <= energy
    # A little more may be there; what bounds leave out is dearer once its tensor has come.
    once = (every.base + every.word <= energy).sum()
    assert once <= (few.base <= energy).sum() <= within.sum()
    assert len(few) <= len(every)


def test_what_was_made_serves_less_and_grows_for_more():
    menu = fresh("registers")
    every = menu.choices(limits(menu, np.inf))
    assert menu.choices(limits(menu, menu.least)) is every
    growing = fresh("registers")
    few = growing.choices(limits(menu, menu.least * 1.5))
    more = growing.choices(limits(menu, np.inf))
    assert len(more.lines) >= len(few.lines) and len(more.lines) == len(every.lines)


@pytest.mark.parametrize("kind", [*ONE_PLACE, "linked"])
def test_outlines_are_below_all_choices(kind):
    menu = fresh(kind)
    steps, base = menu.outline
    assert (np.diff(steps) > 0).all() and (np.diff(base) < 0).all()
    assert menu.least == base.min() and not menu.empty
    lines = menu.choices(limits(menu, np.inf)).lines
    for cost, cycles in zip(lines.base + lines.word, lines.steps, strict=True):
        assert ((steps <= cycles) & (base + menu.rough.word <= cost * (1 + 1e-9))).any()


def test_extents_are_rows_of_all_units():
    menu = fresh("registers")
    found = menu.choices(limits(menu, np.inf))
    units = menu.inside.units
    rows = (
        units.unrolled.wide[:, found.lines.beside] * menu.inside.pads[menu.stays].extents[:, found.lines.kept]
    )
    assert set(map(tuple, found.extents.rows.T.tolist())) == set(map(tuple, rows.T.tolist()))


def test_for_known_rows_there_are_no_more():
    menu = fresh("registers")
    divided = menu.divided(menu.inside.units.divided({0: (2, 2)}), menu.least * 2)
    assert divided.limits == (menu.limits[0], pytest.approx(menu.least * 2))
    assert divided.least >= menu.least * (1 - 1e-9) and divided != menu
