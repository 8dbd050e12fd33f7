"""The error table: recorded Timeloop runs ship, published tables are given."""

import pytest

from flat_plugin import FlatError
from flat_plugin.paper.recorded import recorded_runs
from flat_plugin.paper.validation import EXPERIMENTS, validate


def test_recorded_runs_are_equal_in_everything_printed():
    found = validate(experiment="timeloop")
    assert {row.case for row in found.rows} and all(row.ours == row.theirs for row in found.rows)
    cases = {summary.metric: summary.cases for summary in found.summaries}
    runs = list(recorded_runs())
    refused = sum("rejected" in case for case in runs)
    by_name = sum("verdict" in case and case["verdict"] == "exact-or-refused" for case in runs) + 2
    assert len(runs) == 580 and cases["refused alike"] == refused
    assert 580 - refused - by_name <= cases["cycles"] <= 580 - refused


def test_what_is_not_here_is_named(tmp_path):
    found = validate(tmp_path)
    assert {name for name, _ in found.absent} == set(EXPERIMENTS)
    assert {row.experiment for row in found.rows} == {"timeloop"}


def test_a_wrong_question_is_refused(tmp_path):
    with pytest.raises(FlatError, match="no such experiment"):
        validate(experiment="figure 12")
    with pytest.raises(FlatError, match="published data does not ship"):
        validate(experiment="rtl")
    with pytest.raises(FlatError, match="no such folder"):
        validate(tmp_path / "nowhere")
