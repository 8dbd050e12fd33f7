"""Searches under a rising ceiling: spaces are stand-ins that hold points."""

import numpy as np
import pytest

from flat_plugin.mapspace.objective import Best, Metrics
from flat_plugin.mapspace.search.rising import _MANY, offer, search, settle
from flat_plugin.mapspace.search.trips import Factors


def metrics(*rows):
    return Metrics(*np.array(rows, dtype=float).reshape(-1, 4).T)


class Space:
    """Points of (energy, latency, traffic, footprint), known by a bound that is too low by a factor."""

    def __init__(self, *rows, loose=1.0):
        self.rows, self.loose, self.runs, self.bounds = rows, loose, [], []

    @property
    def rough(self):
        every = metrics(*self.rows)
        return {
            name: np.array([every[name].min() * self.loose])
            for name in ("edp", "energy", "latency", "traffic")
        }

    def begin(self, objective):
        self.objective, self.lower = objective, float(self.rough[objective][0])
        return self.lower

    def bound(self, bar):
        """Open at once: what is below the ceiling is known to be there."""
        self.bounds.append(bar)
        every = metrics(*self.rows)
        self.lower = float(every[self.objective].min())
        return self.lower if bar.promising(every).any() else np.inf

    def run(self, bar):
        self.runs.append(bar)
        incumbent, every = bar.incumbent, metrics(*self.rows)
        near = [n for n, fits in enumerate(bar.promising(every)) if fits]
        if near:
            few = every.take(np.array(near))
            chosen = incumbent.choose(few)
            incumbent.keep(chosen, few, [self.rows[near[n]] for n in chosen])


ONE, TWO = (10, 10, 5, 1), (4, 20, 9, 1)


@pytest.mark.parametrize(
    ("objective", "found"), [("edp", TWO), ("energy", TWO), ("latency", ONE), ("traffic", ONE)]
)
def test_the_best_of_all_spaces(objective, found):
    best = Best(objective)
    search([Space(ONE, loose=0.1), Space(TWO, loose=0.01)], best)
    assert best.payload == found


def test_spaces_whose_bound_is_above_what_was_found_are_not_looked_at():
    best, near, far = Best("edp"), Space(ONE), Space((100, 100, 1, 1))
    search([far, near], best)
    assert best.payload == ONE and near.runs and not far.runs


def test_what_was_there_before_is_to_be_beaten():
    best = Best("edp")
    known = metrics((1, 1, 1, 1))
    best.keep([0], known, ["known"])
    space = Space(ONE)
    search([space], best)
    assert best.payload == "known" and not space.runs


def test_no_space_and_nothing_that_fits():
    best = Best("latency")
    search([], best)
    search([Space((np.inf, 1, 1, 1))], best)
    assert best.empty


def test_other_goals_look_at_ten_times_the_least_energy_delay():
    """Faster, but of 11 times the EDP: left out; of 9 times: found."""
    for energy, payload in ((1100, ONE), (900, (900, 1, 5, 1))):
        best = Best("latency")
        search([Space(ONE, (energy, 1, 5, 1))], best)
        assert best.payload == payload


def test_an_offer_is_taken_if_it_is_better():
    best, other = Best("edp"), Best("edp")
    other.keep([0], metrics(ONE), ["other"])
    offer(best, other, "other")
    offer(best, other, "again")
    assert best.payload == "other"


@pytest.mark.parametrize(
    ("factors", "asked"),
    [(Factors.RAGGED, [Factors.COARSE, Factors.RAGGED]), (Factors.PERFECT, [Factors.PERFECT])],
)
def test_a_few_tiles_are_looked_at_first(factors, asked):
    seen, best = [], Best("edp")

    def spaces(each):
        seen.append(each)
        return [Space(ONE)]

    settle(spaces, factors, best)
    assert seen == asked and best.payload == ONE


def test_of_many_spaces_the_nearest_is_looked_at_first():
    """What is found there leaves the others unbounded that could save next to nothing."""
    near = [Space((10 + 1e-5 * n, 10, 5, 1)) for n in range(_MANY)]
    nearest, better = Space((10, 10, 5, 1), loose=0.9), Space((9, 10, 5, 1))
    best = Best("edp", slack=1e-4)
    search([*near, nearest, better], best)
    assert best.payload == (9, 10, 5, 1)
    assert not any(space.runs or space.bounds for space in near)


def test_of_few_spaces_any_that_could_save_something_is_looked_at():
    two = Space((10 - 1e-6, 10, 5, 1)), Space((10, 10, 5, 1))
    best = Best("edp")
    search(two, best)
    assert best.payload == (10 - 1e-6, 10, 5, 1)
