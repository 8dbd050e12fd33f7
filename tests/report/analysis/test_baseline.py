"""Gains: every run against the one that differs in nothing else."""

from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

import flat_plugin as flat
from flat_plugin import FlatError
from flat_plugin.report.analysis import exported_tables
from flat_plugin.report.analysis.baseline import Baseline, gains, geometric_mean, usual_baseline, with_gains
from flat_plugin.report.analysis.fronts import with_fronts
from flat_plugin.report.write import table_rows


def close(value):
    return pytest.approx(value, rel=1e-12)


@pytest.fixture(scope="module")
def rows(results):
    return table_rows(results)


def test_speedup_is_against_the_run_that_differs_in_nothing_else(rows):
    answered = with_gains(rows, Baseline.parse("base"))
    for row in answered:
        same = ("model", "seq_tokens", "architecture", "overrides", "level")
        (base,) = [r for r in rows if r["dataflow"] == "base" and all(r[n] == row[n] for n in same)]
        assert row["speedup"] == base["latency_s"] / row["latency_s"]
        assert row["energy_ratio"] == row["energy_pj"] / base["energy_pj"]
    flat = [
        row["speedup"] for row in answered if row["architecture"] == "cloud" and row["dataflow"] == "flat-r"
    ]
    (gain,) = [
        g for g in gains(answered, ["architecture", "dataflow"]) if dict(g.group)["architecture"] == "cloud"
        and dict(g.group)["dataflow"] == "flat-r"
    ]  # fmt: skip
    assert gain.cases == len(flat) == 4
    assert gain.speedup == close(prod(flat) ** (1 / len(flat)))


def test_a_search_in_a_space_is_against_the_baseline_of_its_space_or_of_none(tmp_path):
    sweep = {"models": [{"attention": "B=1,H=2,M=32,N=32,D=16"}], "architectures": ["edge"]}
    sweep["dataflows"] = ["base", "base-opt", "flat-opt"]
    for space in (None, "output-stationary"):
        flat.run({"sweep": {**sweep, "space": space}}, tmp_path, jobs=1)
    rows = exported_tables.runs(flat.read_results(tmp_path))
    assert len(rows) == 5  # what is not searched is the same run in both
    found = {(row["dataflow"], row["space"]): row for row in rows}
    for name, space, base in (
        ("base", "output-stationary", found["base", None]),
        ("base", None, found["base", None]),
        ("base-opt", "output-stationary", found["base-opt", "output-stationary"]),
        ("base-opt", None, found["base-opt", None]),
    ):
        answered = {(r["dataflow"], r["space"]): r for r in with_gains(rows, Baseline.parse(name))}
        fused = answered["flat-opt", space]
        assert fused["energy_ratio"] == fused["energy_pj"] / base["energy_pj"]
        assert fused["speedup"] == base["latency_s"] / fused["latency_s"]
    gained = gains(with_gains(rows, Baseline.parse("base")), ["dataflow", "space"])
    assert {dict(gain.group)["space"] for gain in gained} == {None, "output-stationary"}


def test_a_baseline_may_be_an_architecture(rows):
    answered = with_gains(rows, Baseline.parse("arch=edge"))
    cloud = [row for row in answered if row["architecture"] == "cloud" and row["dataflow"] != "flat-h"]
    assert cloud and all(row["speedup"] > 1 for row in cloud)
    assert all(r["speedup"] is None for r in answered if r["dataflow"] == "flat-h" and not r["is_baseline"])


def test_a_baseline_that_no_run_is_names_those_there_are(rows):
    with pytest.raises(FlatError, match="base, flat-h or flat-r"):
        with_gains(rows, Baseline.parse("flash"))
    with pytest.raises(FlatError, match="not an input"):
        Baseline.parse("cycles=3")


@given(st.lists(st.floats(1e-3, 1e3), min_size=1, max_size=20))
def test_geometric_mean_of_inverses_is_the_inverse(values):
    assert geometric_mean(values) * geometric_mean(1 / value for value in values) == pytest.approx(1)
    assert min(values) * (1 - 1e-9) <= geometric_mean(values) <= max(values) * (1 + 1e-9)


def test_other_queries_are_another_question(tmp_path):
    """A step of decoding is no baseline of sixteen, and beats none of them, under one name as well."""
    for queries in (1, 16):
        layer = {"attention": f"B=1,H=2,M={queries},N=128,D=32", "name": "mine"}
        sweep = {"models": [layer], "architectures": ["edge"], "dataflows": ["base", "flat-h"]}
        flat.run({"sweep": sweep}, tmp_path / "batch", jobs=1)
    rows = with_fronts(with_gains(table_rows(flat.read_results(tmp_path / "batch")), Baseline.parse("base")))
    assert len(rows) == 4
    assert all(row["speedup"] == 1 for row in rows if row["dataflow"] == "base")
    for queries in (1, 16):
        assert any(row["on_front_energy_latency"] for row in rows if row["query_tokens"] == queries)


@pytest.mark.parametrize(
    ("flows", "usual"),
    [
        (["base", "flat-h"], "base"),
        (["base-opt", "flat-opt"], "base-opt"),
        (["base"], None),
        (["flat-h", "flat-r"], None),
    ],
)
def test_the_usual_baseline_is_the_unfused_one_if_there_is_another(flows, usual):
    found = usual_baseline({"dataflow": flow} for flow in flows)
    assert (found and found.value) == usual
