"""One entry of each workload's menu: with the waiting that power asks for, and the totals of choices."""

from __future__ import annotations

from itertools import product
from math import inf

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flat_plugin.exploration.budgets import Budget
from flat_plugin.exploration.choosing import Rule, choices_of
from flat_plugin.exploration.figures import Answer
from flat_plugin.exploration.menus import Menu, menu_of

FREE = Rule(1.0, inf, 0.0, ())


def menu(latency: float, energy: float, leak: float = 0.0) -> Menu:
    return menu_of({"edp": Answer("flat", latency_s=latency, energy_j=energy, leak_j=leak)})


def figures(rule: Rule, menu: Menu, leakage: float | None) -> dict[str, float]:
    return {name: float(column[0]) for name, column in rule.columns(menu, leakage).items()}


def test_as_it_comes() -> None:
    """10 J in 2 s, of which 2 J leak; the chip leaks 3 W in all."""
    found = figures(FREE, menu(2.0, 10.0, 2.0), 3.0)
    assert found == {"latency": 2.0, "energy": 10.0, "edp": 20.0, "power": 8 / 2 + 3, "over": 0.0}


def test_a_chip_waits_for_its_power() -> None:
    """8 J at 5 W, of which 3 W leak, take 4 s: what is in use leaks 1 W for two seconds more."""
    found = figures(Rule(1.0, 5.0, 0.0, ()), menu(2.0, 10.0, 2.0), 3.0)
    assert found == {"latency": 4.0, "energy": 12.0, "edp": 48.0, "power": 5.0, "over": 0.0}


def test_a_chip_that_leaks_more_than_its_cap_does_not_wait() -> None:
    found = figures(Rule(1.0, 2.0, 0.0, ()), menu(2.0, 10.0, 2.0), 3.0)
    assert (found["latency"], found["over"]) == (2.0, 0.5)


def test_a_pace_is_kept() -> None:
    found = figures(Rule(1.0, inf, 5.0, ()), menu(2.0, 10.0, 2.0), 3.0)
    assert (found["latency"], found["energy"], found["power"]) == (5.0, 13.0, 8 / 5 + 3)


def test_on_any_chip_at_least() -> None:
    found = figures(Rule(1.0, 2.0, 0.0, ()), menu(2.0, 10.0, 2.0), None)
    assert found == {"latency": 5.0, "energy": 10.0, "edp": 50.0, "power": 2.0, "over": 0.0}


def test_of_short_runs_too() -> None:
    assert figures(FREE, menu(2e-6, 1e-7), None)["power"] == pytest.approx(0.05)


def test_how_far_over_a_workloads_own_budgets() -> None:
    rule = Rule(1.0, inf, 0.0, (Budget("latency", 1.0), Budget("energy", 4.0), Budget("edp", 99.0)))
    assert figures(rule, menu(2.0, 10.0), 0.0)["over"] == 1.5


ENTRIES = st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)), min_size=1, max_size=4)


@settings(max_examples=40)
@given(ENTRIES, ENTRIES, st.sampled_from([1.0, 3.0]))
def test_totals_are_those_of_the_choices_that_none_beats(
    one: list[tuple[int, int]], two: list[tuple[int, int]], weight: float
) -> None:
    cases = [{"latency": np.array(e, float)[:, 0], "energy": np.array(e, float)[:, 1]} for e in (one, two)]
    kept = [np.ones(len(each), dtype=bool) for each in (one, two)]
    found = choices_of(cases, kept, (1.0, weight), ("latency", "energy"))
    every = {(a + weight * c, b + weight * d) for (a, b), (c, d) in product(one, two)}
    best = {p for p in every if not any(q != p and q[0] <= p[0] and q[1] <= p[1] for q in every)}
    assert {*zip(found.columns["latency"], found.columns["energy"], strict=True)} == best
    for row, (first, second) in enumerate(found.picks):
        assert found.columns["latency"][row] == one[first][0] + weight * two[second][0]


def test_of_one_figure_there_is_one_choice() -> None:
    cases = [{"edp": np.array([5.0, 1.0, 2.0])}, {"edp": np.array([3.0, 2.0])}]
    found = choices_of(cases, [np.array([True, False, True]), np.array([True, True])], (1.0, 10.0), ("edp",))
    assert found.columns["edp"].tolist() == [2.0 + 10 * 2.0] and found.picks.tolist() == [[2, 1]]


def test_of_three_figures_all_that_none_beats() -> None:
    table = np.array([[1.0, 9, 9], [9, 1, 9], [9, 9, 1], [9, 9, 9], [9, 2, 9]])
    names = ("latency", "energy", "edp")
    case = {name: table[:, n] for n, name in enumerate(names)}
    found = choices_of([case], [np.ones(5, dtype=bool)], (1.0,), names)
    assert sorted(found.picks[:, 0].tolist()) == [0, 1, 2]


@pytest.mark.parametrize("figure", ["power", "over"])
def test_power_and_excess_are_those_of_the_workload_that_has_most(figure: str) -> None:
    cases = [{figure: np.array([5.0])}, {figure: np.array([2.0])}]
    found = choices_of(cases, [np.ones(1, dtype=bool)] * 2, (1.0, 7.0), (figure,))
    assert found.columns[figure].tolist() == [5.0]


@pytest.mark.parametrize("size", [10, 300])
def test_a_bound_is_few_points_of_which_one_is_as_good_as_each_choice(size: int) -> None:
    steps = np.arange(1, size + 1, dtype=float)
    case = {"latency": steps, "energy": steps[::-1]}
    kept = [np.ones(size, dtype=bool)]
    exact = choices_of([case], kept, (1.0,), ("latency", "energy"))
    bound = choices_of([case], kept, (1.0,), ("latency", "energy"), bound=True)
    assert len(exact) == size and len(bound) == min(size, 48)
    for latency, energy in zip(steps, steps[::-1], strict=True):
        held = (bound.columns["latency"] <= latency) & (bound.columns["energy"] <= energy)
        assert held.any()
