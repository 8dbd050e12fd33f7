"""Inverse questions answered as by trying every value."""

import pytest

import flat_plugin as flat

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
    """One query has any tiles, as many as keys have not; every value is asked in the same way."""
    long, reason = 1 << 17, "over 65,536 × 65,536 scores"
    layer = {"values": [long], "where": "flash.edp < base-opt.edp"}
    curve = flat.solve_over("queries", [1, long], "seq", "gpt2", mask="full", **layer)
    for _, found in curve.points:
        assert set(found.to_dict()["factors"]) == {"perfect"}
        assert found.to_dict()["perfect_because"] == reason
        assert f"flash (perfect factors: {reason})" in " ".join(str(found).split())


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
