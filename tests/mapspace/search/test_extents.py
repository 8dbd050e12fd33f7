"""Choices inside, gathered by the rows that they have in all units together."""

from dataclasses import replace

import numpy as np

from flat_plugin.mapspace.search.extents import extents_of
from flat_plugin.mapspace.search.lines import Lines


def lines(base, word):
    none = Lines.none()
    size = len(base)
    zero = np.zeros(size, dtype=int)
    return replace(
        none,
        base=np.array(base),
        word=np.array(word),
        asked=np.zeros((4, size)),
        moved=np.zeros((2, size)),
        stays=zero,
        steps=np.zeros(size),
        beside=zero,
        kept=zero,
    )


ROWS = np.array([[2, 1, 2, 2, 1], [3, 3, 3, 1, 3]])
FOUND = extents_of(ROWS, lines([5.0, 4.0, 3.0, 2.0, 9.0], [1.0, 8.0, 7.0, 6.0, 2.0]))


def test_each_extent_has_the_least_of_its_choices():
    found = {tuple(FOUND.rows[:, n].tolist()): (FOUND.base[n], FOUND.word[n]) for n in range(len(FOUND))}
    assert found == {(2, 3): (3, 1), (1, 3): (4, 2), (2, 1): (2, 6)}


def test_choices_of_some_extents():
    by_rows = {tuple(FOUND.rows[:, n].tolist()): n for n in range(len(FOUND))}
    which, chosen = FOUND.lines_of(np.array([by_rows[2, 3], by_rows[2, 1]]))
    assert which.tolist() == [0, 0, 1] and sorted(chosen[:2].tolist()) == [0, 2] and chosen[2] == 3


def test_no_choices_have_no_extents():
    empty = extents_of(np.empty((2, 0), dtype=int), Lines.none())
    assert len(empty) == 0 and empty.starts.tolist() == [0]
