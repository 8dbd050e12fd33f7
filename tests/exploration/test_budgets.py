"""What a chip may cost at most, and how far it is over."""

from __future__ import annotations

from typing import Any

import pytest

from flat_plugin.errors import FlatError
from flat_plugin.exploration.budgets import Budget, read_budgets
from flat_plugin.exploration.figures import Run, Totals

TOTALS = Totals((Run(2.0, 3.0, 1.5, 2.0), Run(1.0, 4.0, 4.0, 1.0)), (1.0, 2.0), 5.0, 0.5, 9.0)


@pytest.mark.parametrize(
    ("budget", "over"),
    [
        (Budget("latency", 4.0), 0.0),  # 2 + 2 × 1
        (Budget("latency", 2.0), 1.0),
        (Budget("latency", 1.0, 1), 0.0),  # of the second workload
        (Budget("energy", 2.0, 0), 0.5),
        (Budget("area", 4.0), 0.25),
        (Budget("power", 2.0), 1.0),
        (Budget("power", 0.25), 1.0),  # what leaks 0.5 W is over it however long it waits
    ],
)
def test_how_far_over(budget: Budget, over: float) -> None:
    assert budget.over(TOTALS) == over


def test_it_has_the_unit_of_its_figure() -> None:
    assert (Budget("area", 1.0).unit, Budget("edp", 1.0).unit) == ("mm²", "J s")


def test_budgets_of_all_and_of_the_chip() -> None:
    given = {"latency_s": 2, "energy_j": 1e-3, "edp_js": 1, "power_w": 3, "area_mm2": 4, "peak_power_w": 5}
    figures = ["latency", "energy", "edp", "power", "area", "peak_power"]
    found = read_budgets(given)
    assert [(b.figure, b.most, b.case) for b in found] == [
        *zip(figures, given.values(), [None] * 6, strict=True)
    ]
    assert found[1].said == "energy_j 0.001"


def test_a_rate_is_the_latency_the_other_way_round() -> None:
    assert read_budgets({"runs_per_s": 20}, 3) == (Budget("latency", 0.05, 3, "runs_per_s 20"),)


@pytest.mark.parametrize(
    ("given", "case", "said"),
    [
        ([1], None, "not budgets .*expected something such as"),
        ({"area": 1}, None, "area: no such budget .*expected latency_s, .* area_mm2 or peak_power_w"),
        ({"runs_per_s": 1}, None, "runs_per_s: no such budget"),
        ({"area_mm2": 1}, 0, "area_mm2: no such budget"),
        ({"latency_s": 0}, 0, "latency_s: bad budget .got 0.; expected a number above 0"),
        ({"latency_s": True}, 0, "bad budget"),
        ({"latency_s": "1"}, 0, "bad budget"),
        ({"latency_s": 1e30}, 0, "bad budget"),
        ({"latency_s": float("nan")}, 0, "bad budget"),
    ],
)
def test_what_is_no_budget(given: Any, case: int | None, said: str) -> None:
    with pytest.raises(FlatError, match=said):
        read_budgets(given, case)
