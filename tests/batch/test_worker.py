"""One run in its folder: done once, by one process, and recorded however it ends."""

import json

import pytest

from flat_plugin import plan
from flat_plugin.batch.folder import FolderError, claim
from flat_plugin.batch.worker import PLAN, Task, finished, record_loss, run_folder, work

SWEEP = {
    "models": [{"attention": "B=1,H=2,M=512,N=512,D=16"}],
    "architectures": ["edge"],
    "overrides": [{"buffer_kb": 64}],
    "dataflows": ["base", "flat-h"],
}


@pytest.fixture
def tasks(tmp_path):
    (tmp_path / PLAN).write_text("{}")
    return [Task(run) for run in plan({"sweep": SWEEP}).runs]


def test_a_run_is_done_once(tasks, tmp_path):
    first, unfit = work(tasks, tmp_path)
    assert (first.status, unfit.status, unfit.kind) == ("ok", "unfit", "InvalidMapping")
    result = run_folder(tmp_path, first.key) / "result.json"
    written = result.read_text()
    assert work(tasks, tmp_path) == [first, unfit] and result.read_text() == written


def test_a_result_that_is_to_be_replaced_does_not_count(tasks, tmp_path):
    work(tasks, tmp_path)
    run = tasks[0].run
    seen = json.loads((run_folder(tmp_path, run.key) / "result.json").read_text())["finished"]
    assert finished(Task(run), tmp_path).status == "ok"
    assert finished(Task(run, seen), tmp_path) is None


def test_what_another_process_is_at_is_busy(tasks, tmp_path):
    with claim(run_folder(tmp_path, tasks[0].run.key), wait=False):
        assert [outcome.status for outcome in work(tasks, tmp_path)] == ["busy", "unfit"]


def test_whatever_goes_wrong_is_recorded(tasks, tmp_path, monkeypatch):
    def broken(run, place):
        raise RuntimeError("no luck")

    monkeypatch.setattr("flat_plugin.batch.worker.evaluate", broken)
    (outcome,) = work(tasks[:1], tmp_path)
    assert (outcome.status, outcome.kind, outcome.message) == ("failed", "RuntimeError", "no luck")


def test_a_run_whose_worker_died_is_a_failure(tasks, tmp_path):
    outcome = record_loss(tasks[0], tmp_path, 3)
    assert outcome.status == "failed" and "died 3 times" in outcome.message
    assert finished(tasks[0], tmp_path) == outcome


def test_a_folder_that_is_not_the_batchs_is_refused(tasks, tmp_path):
    with pytest.raises(FolderError, match="not visible from .*expected a shared folder"):
        work(tasks, tmp_path / "elsewhere")
