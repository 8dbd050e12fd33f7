"""Words that units ask for, by hand: 8 × 4 × 6 products on 2 × 2 units."""

from dataclasses import replace

import numpy as np
import pytest
from counted_by_hand import CHIP, ENERGIES, PRODUCT

from flat_plugin.mapspace.search.pads import NOWHERE
from flat_plugin.mapspace.search.prices import prices_of
from flat_plugin.mapspace.search.units import Units
from flat_plugin.mapspace.search.wanted import Parents, Wanted
from flat_plugin.mapspace.structure import structure_of

STRUCTURE = structure_of(PRODUCT)
A, W, Z = range(3)
UNITS = Units(STRUCTURE, (2, 2), CHIP.memories[2:], 1, STRUCTURE.sizes, 3, 2.0)  # three turns, two cores
WANTED = Wanted(prices_of(CHIP, ENERGIES), 1, UNITS, Parents((1, 0, 1), (1.0, 2.0, 1.0)))


def test_words_and_operations():
    assert [WANTED.words(t) for t in (A, W, Z)] == [3 * 48, 3 * 24, 3 * 32]
    assert WANTED.operations == 2 * 3 * 192


def test_each_time_the_staying_tile_changes():
    assert WANTED.word(NOWHERE) == 0
    assert WANTED.word(A) == 3 * 48 * 10
    assert WANTED.word(W) == 3 * 24 * 100 * 2  # from DRAM, for two copies
    assert WANTED.word(Z) == 3 * 32 * (10 + 10)
    assert [WANTED.word_moved(t) for t in (NOWHERE, A, W, Z)] == [0, 0, 3 * 24 * 2, 0]
    sums = replace(WANTED, parents=Parents((0, 0, 0), (1.0, 1.0, 1.0)))
    assert sums.word_moved(Z) == 2 * 3 * 32


def test_words_at_every_step():
    """M on two units: W is asked for by both at once, A and Z by each."""
    wide, own = np.array([[2], [1], [2]]), np.ones((3, 1), dtype=int)
    assert [WANTED.directly(t, wide, own)[0] for t in (A, W, Z)] == [3 * 192, 3 * 96, 3 * 96]


@pytest.mark.parametrize(
    ("wide", "own", "rows"), [(2, 1, 4), (3, 1, 3), (3, 2, 4), (5, 1, 2), (1, 8, 8), (2, 3, 5)]
)
def test_rows_of_the_first_unit_in_all_its_turns(wide, own, rows):
    """Of eight rows; 3 × 2: two turns of six, in the last of which the first unit has two."""
    turns = range(0, 8, wide * own)
    assert rows == sum(min(own, 8 - start) for start in turns)
    assert WANTED.rows_of_first(0, np.array([wide]), np.array([own]))[0] == rows


def test_turns_of_what_is_kept():
    """A lacks N: units that have used a word for so many of n ask again for the rest."""
    pads = UNITS.pads[NOWHERE]
    wide = np.ones((3, len(pads)), dtype=int)
    turns = WANTED.turns(A, wide, pads)
    assert turns.tolist() == [-(-4 // used) for used in pads.used[A, STRUCTURE.core.index("N")].tolist()]
    times = WANTED.times(A, pads)
    along, _ = UNITS.along[A]
    for n in range(along.shape[1]):
        used = pads.used[A, STRUCTURE.core.index("N")]
        assert times[:, n].tolist() == [-(-4 // (int(along[0, n]) * u)) for u in used.tolist()]


def test_cost_of_what_is_asked():
    assert WANTED.cost_asked(A, np.array([5.0]))[0] == 50
    assert WANTED.cost_asked(Z, np.array([200.0]))[0] == 200 * 20 - 3 * 32 * 10  # first sums are not read
    assert WANTED.least_asked(A, A, np.array([4.0]))[0] == 0
    assert WANTED.least_asked(A, W, np.array([4.0]))[0] == 4 * 3 * 48 * 10


def test_who_asks_directly():
    assert WANTED.asks_directly(A, UNITS.pads[NOWHERE])
    kept = UNITS.pads[A]
    assert not WANTED.asks_directly(A, kept.take(np.array([0])))
    linked = Units(STRUCTURE, (2, 2), (), 1, STRUCTURE.sizes, 1, 1.0)
    assert not replace(WANTED, units=linked).asks_directly(A, linked.pads[NOWHERE])
