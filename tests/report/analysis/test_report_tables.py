"""Totals are sums of their parts, units convert, and what is exported is what was computed."""

import csv
import json
from math import fsum, prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

import flat_plugin as flat
from flat_plugin import FlatError
from flat_plugin.report.analysis import exported_tables
from flat_plugin.report.analysis.aggregate import aggregate
from flat_plugin.report.analysis.baseline import Baseline, gains, geometric_mean, with_gains
from flat_plugin.report.analysis.columns import COLUMNS
from flat_plugin.report.analysis.exported_tables import TABLES
from flat_plugin.report.analysis.fronts import on_front, with_fronts
from flat_plugin.report.export import write_csv, write_json, write_parquet
from flat_plugin.report.read.parts import energy_by
from flat_plugin.report.write import table_rows


def close(value):
    return pytest.approx(value, rel=1e-12)


@pytest.fixture(scope="module")
def rows(results):
    return table_rows(results)


@pytest.mark.parametrize("key", ["operator", "component", "tensor"])
def test_energy_is_the_sum_of_its_parts_by_any_cut(results, key):
    for run in results.runs:
        assert fsum(energy_by(run.parts, key).values()) == close(run.estimate["energy_pj"])


def test_every_kind_of_layer_has_a_row(tmp_path):
    sweep = {"models": ["whisper-small"], "seq": [64], "architectures": ["edge"], "dataflows": ["base"]}
    flat.run(sweep | {"level": "model"}, tmp_path / "out")
    rows = TABLES["levels"](flat.read_results(tmp_path / "out"))
    kinds = {row["level"]: row for row in rows if row["level"] in KINDS}
    assert list(kinds) == list(KINDS)
    assert [row["times"] for row in kinds.values()] == [12, 12, 12, 1, 1]
    (model,) = (row for row in rows if row["level"] == "model")
    for figure in ("cycles", "energy_pj", "dram_words", "macs"):
        assert sum(row["times"] * row[figure] for row in kinds.values()) == close(model[figure])


KINDS = ("encoder layers", "decoder layers", "cross layers", "convolutions", "output head")


def test_exported_tables_add_up_to_the_runs(results, rows):
    for name, metric, total in (("energy", "energy_pj", "energy_pj"), ("traffic", "dram_reads_words", None)):
        parts = {group.key[0][1]: group.total for group in aggregate(TABLES[name](results), ["run"], metric)}
        for row, run in zip(rows, results.runs, strict=True):
            reads = sum(tensor["dram_reads"] for tensor in run.estimate["tensors"].values())
            assert parts[row["run"]] == close(row[total] if total else reads)


def test_a_block_is_its_scopes_and_a_model_its_blocks(results):
    levels = TABLES["levels"](results)
    whole = [run for run in results.runs if run.estimate["level"] == "model"]
    assert len(whole) == 2
    for run in whole:
        of = {row["level"]: row for row in levels if row["run"] == run.name}
        scopes = [of[f"{scope} of a layer"] for scope in ("attention", "projections", "feed-forward")]
        for figure in ("cycles", "latency_s", "energy_pj", "dram_words", "macs"):
            assert fsum(row[figure] for row in scopes) == close(of["block"][figure])
            assert of["block"][figure] * of["block"]["times"] == close(of["model"][figure])
        assert of["model"]["cycles"] == run.estimate["cycles"]
        assert of["model"]["energy_pj"] == close(run.estimate["energy_pj"])


def test_the_attention_of_a_model_is_that_of_the_layer_alone(results):
    levels = [row for row in TABLES["levels"](results) if row["level"] == "attention of a layer"]
    by_run = {row["run"]: row for row in levels}
    question = ("model", "seq", "batch", "architecture", "overrides", "dataflow")
    alone, inside = {}, {}
    for run in results.runs:
        key = json.dumps([run.inputs[name] for name in question])
        (alone if run.estimate["level"] == "attention" else inside)[key] = by_run[run.name]
    assert len(inside) == 2
    for key, row in inside.items():
        for figure in ("cycles", "energy_pj", "dram_words", "macs"):
            assert row[figure] == close(alone[key][figure])


def test_units_convert(results, rows):
    for row, run in zip(rows, results.runs, strict=True):
        assert row["energy_j"] == close(row["energy_pj"] / 1e12)
        assert row["latency_s"] == close(row["cycles"] * run.architecture["cycle_seconds"])
        assert row["power_w"] * row["latency_s"] == close(row["energy_j"])
        assert row["edp_js"] == close(row["energy_j"] * row["latency_s"])
        assert row["dram_bytes"] == close(row["dram_words"] * 2)
        assert row["energy_per_token_pj"] * row["seq_tokens"] == close(row["energy_pj"])
        assert row["energy_per_sequence_j"] == close(row["energy_j"])
        assert row["area_mm2"] == close(sum(run.document["area_um2"].values()) / 1e6)


def test_presets_are_as_the_paper_has_them(rows):
    edge = next(row for row in rows if row["architecture"] == "edge" and not row["overrides"])
    assert edge["buffer_kib"] == 512
    assert edge["dram_gb_per_s"] == close(50 * 2**30 / 1e9) or abs(edge["dram_gb_per_s"] - 53.687) < 1e-3
    assert edge["pes"] == 1024


def test_every_column_with_a_unit_has_it_in_its_name():
    endings = {
        "s": "_s", "J": "_j", "pJ": "_pj", "W": "_w", "J·s": "_js", "words": "_words", "bytes": "_bytes",
        "cycles": "cycles", "KiB": "_kib", "mm²": "_mm2", "GB/s": "_gb_per_s", "tokens": "_tokens",
        "words/cycle": "_words_per_cycle", "sequences": "_sequences", "s/token": "_per_token_s",
        "pJ/token": "_per_token_pj", "s/sequence": "_per_sequence_s", "J/sequence": "_per_sequence_j",
    }  # fmt: skip
    for column in COLUMNS:
        assert column.name.endswith(endings.get(column.unit, "")), column.name


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xy"), st.floats(0, 1e15)), min_size=1))
def test_totals_of_groups_add_up_whatever_the_grouping(entries):
    rows = [{"one": one, "two": two, "energy_pj": value} for one, two, value in entries]
    (everything,) = aggregate(rows, [], "energy_pj")
    for by in (["one"], ["two"], ["one", "two"]):
        groups = aggregate(rows, by, "energy_pj")
        assert fsum(group.total for group in groups) == pytest.approx(everything.total, rel=1e-9)
        assert sum(group.runs for group in groups) == len(rows)
        assert all(group.least <= group.mean * (1 + 1e-9) for group in groups)
        assert all(group.mean <= group.most * (1 + 1e-9) for group in groups)


def test_a_weighted_sum_is_the_layers_times_the_layer(rows):
    layer = [row for row in rows if row["level"] == "attention" and row["model"] == "bert-base"]
    (group,) = aggregate(layer, ["model"], "energy_pj", "layers")
    assert group.total == close(12 * fsum(row["energy_pj"] for row in layer))
    assert group.mean == close(fsum(row["energy_pj"] for row in layer) / len(layer))


def test_wrong_columns_are_refused(rows):
    with pytest.raises(FlatError, match="no such column"):
        aggregate(rows, ["colour"], "energy_pj")
    with pytest.raises(FlatError, match="not a column of numbers"):
        aggregate(rows, [], "model")


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


def test_figures_per_token_are_of_the_new_tokens(tmp_path):
    step = {"name": "gpt2", "queries": 2}
    sweep = {"models": [step], "batch": [3], "architectures": ["edge"], "dataflows": ["base"]}
    flat.run({"sweep": sweep}, tmp_path, jobs=1)
    (row,) = exported_tables.runs(flat.read_results(tmp_path))
    assert (row["model"], row["seq_tokens"], row["query_tokens"]) == ("gpt2-decode2", 1024, 2)
    assert row["latency_per_token_s"] == row["latency_s"] / (2 * 3)
    assert row["layers"] == 12


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


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=30))
def test_a_front_is_what_nothing_dominates(points):
    for point, best in zip(points, on_front(points), strict=True):
        beaten = any(o[0] <= point[0] and o[1] <= point[1] and o != point for o in points)
        assert best == (not beaten)


def test_fronts_are_by_workload(rows):
    for row in with_fronts(rows):
        if row["on_front_energy_latency"]:
            same = [r for r in rows if all(r[n] == row[n] for n in ("model", "seq_tokens", "level"))]
            assert not any(
                r["latency_s"] < row["latency_s"] and r["energy_j"] < row["energy_j"] for r in same
            )


def test_csv_json_and_parquet_hold_the_same_numbers(rows, tmp_path):
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    for ending, write in {"csv": write_csv, "json": write_json, "parquet": write_parquet}.items():
        write(rows, tmp_path / f"runs.{ending}")
    with (tmp_path / "runs.csv").open(newline="") as stream:
        from_csv = list(csv.DictReader(stream))
    from_json = json.loads((tmp_path / "runs.json").read_text())
    from_parquet = pandas.read_parquet(tmp_path / "runs.parquet").to_dict("records")
    assert from_json == rows
    for row, text, other in zip(rows, from_csv, from_parquet, strict=True):
        for name, value in row.items():
            if isinstance(value, float):
                assert float(text[name]) == value == other[name]


def test_a_file_that_cannot_be_written_is_said(rows, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(FlatError, match="cannot write"):
        write_csv(rows, tmp_path / "file" / "runs.csv")


def test_what_the_extra_brings_is_named_where_it_is_absent(rows, tmp_path, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(FlatError, match="pip install 'altair.*' 'pyarrow"):
        write_parquet(rows, tmp_path / "runs.parquet")
    assert not list(tmp_path.iterdir())


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
