"""Recorded runs of Timeloop beside ours; all of them are compared in ``test_validation``."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from flat_plugin.errors import FlatError, InvalidMapping
from flat_plugin.paper import recorded
from flat_plugin.paper.comparison import Comparison

Case = dict[str, Any]


@pytest.fixture(scope="module")
def accepted() -> Case:
    return next(case for case in recorded.recorded_runs() if "expected" in case)


@pytest.fixture(scope="module")
def rejected() -> Case:
    return next(case for case in recorded.recorded_runs() if "mapped tile size" in case.get("rejected", ""))


def compared(monkeypatch: pytest.MonkeyPatch, *cases: Case) -> list[Comparison]:
    monkeypatch.setattr(recorded, "recorded_runs", lambda: iter(cases))
    return recorded.timeloop_comparisons()


def test_a_run_is_equal_in_cycles_energy_and_every_counter(
    accepted: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    cycles, energy, counters = compared(monkeypatch, accepted)
    assert [row.metric for row in (cycles, energy, counters)] == [
        "cycles",
        "energy as printed",
        "equal counters",
    ]
    assert all(row.ours == row.theirs and row.exact for row in (cycles, energy, counters))
    assert counters.theirs > 20 and cycles.case.startswith("0 ")


def test_what_differs_is_not_equal(accepted: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    changed = copy.deepcopy(accepted)
    changed["expected"]["cycles"] += 1
    changed["expected"]["energy_uj"] += 0.02
    first = next(tensor for level in changed["expected"]["levels"] for tensor in level["tensors"].values())
    first["Scalar reads (per-instance)"] += 1
    cycles, energy, counters = compared(monkeypatch, changed)
    assert cycles.ours == cycles.theirs - 1
    assert energy.ours != energy.theirs
    assert counters.ours == counters.theirs - 1


def test_both_refuse_a_tile_of_the_same_size(rejected: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    (row,) = compared(monkeypatch, rejected)
    assert (row.metric, row.ours, row.theirs) == ("refused alike", 1.0, 1.0)
    other = {**rejected, "rejected": rejected["rejected"].replace("size ", "size 9")}
    (row,) = compared(monkeypatch, other)
    assert row.ours == 0


def test_what_one_of_the_two_accepts_is_not_alike(accepted: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    (row,) = compared(monkeypatch, {**accepted, "rejected": "no"})
    assert (row.metric, row.ours) == ("refused alike", 0.0)


def test_what_we_refuse_by_name_is_passed_over(accepted: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    ours: Case = {**accepted, "mapping": [{"target": "Nowhere", "type": "temporal", "factors": "M=1"}]}
    (row,) = compared(monkeypatch, ours)
    assert (row.metric, row.ours) == ("refused alike", 0.0)
    assert compared(monkeypatch, {**ours, "verdict": "exact-or-refused"}) == []
    assert compared(monkeypatch, {**ours, "arch_name": "ertnames-40"}) == []


def test_what_stands_beside_the_architecture_is_read(accepted: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    fixed = {"target": accepted["mapping"][0]["target"], "type": "temporal", "factors": "B=1"}
    beside = {**accepted, "extra": {"architecture_constraints": [fixed]}, "rejected": "a constraint"}
    (row,) = compared(monkeypatch, beside)
    assert (row.metric, row.ours) == ("refused alike", 1.0)


@pytest.mark.parametrize(
    ("refused", "printed", "alike"),
    [
        (InvalidMapping("no", tile=700), "mapped tile size 700 exceeds buffer capacity 512", True),
        (InvalidMapping("no", tile=70), "mapped tile size 700 exceeds buffer capacity 512", False),
        (FlatError("no"), "anything", True),
        (FlatError("no"), "", False),
    ],
)
def test_refusals_that_are_alike(refused: FlatError, printed: str, alike: bool) -> None:
    assert recorded.refused_alike(refused, printed) == alike
