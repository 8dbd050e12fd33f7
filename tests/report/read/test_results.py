"""Reading a batch, finished or not."""

import json

import pytest

from flat_plugin import FlatError
from flat_plugin.batch.result_file import sealed
from flat_plugin.report.read.results import read_results, read_run


def changed(folder, documents, name="changed", **fields):
    document = sealed(next(iter(documents.values())) | fields)
    (folder / name).mkdir()
    (folder / name / "result.json").write_text(json.dumps(document))
    return folder


def test_finds_what_is_done_and_says_why_the_rest_is_not(results, documents):
    assert {run.name for run in results.runs} == set(documents)
    reasons = [failure.message for failure in results.failures]
    assert sum("does not fit" in reason for reason in reasons) == 4
    assert [failure.name for failure in results.failures if failure.status == "damaged"] == ["torn"]


def test_order_is_that_of_the_inputs(results):
    keys = [(run.inputs["model"], run.inputs["seq"]) for run in results.runs]
    assert keys == sorted(keys)


def test_a_run_found_twice_counts_once(batch, results):
    assert read_results([batch, batch / "layers"]).runs == results.runs


def test_nothing_there_is_said(tmp_path):
    with pytest.raises(FlatError, match="no such folder"):
        read_results(tmp_path / "nowhere")
    with pytest.raises(FlatError, match="no result yet"):
        read_results(tmp_path)


def test_another_format_is_listed_as_damaged(tmp_path, documents):
    (failure,) = read_results(changed(tmp_path, documents, format=1)).failures
    assert "format 1; this version reads format 3" in failure.message


def test_a_result_that_lacks_a_figure_is_listed_as_damaged(tmp_path, documents):
    estimate = dict(next(iter(documents.values()))["estimate"])
    del estimate["cycles"]
    (failure,) = read_results(changed(tmp_path, documents, estimate=estimate)).failures
    assert failure.message.endswith("result.json: estimate.cycles: missing")


def test_so_is_one_whose_operator_lacks_a_figure(tmp_path, documents):
    estimate = dict(next(iter(documents.values()))["estimate"])
    estimate["operators"] = {"logit": {"cycles": 1}}
    (failure,) = read_results(changed(tmp_path, documents, estimate=estimate)).failures
    assert "estimate.operators.logit.energy_pj: missing" in failure.message


def test_what_is_no_number_is_listed_as_damaged(tmp_path, documents):
    (failure,) = read_results(changed(tmp_path, documents, seconds=float("nan"))).failures
    assert "NaN is not a number" in failure.message


def test_a_failed_run_keeps_its_log(tmp_path, documents):
    error = {"kind": "ProgramError", "message": "it crashed", "log_tail": "last words"}
    folder = changed(tmp_path, documents, status="failed", estimate=None, error=error)
    (failure,) = read_results(folder).failures
    assert (failure.kind, failure.message, failure.log_tail) == ("ProgramError", "it crashed", "last words")


def test_one_run_by_its_folder_or_file(results):
    run = results.runs[0]
    assert read_run(run.folder) == read_run(run.folder / "result.json") == run


def test_one_run_that_failed_says_so(results, tmp_path):
    with pytest.raises(FlatError, match="no estimate: flat-h does not fit"):
        read_run(next(f for f in results.failures if f.status != "damaged").folder)
    with pytest.raises(FlatError, match="no result here"):
        read_run(tmp_path)


def test_layers_of_a_model_that_has_no_name_come_from_the_inputs(results, tmp_path):
    run = next(run for run in results.runs if run.estimate["level"] == "model")
    assert run.layers == 12
    document = json.loads((run.folder / "result.json").read_text())
    document["inputs"]["model"] = "mine"
    (tmp_path / "result.json").write_text(json.dumps(sealed(document)))
    assert read_run(tmp_path).layers is None
    (tmp_path / "inputs.json").write_text((run.folder / "inputs.json").read_text())
    assert read_run(tmp_path).layers == 12
    inputs = json.loads((run.folder / "inputs.json").read_text())
    inputs["workload"]["layers"] = 24
    (tmp_path / "inputs.json").write_text(json.dumps(inputs))
    assert read_run(tmp_path).layers is None


def test_folders_may_be_named_by_text(batch, results):
    assert read_results(str(batch)) == results
    assert read_results([str(batch)]) == results
    run = results.runs[0]
    assert read_run(str(run.folder)) == run
    with pytest.raises(FlatError, match="no folder"):
        read_results([])
