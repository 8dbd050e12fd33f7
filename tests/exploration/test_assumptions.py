"""What the figures of an exploration rest on, in sentences."""

from __future__ import annotations

from typing import Any

import pytest
from tiny_explorations import TINY, exploration, known

from flat_plugin.exploration.assumptions import assumptions_of

ONE = TINY["workloads"][0]


def said(**changes: Any) -> str:
    return "\n".join(assumptions_of(known(**changes).bounds.chips, exploration(**changes)))


def test_the_least_that_is_said() -> None:
    lines = said().splitlines()
    assert lines[0].startswith("one: ") and lines[0].endswith("; attention level")
    assert lines[1] == (
        "each workload runs by one of flat-opt: among mappings with perfect factors that none beats in both "
        "latency and energy, the best for the objective within the budgets; softmax serial"
    )
    assert lines[2].startswith("energies per action and areas: DRAM: given in the architecture; Buffer")
    assert lines[3] == "DRAM is off chip; controllers, networks and pads have no area and no power here"
    assert lines[4].endswith("; idle time between runs is not in it") and len(lines) == 5


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"workloads": [{**ONE, "weight": 2.5}]}, "level, 2.5 times in sums"),
        ({"workloads": [ONE, {**ONE, "name": "two"}]}, "sums count each workload by its weight"),
        (
            {"workloads": [{"model": "gpt2", "seq": 16, "level": "model"}]},
            "only the mappings of the least edp",
        ),
        ({"workloads": [{"model": "gpt2", "seq": 16, "level": "model"}]}, "are mapped by a rule"),
        ({"dataflows": ["flat-r16"]}, "each workload runs by one of flat-r16: the best for"),
        ({"budgets": {"power_w": 1}}, "a budget of power holds for each workload"),
        ({"budgets": {"peak_power_w": 1}}, "peak power is every part at its full rate"),
        ({"objective": "peak_power"}, "peak power is every part at its full rate"),
        ({"objective": "power", "budgets": {"latency_s": 1}}, "as often as its budget of latency says"),
    ],
    ids=str,
)
def test_more_where_it_matters(changes: dict[str, Any], line: str) -> None:
    assert line in said(**changes) and line not in said()


def test_idle_time_is_counted_where_power_is_capped() -> None:
    assert "idle time" not in said(budgets={"power_w": 1})
