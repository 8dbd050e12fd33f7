"""Choices inside one by one, counted by hand: four units below a buffer, each with a word or two."""

import numpy as np
import pytest
from counted_by_hand import CHIP, ENERGIES, PRODUCT

from flat_plugin.mapspace.search.lines import Lines, lines_of
from flat_plugin.mapspace.search.pads import NOWHERE
from flat_plugin.mapspace.search.prices import prices_of
from flat_plugin.mapspace.search.units import Units
from flat_plugin.mapspace.search.wanted import Parents, Wanted
from flat_plugin.mapspace.structure import structure_of

STRUCTURE = structure_of(PRODUCT)  # M = 8, N = 4, K = 6
A, W, Z = range(3)
UNITS = Units(STRUCTURE, (2, 2), CHIP.memories[2:], 1, STRUCTURE.sizes, 1, 1.0)
WANTED = Wanted(prices_of(CHIP, ENERGIES), 1, UNITS, Parents((1, 1, 1), (1.0, 1.0, 1.0)))
M2_K2 = int(np.flatnonzero((UNITS.unrolled.wide == np.array([[2], [1], [2]])).all(axis=0))[0])


def line(stays, **kept):
    """Of the first choice of a unit that keeps these tensors, with tiles of one element each."""
    pads = UNITS.pads[stays]
    wanted = np.array([0 if name in kept else NOWHERE for name in "AWZ"])
    single = (pads.extents == 1).all(axis=0) & (pads.where == wanted[:, None]).all(axis=0)
    column = np.flatnonzero(single)[:1]
    found = lines_of(WANTED, stays, np.array([M2_K2]), column, UNITS.whole)
    assert len(found) == 1
    return found


def test_units_that_keep_nothing_ask_at_every_step():
    """A: 192 words, W: half, for two units of M; Z: half are added and come back but for the first 32."""
    found = line(NOWHERE)
    asked = 192 + 96 + (96 + 96 - 32)
    assert found.base[0] == asked * 10 + 192 * 0.5
    assert (found.word[0], found.steps[0]) == (0, 48)
    assert found.asked[:, 0].tolist() == [192 + 96 + 96 - 32, 96, 0, 0]
    assert not found.moved.any()


def test_the_tensor_that_stays_costs_for_each_time_that_its_tile_changes():
    """A's 48 words go to the units once a change: read at the buffer, written in one unit each."""
    found = line(A, A=True)
    assert found.word[0] == 48 * (10 + 1)
    assert found.base[0] == (96 + 96 + 96 - 32) * 10 + 192 * (0.5 + 1)
    assert found.asked[:, 0].tolist() == [96 + 96 - 32, 96, 48, 0]


def test_sums_that_stay_need_no_first_read():
    """Z's 32 words: updated and read at the buffer each time; two units of K hold sums of each."""
    found = line(Z, Z=True)
    assert found.word[0] == 32 * (10 + 10 + 2)
    first = 32 * (10 + 2 + 2)  # not read at the buffer, not filled into nor read from the units
    assert found.base[0] == (192 + 96) * 10 + 192 * (0.5 + 1 + 1) - first


def test_words_asked_of_the_outermost_memory_directly():
    wanted = Wanted(WANTED.prices, 1, UNITS, Parents((0, 1, 1), (1.0, 1.0, 1.0)))
    column = np.flatnonzero((UNITS.pads[NOWHERE].extents == 1).all(axis=0))[:1]
    found = lines_of(wanted, NOWHERE, np.array([M2_K2]), column, UNITS.whole)
    assert found.moved[:, 0].tolist() == [192, 0]
    assert found.asked[0, 0] == 96 + 96 - 32
    assert found.base[0] - line(NOWHERE).base[0] == pytest.approx(192 * 90)


def test_lists_of_lines():
    both = Lines.joined([line(A, A=True), line(NOWHERE)])
    assert len(both) == 2 and both.stays.tolist() == [A, NOWHERE]
    assert both.take(np.array([1])).base[0] == line(NOWHERE).base[0]
    assert len(Lines.joined([])) == len(Lines.none()) == 0
