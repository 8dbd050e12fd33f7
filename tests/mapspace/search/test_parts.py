"""Skeletons with tiles, and what they cost at least."""

from types import SimpleNamespace

import numpy as np

from flat_plugin.mapspace.search.parts import Part, outside_of


class Menu:
    def __init__(self, least):
        self.least = least


ONE, TWO = Menu(10.0), Menu(1.0)


def part(energy, menu=ONE, words=3.0):
    table = SimpleNamespace(words=7.0, chains=[SimpleNamespace(fewest=2.0), SimpleNamespace(fewest=5.0)])
    return Part(None, (), table, menu, np.array(energy, dtype=float).reshape(-1, 1, 1), np.array([[words]]))


def test_what_fits_and_costs_no_more_is_promising():
    assert part([np.inf, 50.0]).promising(50.0) and not part([np.inf, 50.0]).promising(49.0)
    assert not part([np.inf]).promising(np.inf)


def test_the_least_is_that_of_the_whole_room():
    assert (part([60.0, 50.0]).least, part([60.0, 50.0]).fewest) == (50.0, 3.0)


def test_what_is_outside_a_menu():
    found = outside_of([part([60.0, 50.0]), part([45.0, 70.0]), part([9.0, 8.0], TWO)])
    assert found[ONE].reshape(-1).tolist() == [35.0, 40.0]
    assert found[TWO].reshape(-1).tolist() == [8.0, 7.0]


def test_with_one_choice_of_rows():
    alone = part([60.0]).alone(TWO, part([1.0]).table, np.array([4.0, 3.0]), (("M", 2, 3),))
    assert (alone.least, alone.fewest, alone.menu, alone.tile) == (3.0, 14.0, TWO, (("M", 2, 3),))
