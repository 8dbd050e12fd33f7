"""Single points of the paper's experiments."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

import pytest

import flat_plugin as flat
from flat_plugin.paper.assumptions import Assumption
from flat_plugin.paper.points import Point, answer, answer_all
from flat_plugin.paper.reproduce import _declared

ASSUMPTIONS = {name: Assumption.of(name, fields) for name, fields in _declared()["assumptions"].items()}
OURS = Point(ASSUMPTIONS["ours"], "edge", "base", "bert-base", 512, 64)


def ask(assumption, dataflow, tokens=512, platform="edge", model="bert-base", **more):
    return answer(Point(ASSUMPTIONS[assumption], platform, dataflow, model, tokens, 64, **more))


def test_a_point_is_an_estimate_under_its_assumptions() -> None:
    found = answer(OURS)
    asked = {"seq": 512, "batch": 64, "mask": "full", "softmax": "overlapped"}
    theirs = flat.estimate("bert-base", "edge", "base", **asked)
    assert (found["cycles"], found["energy_pj"]) == (theirs.cycles, theirs.energy_pj)
    assert (found["utilization"], found["bound"], found["dataflow"]) == (
        theirs.utilization,
        theirs.bound,
        "base",
    )
    assert (found["dram_words"], found["attention_share"]) == (theirs.dram_words, 1)


def test_of_a_block_the_attention_is_a_share() -> None:
    share = answer(replace(OURS, level="block", tokens=16, batch=1))["attention_share"]
    assert isinstance(share, float) and 0 < share < 1


def test_without_bounds_everything_is_staged() -> None:
    """Q, K, V, O of a head, and its scores; where several are on chip each head's scores are."""
    found = answer(replace(OURS, dataflow="flat-h", batch=1, unbounded=True))
    assert found["footprint_words"] == 2 * 4 * 512 * 64 + 512**2


def test_a_buffer_of_another_size_has_the_energies_of_the_platform() -> None:
    small, large = (answer(replace(OURS, buffer_kb=size)) for size in (64, 512))
    assert small["energy_pj"] > large["energy_pj"] and large == answer(OURS)  # type: ignore[operator]


def test_what_the_headline_on_edge_rests_on():
    """Single-touch arithmetic at 512 tokens: 1.00× with 16-bit words and free softmax, 2.52× with 32-bit
    words and an unfused softmax that passes through DRAM."""
    speedup = {
        name: ask(name, "base-opt")["cycles"] / ask(name, "base-opt,flat-opt")["cycles"]
        for name in ("authors", "published")
    }
    assert speedup["authors"] == pytest.approx(1.00, abs=0.005)
    assert speedup["published"] == pytest.approx(2.52, abs=0.005)


def test_bandwidth_that_fusion_saves_at_512():
    rows = {
        system: ask("authors", system, target=0.95)["words_per_cycle"] for system in ("base-opt", "flat-opt")
    }
    assert 1 - rows["flat-opt"] / rows["base-opt"] == pytest.approx(0.80, abs=0.005)


def test_heads_scale_a_layer():
    """Why one model with heads of 64 stands for four: cycles, energy and traffic go with their number."""
    for dataflow in ("base", "flat-r64"):
        bert, t5 = (ask("authors", dataflow, model=model) for model in ("bert-base", "t5-small"))
        for figure in ("cycles", "energy_pj", "dram_words"):
            assert t5[figure] / bert[figure] == pytest.approx(8 / 12, rel=1e-4)


def test_points_are_shared_between_experiments_and_asked_once(monkeypatch):
    asked = defaultdict(int)

    def counted(question):
        asked[question] += 1
        return {"cycles": 1.0}

    monkeypatch.setattr("flat_plugin.paper.points.answer", counted)
    point = Point(ASSUMPTIONS["ours"], "edge", "base", "bert-base", 512, 64)
    assert len(answer_all([point, point, replace(point, tokens=1024)], jobs=1)) == 2
    assert set(asked.values()) == {1}


def test_what_does_not_fit_says_why():
    assert "does not fit" in ask("authors", "flat-h", tokens=4096)["reason"]
