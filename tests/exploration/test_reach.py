"""What designs can reach at best, by the menus that bound them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tiny_explorations import TINY, known

from flat_plugin.exploration.aims import Aim, Excess, Objectives
from flat_plugin.exploration.figures import FRONT, Answer
from flat_plugin.exploration.findings import Known
from flat_plugin.exploration.fronts import Front
from flat_plugin.exploration.menus import menu_of, point
from flat_plugin.exploration.options import Option
from flat_plugin.exploration.reach import Reach, Reaching

LIMIT = 384e-9 * 56.32e-9  # J·s of any design, by the physical limits
EVERY = np.arange(6)
AREAS = [0.003001, 0.003001, 0.004001, 0.004001, 0.006001, 0.006001]  # mm²


def reach(found: Known, *points: tuple[float, ...], aim: Aim | None = None) -> Reach:
    """Of all designs, where these points are found already."""
    front: Front[Option] = Front()
    for each in points:
        front.add(each, None)  # type: ignore[arg-type]
    return Reaching(found.bounds, aim or Objectives(found.bounds.asked)).of(EVERY, front)


def lost(of: Reach) -> dict[str, list[int]]:
    return {why: designs.tolist() for why, designs in of.lost if len(designs)}


def test_before_anything_is_asked_each_may_reach_its_limits() -> None:
    found = reach(known(objective=["area", "edp"]))
    assert found.designs.tolist() == [*EVERY] and not lost(found)
    assert found.values[0] == pytest.approx(AREAS)
    assert found.values[1] == pytest.approx([LIMIT] * 6)


def test_menus_say_more_and_limits_still_hold() -> None:
    space = known()
    space.bounds.learn_own(0, 0, point({"latency": 2e-6, "energy": 1e-7, "edp": 2e-13}), 3)
    space.bounds.learn_own(0, 0, point({"latency": 1e-9, "energy": 1e-9, "edp": 1e-18}), 4)
    found = reach(space)
    values = dict(zip(found.designs.tolist(), found.values[0], strict=True))
    assert values[3] == pytest.approx(2e-13) and values[4] == values[0] == pytest.approx(LIMIT)


def test_what_cannot_be_better_than_the_front_is_lost() -> None:
    found = reach(known(objective=["area", "edp"]), (0.004001, LIMIT / 2))
    assert found.designs.tolist() == [0, 1] and lost(found) == {"better chips": [2, 3, 4, 5]}


@pytest.mark.parametrize(
    ("changes", "why", "designs"),
    [
        ({"budgets": {"area_mm2": 0.0041}}, "budget of area", [4, 5]),
        ({"budgets": {"peak_power_w": 0.6}}, "budget of peak_power", [1, 3, 5]),
        ({"budgets": {"latency_s": 1e-7}}, "budget of latency", [*EVERY]),
        ({"budgets": {"power_w": 1e-3}}, "budget of power", [*EVERY]),  # below the leakage
        (
            {"workloads": [{**TINY["workloads"][0], "budgets": {"energy_j": 1e-8}}]},
            "budget of energy",
            [*EVERY],
        ),
    ],
)
def test_budgets_that_limits_break(changes: dict[str, Any], why: str, designs: list[int]) -> None:
    found = reach(known(**changes))
    assert lost(found) == {why: designs}
    assert found.designs.tolist() == [n for n in EVERY if n not in designs]


def test_budgets_that_a_menu_breaks() -> None:
    space = known(budgets={"latency_s": 1e-6})
    space.bounds.learn(0, 0, point({"latency": 2e-6, "energy": 1e-7}), space.bounds.traits.values[:, 3], 3)
    assert lost(reach(space)) == {"budget of latency": [0, 1, 2, 3]}


def test_budgets_that_no_mapping_meets_together() -> None:
    """One is fast, the other frugal."""
    space = known(budgets={"latency_s": 1.5e-6, "energy_j": 1.5e-7})
    menu = menu_of({FRONT: Answer("flat", front=((1e-6, 2e-7, 0.0), (2e-6, 1e-7, 0.0)))})
    space.bounds.learn_own(0, 0, menu, 3)
    found = lost(reach(space))
    assert found == {"budgets together": [3]}


def test_nothing_fits() -> None:
    space = known()
    space.bounds.learn_own(0, 0, menu_of({"edp": Answer("flat", "too small")}), 2)
    assert reach(space).designs.tolist() == [0, 1, 3, 4, 5]


def test_a_chip_waits_for_its_power_at_least() -> None:
    """56.32 nJ at 0.1 W take 563 ns, and the limit of latency is 384."""
    found = reach(known(objective="latency", budgets={"power_w": 0.1}))
    assert found.values[0] == pytest.approx([563.2e-9] * 6)


def test_how_far_over_a_budget_at_least() -> None:
    space = known(budgets={"area_mm2": 0.003, "latency_s": 1})
    found = reach(space, aim=Excess(space.bounds.asked))
    assert found.values[0] == pytest.approx([area / 0.003 - 1 for area in AREAS])


def test_workloads_count_by_their_weights() -> None:
    one = TINY["workloads"][0]
    found = reach(known(workloads=[one, {**one, "name": "two", "weight": 4}], objective="energy"))
    assert found.values[0] == pytest.approx([5 * 56.32e-9] * 6)
