"""The best chips of a space are found and proven, however they are asked for."""

from __future__ import annotations

from typing import Any

import pytest
from tiny_explorations import Prices, known

from flat_plugin.exploration.aims import Objectives
from flat_plugin.exploration.explorer import EVALUATED, Explorer, Progress


def explored(prices: Prices | None = None, *, every: bool = False, **changes: Any) -> Explorer:
    found = known(**changes)
    explorer = Explorer(found, Objectives(found.bounds.asked), prices or Prices(), every=every)
    explorer.run()
    return explorer


def front(explorer: Explorer) -> list[int]:
    return [option.design for _, option in explorer.front.sorted()]


@pytest.mark.parametrize(
    ("changes", "designs", "best"),
    [
        ({"objective": "edp"}, [5], (2e-6 * 1.5e-7,)),
        ({"objective": "latency", "budgets": {"area_mm2": 0.004}}, [1], (2e-6,)),
        ({"objective": "edp", "budgets": {"area_mm2": 0.0045}}, [3], (2e-6 * 2e-7,)),
        ({"objective": ["area", "edp"]}, [1, 3, 5], (0.003001, 6e-13)),
        ({"objective": "energy"}, [5], (0.75 * 1.5e-7,)),
        ({"objective": "edp", "budgets": {"area_mm2": 0.001}}, [], None),
    ],
    ids=str,
)
def test_the_front(changes: dict[str, Any], designs: list[int], best: tuple[float, ...] | None) -> None:
    explorer = explored(**changes)
    assert front(explorer) == designs
    if best is not None:
        assert explorer.front.sorted()[0][0] == pytest.approx(best)
    assert not explorer.alive.any() and sum(explorer.tally.values()) == 6


def test_what_cannot_be_better_is_not_evaluated() -> None:
    """No other chip is as good as the largest in anything that counts."""
    prices = Prices()
    explorer = explored(prices)
    assert explorer.tally == {
        ("comparison with other designs", "no smaller and no better in anything"): 5,
        (EVALUATED, ""): 1,
    }
    assert len(prices.asked) == explorer.known.answered == 1


def test_every_design_is_evaluated_where_that_is_asked_for() -> None:
    explorer = explored(every=True)
    assert sorted(explorer.known.menus) == [0, 1, 2, 3, 4, 5]
    assert {by for by, _ in explorer.tally} == {EVALUATED}


def test_chips_that_nothing_fits_are_passed_over() -> None:
    explorer = explored(Prices(fits=2), objective=["area", "edp"])
    assert front(explorer) == [3, 5]
    assert not explored(Prices(fits=5)).front.points


def test_designs_are_evaluated_whatever_they_cost() -> None:
    found = known(budgets={"area_mm2": 0.001})
    prices = Prices()
    explorer = Explorer(found, Objectives(found.bounds.asked), prices, every=True)
    explorer.evaluate([0, 4, 0])
    assert sorted(found.menus) == [0, 4]
    assert found.menus[4][0].least("energy") == pytest.approx(1.5e-7)
    asked = len(prices.asked)
    explorer.evaluate([0])
    assert len(prices.asked) == asked  # what is known is not asked again


def test_progress_is_told() -> None:
    found, seen = known(objective=["area", "edp"]), list[Progress]()
    Explorer(found, Objectives(found.bounds.asked), Prices(), seen.append).run()
    assert seen[-1].left == 0 and all(each.left + each.ruled_out == 6 for each in seen)
    assert seen[-1].best == pytest.approx((0.003001, 6e-13))
    assert [each.answers for each in seen] == sorted(each.answers for each in seen)
