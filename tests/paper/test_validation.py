"""The error table: recorded Timeloop runs ship, published tables are given."""

import pytest

from flat_plugin import FlatError
from flat_plugin.paper.h100.comparisons import FILE as H100
from flat_plugin.paper.recorded import recorded_runs
from flat_plugin.paper.validation import EXPERIMENTS, SHIPPED, validate


def test_recorded_runs_are_equal_in_everything_printed():
    found = validate(experiment="timeloop")
    assert {row.case for row in found.rows} and all(row.ours == row.theirs for row in found.rows)
    cases = {summary.metric: summary.cases for summary in found.summaries}
    runs = list(recorded_runs())
    refused = sum("rejected" in case for case in runs)
    by_name = sum("verdict" in case and case["verdict"] == "exact-or-refused" for case in runs) + 2
    assert len(runs) == 580 and cases["refused alike"] == refused
    assert 580 - refused - by_name <= cases["cycles"] <= 580 - refused


def test_what_is_not_here_is_named_unless_it_ships(tmp_path):
    found = validate(tmp_path)
    published = [table for name, tables in EXPERIMENTS.items() if name not in SHIPPED for table in tables]
    assert dict(found.absent) == {table.name: table.files for table in published}
    assert {row.experiment for row in found.rows} == set(SHIPPED)


def test_one_table_of_an_experiment_is_enough(tmp_path):
    row = "model,seq_len,traffic,latency\nXLM,2K,1e9,1\n"
    (tmp_path / "fusemax_attn_onepass.csv").write_text(row)
    found = validate(tmp_path, "fusemax")
    assert {row.experiment for row in found.rows} == {"fusemax, one pass"}
    assert [name for name, _ in found.absent] == ["fusemax flat", "fusemax unfused"]


def test_a_wrong_question_is_refused(tmp_path):
    with pytest.raises(FlatError, match="no such experiment"):
        validate(experiment="figure 12")
    with pytest.raises(FlatError, match="the published data is not included"):
        validate(experiment="rtl")
    with pytest.raises(FlatError, match="no such folder"):
        validate(tmp_path / "nowhere")


def test_missing_data_is_said(tmp_path):
    for name in EXPERIMENTS:
        with pytest.raises(FlatError, match="the published data is missing"):
            validate(tmp_path, name)


def test_a_file_without_its_columns_is_refused(tmp_path):
    (tmp_path / "fused_attention_rtl.csv").write_text("M,L\n256,256\n")
    with pytest.raises(FlatError, match="a column is missing"):
        validate(tmp_path, "rtl")


def test_all_experiments(published):
    files = {file for tables in EXPERIMENTS.values() for table in tables for file in table.files}
    found = validate(published(*files - {H100}))
    assert {row.experiment.split()[0].rstrip(",") for row in found.rows} == {"timeloop", *EXPERIMENTS}
    assert all(row.ours == row.theirs for row in found.rows if row.exact) and not found.absent
    assert set(found.rows[0].to_dict()) >= {"ours", "theirs", "ratio"}
