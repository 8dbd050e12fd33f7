"""What is looked for among chips: the objectives, or the nearest to the budgets."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tiny_explorations import exploration

from flat_plugin.exploration.aims import Excess, Objectives, within

COLUMNS = {
    "latency": np.array([1.0, 2.0]),
    "energy": np.array([4.0, 3.0]),
    "edp": np.array([4.0, 6.0]),
    "area": np.array(5.0),
    "over": np.array([0.0, 0.25]),
}


@pytest.mark.parametrize(
    ("changes", "dims", "ties"),
    [
        ({"objective": "latency"}, ("latency",), ()),
        ({"objective": ["area", "energy"]}, ("energy",), ()),
        ({"objective": "area"}, ("edp",), ("edp",)),
        ({"objective": "area", "budgets": {"energy_j": 1}}, ("energy",), ("edp",)),
        ({"objective": "latency", "budgets": {"energy_j": 1, "latency_s": 1}}, ("latency", "energy"), ()),
    ],
    ids=str,
)
def test_the_figures_that_decide(
    changes: dict[str, Any], dims: tuple[str, ...], ties: tuple[str, ...]
) -> None:
    aim = Objectives(exploration(**changes))
    assert (aim.dims, aim.ties, aim.limited) == (dims, ties, True)


def test_budgets_are_not_looked_at_where_they_may_be_missed() -> None:
    aim = Objectives(exploration(objective="latency", budgets={"energy_j": 1}), limited=False)
    assert aim.dims == ("latency",) and not aim.limited


def test_objectives_are_columns() -> None:
    aim = Objectives(exploration(objective=["area", "energy"]))
    assert aim.values(COLUMNS).tolist() == [[5.0, 5.0], [4.0, 3.0]]


def test_the_excess_is_that_of_the_budget_that_is_missed_most() -> None:
    aim = Excess(exploration(budgets={"latency_s": 2, "area_mm2": 4, "power_w": 1}))
    assert aim.dims == ("latency", "over") and not aim.limited
    # Areas are a quarter over; the second is as far over a budget of its own.
    assert aim.values(COLUMNS).tolist() == [[0.25, 0.25]]
    assert Excess(exploration(budgets={"latency_s": 1})).values(COLUMNS).tolist() == [[0.0, 1.0]]
    assert Excess(exploration(budgets={"latency_s": 9})).values(COLUMNS).tolist() == [[0.0, 0.25]]


@pytest.mark.parametrize(
    ("budgets", "met"),
    [
        ({}, [True, True]),
        ({"latency_s": 1}, [True, False]),
        ({"latency_s": 1, "energy_j": 3}, [False, False]),
        ({"area_mm2": 4}, [False, False]),
        ({"power_w": 1e-9}, [True, True]),  # which waiting keeps
    ],
)
def test_which_totals_meet_the_budgets(budgets: dict[str, float], met: list[bool]) -> None:
    assert within(exploration(budgets=budgets), COLUMNS).tolist() == met
