"""What tells the runs of a batch apart, and the names that follow from it."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from flat_plugin.report.analysis.axes import Axis, axes_of, names_of
from flat_plugin.report.analysis.columns import COLUMNS, run_row

INPUTS = {
    "model": "mine",
    "seq": 512,
    "queries": 512,
    "batch": 1,
    "architecture": "edge",
    "overrides": {},
} | {
    **{"dataflow": "base", "level": "attention", "softmax": "serial", "overflow": "reject", "stage": None},
    **{"space": None, "engine": "native", "mapper": None},
}
MEMORY = {"capacity_words": 262144, "word_bits": 16, "shared_words_per_cycle": 25}


def runs_of(*inputs):
    """Runs that differ from the usual one in these inputs, with the row of each."""
    machine = {"memories": [MEMORY, MEMORY], "pes": 1024, "softmax": {"lanes": 128}}
    runs = [
        SimpleNamespace(inputs=INPUTS | each, architecture=machine, outer=MEMORY, buffer=MEMORY)
        for each in inputs
    ]
    blank = {column.name: None for column in COLUMNS}
    names = {
        "seq_tokens": "seq",
        "query_tokens": "queries",
        "batch_sequences": "batch",
        "asked_stage": "stage",
    }
    rows = [
        blank | {n: run.inputs[names.get(n, n)] for n in blank if names.get(n, n) in run.inputs}
        for run in runs
    ]
    return runs, rows


def test_an_axis_is_an_input_that_differs():
    runs, rows = runs_of({"dataflow": "base"}, {"dataflow": "flat-r"})
    (axis,) = axes_of(runs, rows)
    assert (axis.name, axis.choices, axis.numeric) == ("dataflow", ["base", "flat-r"], False)


def test_each_override_is_an_axis_and_other_runs_have_what_was_built():
    runs, rows = runs_of({}, {"overrides": {"buffer_kb": 1024}}, {"overrides": {"softmax_lanes": 64}})
    buffer, lanes = axes_of(runs, rows)
    assert buffer.values == (512, 1024, 512) and buffer.unit == "KiB"
    assert lanes.values == (128, 128, 64) and lanes.numeric


def test_an_input_that_no_column_is_of_is_an_axis_too():
    runs, rows = runs_of({"sparsity": "none"}, {"sparsity": {"window": 128}})
    (axis,) = axes_of(runs, rows)
    assert axis.values == ("none", "window=128")


def test_queries_are_an_axis_only_where_the_length_does_not_decide_them():
    prefill = axes_of(*runs_of({}, {"seq": 1024, "queries": 1024}))
    assert [axis.name for axis in prefill] == ["seq_tokens"]
    decoding = axes_of(*runs_of({}, {"seq": 1024, "queries": 1024}, {"seq": 1024, "queries": 1}))
    assert [axis.name for axis in decoding] == ["seq_tokens", "query_tokens"]


def test_shapes_of_equal_size_stay_apart():
    runs, rows = runs_of({"overrides": {"pes": [32, 32]}}, {"overrides": {"pes": [64, 16]}})
    assert axes_of(runs, rows)[0].choices == ["32 × 32", "64 × 16"]


def test_a_name_says_what_differs_and_no_more():
    runs, rows = runs_of({}, {"seq": 4096, "queries": 4096, "overrides": {"buffer_kb": 64}})
    assert names_of(axes_of(runs, rows), rows) == ["512 tokens · 512 KiB", "4,096 tokens · 64 KiB"]


def test_names_are_never_equal():
    runs, rows = runs_of({}, {}, {"dataflow": "flat-r"}, {"dataflow": "flat-r"})
    names = names_of(axes_of(runs, rows), rows)
    assert names == ["base", "base (2)", "flat-r", "flat-r (2)"]
    alone = runs_of({}, {})
    assert names_of(axes_of(*alone), alone[1]) == ["base · mine · edge", "base · mine · edge (2)"]


@pytest.mark.parametrize("value", [1000000, 1000001, 0.1 + 0.2, 0.3])
def test_numbers_are_said_to_the_last_digit(value):
    assert float(Axis("x", "x", "", (value,)).said(value).split()[-1].replace(",", "")) == value


def test_a_real_batch(results):
    rows = [run_row(run) for run in results.runs]
    names = names_of(axes_of(results.runs, rows), rows)
    assert len(set(names)) == len(names)
    assert not any(Path(run.folder).name[:8] in name for run, name in zip(results.runs, names, strict=True))
