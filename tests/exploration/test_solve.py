"""Inverse questions answered as by trying every value."""

import pytest

import flat_plugin as flat
from flat_plugin.errors import FlatError

VALUES = [64, 96, 128, 192, 256, 384, 512, 768, 1024, 2048]


def test_a_length_where_two_dataflows_cross():
    asked = {"set": {"buffer_kb": 256}, "factors": "perfect"}
    found = flat.solve("seq", "bert-base", values=VALUES, where="flat-opt.edp < base-opt.edp", **asked)
    edp = {}
    for seq in VALUES:
        for flow in ("flat-opt", "base-opt"):
            best = flat.search("bert-base", "edge", seq=seq, dataflow=flow, **asked)
            edp[flow, seq] = best.value
    holds = [edp["flat-opt", seq] < edp["base-opt", seq] for seq in VALUES]
    expected = [(a, b, y) for a, b, x, y in zip(VALUES, VALUES[1:], holds, holds[1:], strict=False) if x != y]
    assert list(found.crossings) == expected
    assert found.answer == next(seq for seq, held in zip(VALUES, holds, strict=True) if held)


def test_a_bandwidth_for_a_utilisation():
    asked = {"seq": 512, "softmax": "overlapped", "dataflow": "flat-opt", "factors": "perfect"}
    found = flat.solve("dram_gbps", "bert-base", values="1..64", until="utilization >= 0.6", **asked)
    assert found.how == "bisection" and len(found.looked) < 30

    def reached(gb):
        best = flat.search("bert-base", set={"dram_gb_per_s": gb}, objective="latency", **asked)
        return best.estimate.utilization

    assert reached(found.answer) >= 0.6 > reached(found.answer - 1)


def test_a_curve_of_crossings():
    asked = {"values": [128, 1024, 4096], "where": "flat-opt.edp < base-opt.edp", "factors": "perfect"}
    curve = flat.solve_over("buffer_kb", [128, 1024], unknown="seq", workload="bert-base", **asked)
    for value, found in curve.points:
        alone = flat.solve("seq", "bert-base", set={"buffer_kb": value}, **asked)
        assert found.crossings == alone.crossings


def test_tiles_that_need_not_divide_the_length():
    asked = {"set": {"buffer_kb": 64}}
    found = flat.solve("seq", "bert-base", values=[97, 101], where="flat-opt.edp < base-opt.edp", **asked)
    assert {flow.factors for flow in found.asked.dataflows} == {"imperfect"}
    for each in found.looked:
        for flow in ("flat-opt", "base-opt"):
            best = flat.search("bert-base", "edge", seq=each.value, dataflow=flow, **asked).estimate
            edp = best.seconds * best.energy_pj * 1e-12
            assert each.figures[f"{flow}.edp"] == pytest.approx(edp)


def test_all_values_have_the_factors_that_the_last_one_needs():
    """Of one query a causal mask hides nothing; every other value is asked in the same way."""
    curve = flat.solve_over(
        "queries", [1, 2], "seq", "gpt2", values=[64], where="flat-opt.edp < base-opt.edp"
    )
    for _, found in curve.points:
        assert found.to_dict()["factors"] == ["perfect", "perfect"]
        assert found.to_dict()["perfect_because"] == "masks"
        assert "flat-opt (perfect factors: masks)" in str(found)


def test_answers_that_are_kept_are_not_looked_for_again(tmp_path):
    asked = {"values": [64, 128], "where": "flat-opt.edp < base-opt.edp", "output": tmp_path}
    counts = []
    first = flat.solve("seq", "bert-base", progress=counts.append, **asked)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("result.json")}
    again = flat.solve("seq", "bert-base", progress=counts.append, **asked)
    assert len(before) == 4 and counts == [1, 2, 3, 4]
    assert first.to_dict() == again.to_dict()
    assert all(path.stat().st_mtime_ns == time for path, time in before.items())


def test_what_does_not_fit_costs_infinitely_much():
    asked = {"values": [512, 65536], "set": {"buffer_kb": 64}, "factors": "perfect"}
    found = flat.solve("seq", "bert-base", where="flat-opt.edp > base-opt.edp", **asked)
    assert found.looked[-1].holds and found.looked[-1].figures["flat-opt.edp"] is None


def test_the_limit_is_that_of_the_estimate():
    found = flat.solve(
        "batch",
        "bert-base",
        seq=256,
        values=[1, 2],
        until="cycles <= 9 * limit",
        softmax="overlapped",
        dataflow="flat-opt",
    )
    for each in found.looked:
        best = flat.estimate(
            "bert-base", dataflow="flat-opt", seq=256, batch=each.value, softmax="overlapped"
        )
        assert each.figures["limit"] == pytest.approx(best.limits.cycles)


def test_every_figure_has_a_value_and_a_unit():
    names = "cycles > 0 and latency_s > 0 s and energy > 0 J and edp > 0 and power > 0 W and utilization > 0"
    limits = "limit > 0 cycles and limit_energy_j > 0 J and physical_limit > 0 cycles"
    more = f"{limits} and dram_bytes > 0 B and area > 0 mm2 and peak_power > 0 W"
    found = flat.solve("seq", "bert-base", values=[128], where=f"{names} and {more}")
    assert found.answer == 128 and len(found.looked[0].figures) == 12


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
