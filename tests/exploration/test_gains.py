"""What one step along each axis would change of a chip."""

from __future__ import annotations

from typing import Any

import pytest
from tiny_explorations import Prices, known

from flat_plugin.exploration.findings import Known
from flat_plugin.exploration.gains import evaluate, leanest, steps_of
from flat_plugin.exploration.options import Option, best_option


def option_of(found: Known, design: int, prices: Prices) -> Option:
    evaluate(found, [design], prices)
    option = best_option(found, design)
    assert option is not None
    return option


def test_each_axis_one_value_down_and_up() -> None:
    """From 2 KB with 8 words a cycle."""
    steps = steps_of(known(), 3, Prices())
    assert [(step.axis, step.value, step.to) for step in steps] == [
        ("buffer_kb", "2", "1"),
        ("buffer_kb", "2", "4"),
        ("dram_words_per_cycle", "8", "4"),
    ]
    assert [step.totals and step.totals["edp"] for step in steps] == pytest.approx([6e-13, 3e-13, 6e-13])
    assert {step.why for step in steps} == {""}


@pytest.mark.parametrize(
    ("changes", "fits", "why"),
    [
        ({"budgets": {"area_mm2": 0.005}}, 0, ["", "over the budget of area", ""]),
        ({}, 2, ["nothing fits", "", ""]),
        ({"where": "buffer_kb < 4"}, 0, ["", "a condition leaves it out", ""]),
    ],
)
def test_why_a_step_is_none(changes: dict[str, Any], fits: float, why: list[str]) -> None:
    steps = steps_of(known(**changes), 3, Prices(fits))
    assert [step.why for step in steps] == why


def test_a_chip_has_no_more_than_it_needs() -> None:
    """For energy alone bandwidth is of no use."""
    found, prices = known(objective="energy"), Prices()
    best = option_of(found, 5, prices)
    lean = leanest(found, best, steps_of(found, 5, prices), prices)
    assert lean.design == 4 and lean.values == pytest.approx(best.values)


def test_a_step_that_nothing_fits_is_not_taken() -> None:
    found, prices = known(objective="energy"), Prices(fits=4)
    best = option_of(found, 5, prices)
    assert leanest(found, best, steps_of(found, 5, prices), prices).design == 4


def test_what_is_needed_stays() -> None:
    found, prices = known(objective="edp"), Prices()
    best = option_of(found, 5, prices)
    assert leanest(found, best, steps_of(found, 5, prices), prices) is best


def test_the_least_value_that_will_do_is_found_by_bisection() -> None:
    """Latency asks for 8 words a cycle and for no buffer at all; 16 sizes are looked at in four steps."""
    axes = {"buffer_kb": list(range(1, 17)), "dram_words_per_cycle": [4, 8]}
    found, prices = known(axes=axes, objective="latency"), Prices(fits=5)
    best = option_of(found, 31, prices)
    lean = leanest(found, best, steps_of(found, 31, prices), prices)
    assert found.bounds.chips.space.values(lean.design) == {"buffer_kb": 5, "dram_words_per_cycle": 8}
    assert len(found.menus) < 9
