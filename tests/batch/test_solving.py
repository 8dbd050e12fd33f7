"""``solve`` and ``solve_over`` as a user asks them."""

from __future__ import annotations

from typing import Any

import pytest

import flat_plugin as flat
from flat_plugin.errors import FlatError

EASY: dict[str, Any] = {"until": "cycles < 1e9", "dataflow": "base", "values": [32, 64]}
LAYER = flat.parse_attention("B=1,H=1,M=16,N=16,D=8")


def test_what_is_asked_is_what_is_looked_for() -> None:
    found = flat.solve("buffer_kb", LAYER, "edge", **EASY)
    assert (found.asked.unknown.name, found.asked.case.sized.workload) == ("buffer_kb", LAYER)
    assert [flow.name for flow in found.asked.dataflows] == ["base"]
    assert (found.asked.mode, found.asked.softmax, found.answer) == ("latency", "serial", 32)


@pytest.mark.parametrize(
    ("condition", "mode"),
    [("energy_j < 1", "energy"), ("edp < 1 and cycles > 0", "edp"), ("area < 99", "latency")],
)
def test_mappings_are_the_best_in_what_the_condition_is_about(condition: str, mode: str) -> None:
    asked = {**EASY, "until": condition}
    assert flat.solve("buffer_kb", LAYER, **asked).asked.mode == mode
    assert flat.solve("buffer_kb", LAYER, **asked, objective="edp").asked.mode == "edp"


def test_dataflows_that_a_condition_names_are_asked_for_too() -> None:
    asked = {**EASY, "until": None, "where": "flat-h.cycles <= 1.5 * base.cycles"}
    found = flat.solve("buffer_kb", LAYER, **asked)
    assert [flow.name for flow in found.asked.dataflows] == ["base", "flat-h"]


def test_values_may_be_written_or_listed() -> None:
    for values in ("32,64", [32, 64], iter([32, 64]), "32..64/32"):
        looked = flat.solve("buffer_kb", LAYER, **{**EASY, "values": values}, every=True).looked
        assert [each.value for each in looked] == [32, 64]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": "buffer_kb"}, "over: it is the unknown"),
        ({"name": "softmax_lanes", "set": {"softmax_lanes": 8}}, "over: it is varied, so it cannot be given"),
        ({"name": "lanes"}, "over: nothing has this name .*softmax_lanes"),
    ],
)
def test_what_cannot_be_varied(changes: dict[str, Any], said: str) -> None:
    asked = {
        "name": "batch",
        "among": [8, 16],
        "unknown": "buffer_kb",
        "workload": "bert-base",
        **EASY,
        **changes,
    }
    with pytest.raises(FlatError, match=said):
        flat.solve_over(**asked)


def test_a_curve_of_crossings():
    asked = {"values": [128, 1024], "where": "flat-opt.edp < base-opt.edp", "factors": "perfect"}
    curve = flat.solve_over("buffer_kb", [128, 1024], unknown="seq", workload="bert-base", **asked)
    for value, found in curve.points:
        alone = flat.solve("seq", "bert-base", set={"buffer_kb": value}, **asked)
        assert found.crossings == alone.crossings


def test_answers_that_are_kept_are_not_looked_for_again(tmp_path):
    where = "flat-opt.edp < base-opt.edp"
    asked = {"values": [64, 128], "where": where, "output": tmp_path, "factors": "perfect"}
    counts = []
    first = flat.solve("seq", "bert-base", progress=counts.append, **asked)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("result.json")}
    again = flat.solve("seq", "bert-base", progress=counts.append, **asked)
    assert len(before) == 4 and counts == [1, 2, 3, 4]
    assert first.to_dict() == again.to_dict()
    assert all(path.stat().st_mtime_ns == time for path, time in before.items())


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"unknown": "bufer_kb"}, "buffer_kb"),
        ({"until": None}, "until or where"),
        ({"where": "cycles > 3"}, "until or where"),
        ({"until": "cycels < 3"}, "expected cycles$"),
        ({"until": "flat-op.edp < 3"}, "expected flat-opt.edp$"),
        ({"until": "xyz < 3"}, "of a dataflow, such as base-opt.area"),
        ({"factors": "perfekt"}, "did you mean perfect"),
        ({"until": "cycles < 3 J"}, "unit"),
        ({"until": "3 > 2"}, "names no figure"),
        ({"until": "cycles"}, "not a condition"),
        ({"unknown": "PERegs.depth"}, "values"),
        ({"values": "x..y"}, "number"),
        ({"values": "5..1"}, "128"),
        ({"set": {"buffer_kb": 64}, "unknown": "buffer_kb"}, "it is the unknown"),
        ({"seq": 64, "unknown": "seq"}, "it is the unknown"),
        ({"set": {"nothing": 64}}, "unknown override"),
        ({"set": {"GlobalBuffer.n_bank": 4}}, r"set.GlobalBuffer.n_bank: .*meant n_banks\?"),
        ({"unknown": "GlobalBuffer.n_bank", "values": "4,8"}, r"unknown: .*meant n_banks\?"),
        ({"softmax": "none"}, "serial"),
        ({"objective": "speed"}, "latency"),
        ({"unknown": "seq", "values": "1.5,2.5"}, "whole"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_searched(changes, said, monkeypatch):
    monkeypatch.setattr("flat_plugin.batch.solving.solved", lambda *_, **__: 1 / 0)
    asked = {"unknown": "buffer_kb", "workload": "bert-base", "until": "cycles < 1e9", **changes}
    with pytest.raises(FlatError, match=said):
        flat.solve(**asked)
