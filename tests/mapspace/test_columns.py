"""Figures of many things at once, one a column."""

from dataclasses import dataclass

import numpy as np
import pytest

from flat_plugin.mapspace.columns import Columns


@dataclass(frozen=True)
class Figures(Columns):
    cycles: np.ndarray  # [n]
    words: np.ndarray  # [memories, n]


@pytest.fixture
def figures():
    return Figures(np.array([5, 3, 4]), np.array([[1, 2, 3], [9, 8, 7]]))


def told(figures):
    return [array.tolist() for array in figures.arrays()]


def test_some_of_them(figures):
    assert told(figures.take(np.array([2, 0]))) == [[4, 5], [[3, 1], [7, 9]]]


def test_along_the_rows_of_a_table(figures):
    column = figures.column()
    assert column.cycles.shape == (3, 1) and column.words.shape == (2, 3, 1)


def test_the_least_of_every_figure_is_of_whichever_has_it(figures):
    assert told(figures.least()) == [[3], [[1], [7]]]


def test_one_after_the_other(figures):
    both = Figures.joined([figures.take(np.array([1])), figures])
    assert told(both) == [[3, 5, 3, 4], [[2, 1, 2, 3], [8, 9, 8, 7]]]
