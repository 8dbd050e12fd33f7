"""How each workload is run, as budgets and objectives say."""

from __future__ import annotations

from math import inf
from typing import Any

import pytest
from tiny_explorations import TINY, exploration

from flat_plugin.exploration.budgets import Budget
from flat_plugin.exploration.figures import Run, Totals
from flat_plugin.exploration.rules import cap_of, missed, named, needs_of, rules_of

ONE = TINY["workloads"][0]


def two(first: dict[str, Any], second: dict[str, Any], **more: Any) -> Any:
    """Two workloads with budgets of their own, the second of weight 3."""
    other = {**ONE, "name": "two", "weight": 3}
    return exploration(workloads=[{**ONE, "budgets": first}, {**other, "budgets": second}], **more)


def test_every_workload_has_its_weight_and_its_own_budgets_but_for_power() -> None:
    asked = two({"latency_s": 1, "power_w": 4}, {}, budgets={"power_w": 7, "edp_js": 2})
    first, second = rules_of(asked)
    assert (first.weight, second.weight) == (1.0, 3.0)
    assert [budget.figure for budget in first.budgets] == ["latency"] and second.budgets == ()
    assert (first.cap, second.cap) == (4.0, 7.0)  # a budget of power of all holds for each


def test_a_cap_below_the_leakage_is_none() -> None:
    asked = exploration(budgets={"power_w": 2})
    assert [rule.cap for rule in (*rules_of(asked, 1.0), *rules_of(asked, 3.0))] == [2.0, inf]
    assert cap_of((), 0) == inf
    assert cap_of((Budget("power", 2.0, 1), Budget("power", 3.0)), 0) == 3.0


def test_a_pace_is_kept_where_power_is_an_objective() -> None:
    budgets = ({"runs_per_s": 4}, {"latency_s": 2})
    assert [rule.pace for rule in rules_of(two(*budgets, objective="power"))] == [0.25, 2.0]
    assert [rule.pace for rule in rules_of(two(*budgets))] == [0.0, 0.0]


@pytest.mark.parametrize(
    ("objective", "budgets", "needs"),
    [
        ("latency", {}, ("latency",)),
        ("area", {}, ("edp",)),  # of equal chips the one of the least EDP
        ("area", {"energy_j": 1}, ("energy",)),
        ("edp", {"latency_s": 1}, ("edp", "latency")),
        ("latency", {"power_w": 1}, ("edp", "energy", "latency")),
        ("latency", {"area_mm2": 1}, ("latency",)),
    ],
)
def test_the_figures_that_decide(objective: str, budgets: dict[str, float], needs: tuple[str, ...]) -> None:
    assert needs_of(exploration(objective=objective, budgets=budgets), 0) == needs


def test_a_budget_of_one_workload_decides_nothing_of_another() -> None:
    asked = two({"energy_j": 1}, {}, objective="latency")
    assert needs_of(asked, 0) == ("energy", "latency") and needs_of(asked, 1) == ("latency",)


def test_budgets_as_reasons_have_them() -> None:
    asked = two({"energy_j": 1}, {}, budgets={"area_mm2": 1})
    assert [named(asked, each) for each in asked.limited] == ["budget of area", "budget of energy of one"]
    alone = exploration(workloads=[{**ONE, "budgets": {"energy_j": 1}}])
    assert named(alone, alone.limited[0]) == "budget of energy"


def test_what_is_missed_and_how_far() -> None:
    asked = two({"energy_j": 1}, {}, budgets={"latency_s": 4, "area_mm2": 9, "energy_j": 2})
    totals = Totals((Run(2.0, 1.5, 1.0, 2.0), Run(2.0, 0.5, 1.0, 2.0)), (1.0, 3.0), 9.0, 0.0, 1.0)
    assert missed(asked, totals) == {"latency": 1.0, "energy": 0.5, "energy of one": 0.5}
    met = Totals((Run(1.0, 1.0 + 1e-12, 1.0, 1.0), Run(1.0, 0.25, 1.0, 1.0)), (1.0, 3.0), 9.0, 0.0, 1.0)
    assert missed(asked, met) == {}  # up to rounding
