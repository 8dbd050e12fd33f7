"""The answer of an exploration, for people and for machines."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from tiny_explorations import Prices, exploration

from flat_plugin.exploration.figures import Run, Totals
from flat_plugin.exploration.gains import Step
from flat_plugin.exploration.result import Count, ExploreResult, step_dict
from flat_plugin.exploration.run import explored

TOTALS = Totals((Run(2.0, 3.0, 1.5, 2.0),), (1.0,), 4.0, 0.0, 9.0)


@pytest.fixture(scope="module")
def found() -> ExploreResult:
    return explored(exploration(budgets={"area_mm2": 0.0045, "power_w": 0.077}), Prices())


def test_its_proof_says_what_became_of_all_designs(found: ExploreResult) -> None:
    counts = (Count("evaluated", "", 2), Count("physical limits", "budget of area", 1200))
    shown = replace(found, counts=counts, designs=1202, answers=7)
    assert shown.evaluated == 2
    assert shown.proof == (
        "proven over the declared designs × mappings: 1,202 designs, 2 evaluated, "
        "ruled out: 1,200 by physical limits (budget of area); 7 answers"
    )
    assert replace(shown, proven=False).proof == "interrupted: the best so far of 1,202 designs, not proven"
    named = replace(shown, asked=exploration(dataflows=["flat-r16"]), counts=())
    assert named.proof == "proven over the declared designs: 1,202 designs, 0 evaluated; 7 answers"


def test_a_chip_for_machines(found: ExploreResult) -> None:
    """180 nJ that are no leakage, at 75 mW beside 2 mW of leakage, take 2.4 µs instead of 2."""
    document = json.loads(json.dumps(found.to_dict()))
    best = document["best"]
    assert best["design"] == {"buffer_kb": 2, "dram_words_per_cycle": 8} and best["missed"] == {}
    assert best["latency_s"] == pytest.approx(2.4e-6) and best["power_w"] == pytest.approx(0.077)
    assert best["area_mm2"] == pytest.approx(0.004001) and best["leakage_w"] == pytest.approx(2e-3)
    assert (best["edp_js"], best["peak_power_w"]) == pytest.approx((2.4e-6 * best["energy_j"], 0.97))
    assert best["areas_mm2"]["MAC"] == pytest.approx(1.6e-3) and best["peaks_w"]["MAC"] == pytest.approx(
        16e-3
    )
    (workload,) = best["workloads"]
    assert workload["waits"] == pytest.approx(1 - 2 / 2.4)
    assert workload["utilization"] == pytest.approx(0.5 * 2 / 2.4)
    assert (workload["name"], workload["dataflow"], workload["bound"]) == ("one", "flat-opt", "DRAM")
    assert document["nearest"] is None and len(document["front"]) == 1


def test_the_question_for_machines(found: ExploreResult) -> None:
    document = found.to_dict()
    assert document["axes"] == {"buffer_kb": [1, 2, 4], "dram_words_per_cycle": [4, 8]}
    assert document["budgets"][0] == {"figure": "area", "most": 0.0045, "unit": "mm²", "workload": None}
    assert (document["architecture"], document["objectives"], document["dataflows"]) == (
        "tiny", ["edp"], ["flat-opt"],
    )  # fmt: skip
    assert (document["declared"], document["designs"], document["proven"]) == (6, 6, True)
    assert (
        document["evaluated"] == found.evaluated == sum(c.chips for c in found.counts if c.by == "evaluated")
    )
    assert sum(count["chips"] for count in document["ruled_out"]) == 6
    assert document["answers"] == found.answers and document["interrupted"] is False
    assert document["every"] == document["robust"] == [] and document["assumptions"] == list(
        found.assumptions
    )
    assert [step["to"] for step in document["steps"]] == [step.to for step in found.steps]
    assert document["workloads"] == [{"name": "one", "level": "attention", "weight": 1.0}]


def test_a_step_says_how_every_figure_changes() -> None:
    there = Totals((Run(1.0, 6.0, 3.0, 1.0),), (1.0,), float("nan"), 0.0, 9.0)
    changes = step_dict(Step("a", "1", "2", there), TOTALS)["changes"]
    assert changes == {
        "edp": 0.0,
        "energy": 1.0,
        "latency": -0.5,
        "area": None,
        "peak_power": 0.0,
        "power": 1.0,
    }
    nowhere = step_dict(Step("a", "1", "2", None, "nothing fits"), TOTALS)
    assert nowhere["why"] == "nothing fits" and set(nowhere["changes"].values()) == {None}
    free = replace(TOTALS, area_mm2=0.0)
    assert step_dict(Step("a", "1", "2", TOTALS), free)["changes"]["area"] == 0.0
