"""What a design that has its menus offers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tiny_explorations import TINY, known

from flat_plugin.exploration.aims import Excess, Objectives
from flat_plugin.exploration.figures import FRONT, Answer
from flat_plugin.exploration.findings import Known
from flat_plugin.exploration.menus import Menu, menu_of
from flat_plugin.exploration.options import best_option, offer

DESIGN = 5  # 4 KB, 0.006001 mm², which leaks 2 mW
POINTS = ((2e-6, 1.5e-7, 1.5e-8), (4e-6, 1.2e-7, 1.2e-8))  # s, J, J of leakage


def menu(*points: tuple[float, float, float], reason: str = "") -> Menu:
    return menu_of({FRONT: Answer("flat", reason, front=points)})


def of(menus: tuple[Menu, ...] = (menu(*POINTS),), **changes: Any) -> Known:
    found = known(**changes)
    found.menus[DESIGN] = menus
    return found


@pytest.mark.parametrize(
    ("objective", "values"),
    [
        ("edp", [(3e-13,)]),
        ("latency", [(2e-6,)]),
        ("energy", [(1.2e-7,)]),
        ("area", [(0.006001,)]),
        (["latency", "energy"], [(2e-6, 1.5e-7), (4e-6, 1.2e-7)]),
    ],
)
def test_the_best_mappings_by_the_objectives(objective: Any, values: list[tuple[float, ...]]) -> None:
    found = of(objective=objective)
    options = offer(found, DESIGN, Objectives(found.bounds.asked)).options
    assert [each.values for each in options] == [pytest.approx(each) for each in values]


def test_its_totals() -> None:
    found = of()
    (option,) = offer(found, DESIGN, Objectives(found.bounds.asked)).options
    (run,) = option.totals.runs
    assert (run.latency_s, run.energy_j, run.busy_s, run.source) == (2e-6, 1.5e-7, 2e-6, (0, 0, 0))
    assert run.power_w == pytest.approx(1.35e-7 / 2e-6 + 2e-3)
    assert option.totals["area"] == pytest.approx(0.006001) and option.totals.leakage_w == pytest.approx(2e-3)


def test_of_equal_areas_the_mapping_of_the_least_edp() -> None:
    found = of(objective="area")
    (option,) = offer(found, DESIGN, Objectives(found.bounds.asked)).options
    assert option.totals["edp"] == pytest.approx(3e-13)


@pytest.mark.parametrize(
    ("budgets", "energy"),
    [({"latency_s": 3e-6}, 1.5e-7), ({"latency_s": 4e-6}, 1.2e-7), ({"energy_j": 1.3e-7}, 1.2e-7)],
)
def test_mappings_over_a_budget_are_left_out(budgets: dict[str, float], energy: float) -> None:
    found = of(objective="energy", budgets=budgets)
    (option,) = offer(found, DESIGN, Objectives(found.bounds.asked)).options
    assert option.values == (pytest.approx(energy),)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"budgets": {"latency_s": 1e-6}}, "budget of latency"),
        ({"budgets": {"area_mm2": 0.005}}, "budget of area"),
        ({"budgets": {"power_w": 1e-3}}, "budget of power"),
        ({"workloads": [{**TINY["workloads"][0], "budgets": {"energy_j": 1e-8}}]}, "budget of energy"),
    ],
)
def test_why_there_are_none(changes: dict[str, Any], why: str) -> None:
    found = of(**changes)
    answer = offer(found, DESIGN, Objectives(found.bounds.asked))
    assert (answer.options, answer.why) == ((), why)


def test_nothing_fits() -> None:
    found = of((menu(reason="too small"),))
    assert offer(found, DESIGN, Objectives(found.bounds.asked)).why == "nothing fits"
    assert best_option(found, DESIGN) is None
    one = TINY["workloads"][0]
    two = of((menu(*POINTS), menu(reason="too small")), workloads=[one, {**one, "name": "two"}])
    assert offer(two, DESIGN, Objectives(two.bounds.asked)).why == "nothing fits"


def test_two_workloads_have_one_mapping_each() -> None:
    one = TINY["workloads"][0]
    asked: dict[str, Any] = {"workloads": [one, {**one, "name": "two", "weight": 10}]}
    found = of((menu(*POINTS), menu((1e-6, 1e-7, 0.0))), **asked, objective="energy")
    (option,) = offer(found, DESIGN, Objectives(found.bounds.asked)).options
    assert option.values == (pytest.approx(1.2e-7 + 10 * 1e-7),)
    assert [run.source for run in option.totals.runs] == [(0, 0, 1), (0, 0, 0)]


def test_the_nearest_to_the_budgets() -> None:
    found = of(budgets={"latency_s": 1e-6, "energy_j": 1e-7})
    (option,) = offer(found, DESIGN, Excess(found.bounds.asked)).options
    assert option.values == (pytest.approx(1.0),)  # twice the time; the other is four times as long


def test_its_own_best_is_within_the_budgets_if_it_can() -> None:
    met, broken = (of(objective="energy", budgets={"latency_s": most}) for most in (3e-6, 1e-6))
    best = [best_option(each, DESIGN) for each in (met, broken)]
    assert [option and option.values[0] for option in best] == pytest.approx([1.5e-7, 1.2e-7])
    both = best_option(of(objective=["latency", "energy"]), DESIGN)
    assert both is not None and np.prod(both.values) == pytest.approx(3e-13)
