"""What a design file may hold; what it means is tested beside ``test_design_file``."""

from __future__ import annotations

from typing import Any

import pytest
from tiny_explorations import TINY

from flat_plugin.errors import FlatError
from flat_plugin.exploration.design_form import DesignFile
from flat_plugin.schema import check


def file(**changes: Any) -> dict[str, Any]:
    return {"exploration": {**TINY, **changes}}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"axes": {"a": {"from": 1, "to": 8, "step": 0.5}, "b": {"from": 1, "to": 8, "times": 2}}},
        {"set": {"pes": ["a", 32], "softmax_lanes": "a"}, "where": "a > 3"},
        {"workloads": "gpt2", "dataflows": "base", "objective": "power"},
        {"workloads": [{"model": "gpt2", "seq": None, "bits": {"K": 8}, "budgets": {"runs_per_s": 3}}]},
        {"budgets": {"area_mm2": 4}, "softmax": "serial", "estimator": "recorded"},
    ],
)
def test_what_may_be_said(changes: dict[str, Any]) -> None:
    check(DesignFile, file(**changes))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"axis": {}}, "exploration: unknown key .got 'axis'."),
        ({"axes": {}}, "exploration.axes: empty"),
        ({"axes": {"a": []}}, "exploration.axes.a: empty"),
        ({"axes": {"a": {"from": 1, "to": 8}}}, "axes.a"),
        ({"axes": {"a": {"from": 1, "to": 8, "step": 0}}}, "axes.a.step: out of range"),
        ({"workloads": []}, "exploration.workloads: empty"),
        ({"workloads": [{"seq": 0}]}, r"workloads\[0\].seq: out of range"),
        ({"workloads": [{"budgets": {"area_mm2": 1}}]}, r"workloads\[0\].budgets: unknown key"),
        ({"objective": "speed"}, r"exploration.objective\[0\]: unknown choice .*expected edp"),
        ({"budgets": {"runs_per_s": 1}}, "exploration.budgets: unknown key"),
        ({"softmax": "none"}, "exploration.softmax: unknown choice"),
        ({"area_um2": {"MAC": [1]}}, "exploration.area_um2.MAC: not of the right kind"),
    ],
)
def test_what_may_not(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(FlatError, match=said):
        check(DesignFile, file(**changes))


@pytest.mark.parametrize("key", ["architecture", "axes", "workloads"])
def test_what_must_be_said(key: str) -> None:
    document = file()
    del document["exploration"][key]
    with pytest.raises(FlatError, match=f"exploration.{key}: missing"):
        check(DesignFile, document)
