"""The tables that a report exports add up: energy, traffic, and levels from operators to the model."""

import json
from math import fsum

import pytest

import flat_plugin as flat
from flat_plugin.report.analysis.aggregate import aggregate
from flat_plugin.report.analysis.exported_tables import TABLES
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
    assert [row["times"] for row in kinds.values()] == [12, 12, 12, 1, 1, 2]
    (model,) = (row for row in rows if row["level"] == "model")
    for figure in ("cycles", "energy_pj", "dram_words", "macs"):
        assert sum(row["times"] * row[figure] for row in kinds.values()) == close(model[figure])


KINDS = (
    "encoder layers",
    "decoder layers",
    "cross layers",
    "convolutions",
    "output head",
    "norms beside the layers",
)


def test_exported_tables_add_up_to_the_runs(results, rows):
    for name, metric, total in (("energy", "energy_pj", "energy_pj"), ("traffic", "dram_reads_words", None)):
        parts = {group.key[0][1]: group.total for group in aggregate(TABLES[name](results), ["run"], metric)}
        for row, run in zip(rows, results.runs, strict=True):
            reads = sum(tensor["dram_reads"] for tensor in run.estimate["tensors"].values())
            assert parts[row["run"]] == close(row[total] if total else reads)


@pytest.fixture(scope="module")
def equal_blocks(tmp_path_factory):
    """A model that is 12 equal blocks, and nothing beside them; and its attention alone."""
    folder = tmp_path_factory.mktemp("blocks")
    sweep = {"models": ["t5-small"], "architectures": ["edge"], "dataflows": ["base", "flat-r"]}
    for level in ("attention", "model"):
        flat.run(sweep | {"level": level}, folder / level, jobs=1)
    return flat.read_results(folder)


SCOPES = ("attention", "projections", "feed-forward", "norms and activations")


def test_a_block_is_its_scopes_and_a_model_its_blocks(equal_blocks):
    levels = TABLES["levels"](equal_blocks)
    whole = [run for run in equal_blocks.runs if run.estimate["level"] == "model"]
    assert len(whole) == 2
    for run in whole:
        of = {row["level"]: row for row in levels if row["run"] == run.name}
        scopes = [of[f"{scope} of a layer"] for scope in SCOPES]
        for figure in ("cycles", "latency_s", "energy_pj", "dram_words", "macs"):
            assert fsum(row[figure] for row in scopes) == close(of["block"][figure])
            assert of["block"][figure] * of["block"]["times"] == close(of["model"][figure])
        assert of["model"]["cycles"] == run.estimate["cycles"]
        assert of["model"]["energy_pj"] == close(run.estimate["energy_pj"])


def test_the_attention_of_a_model_is_that_of_the_layer_alone(equal_blocks):
    levels = [row for row in TABLES["levels"](equal_blocks) if row["level"] == "attention of a layer"]
    by_run = {row["run"]: row for row in levels}
    question = ("model", "seq", "batch", "architecture", "overrides", "dataflow")
    alone, inside = {}, {}
    for run in equal_blocks.runs:
        key = json.dumps([run.inputs[name] for name in question])
        (alone if run.estimate["level"] == "attention" else inside)[key] = by_run[run.name]
    assert len(inside) == 2
    for key, row in inside.items():
        for figure in ("cycles", "energy_pj", "dram_words", "macs"):
            assert row[figure] == close(alone[key][figure])
