"""``run_sweep``: each run is done once, and counted by how it ended."""

import json

import pytest
from small_sweeps import ONE_UNFIT

import flat_plugin as flat


@pytest.fixture
def batch(tmp_path):
    return flat.run({"sweep": ONE_UNFIT}, tmp_path / "out", jobs=1)


def test_how_runs_ended(batch):
    counts = {key: value for key, value in batch.to_dict().items() if isinstance(value, int)}
    assert counts == {"runs": 4, "ok": 3, "unfit": 1, "failed": 0, "done_before": 0}
    ((run, outcome),) = batch.unfit
    assert (run.dataflow.name, outcome.kind) == ("flat-h", "InvalidMapping")
    assert batch.failures == batch.failed == ()
    assert (batch.wrong(), batch.wrong(strict=True)) == (False, True)


def test_started_again_it_has_nothing_to_do(batch, tmp_path):
    reported = []
    asked = {"jobs": 1, "progress": lambda *now: reported.append(now)}
    again = flat.run({"sweep": ONE_UNFIT}, str(tmp_path / "out"), **asked)
    assert again.before == 4 and again.outcomes == batch.outcomes and not reported


def test_progress_counts_what_is_to_do(batch, tmp_path):
    (first, *_) = (tmp_path / "out" / "runs").iterdir()
    (first / "result.json").unlink()
    reported = []
    flat.run({"sweep": ONE_UNFIT}, tmp_path / "out", jobs=1, progress=lambda *now: reported.append(now))
    assert [(done, total, outcome.key) for done, total, outcome in reported] == [(1, 1, first.name)]


def test_the_plan_stands_beside_the_runs(batch, tmp_path):
    plan = json.loads((tmp_path / "out" / "plan.json").read_text())
    assert plan["size"] == 4 and [run["run"] for run in plan["runs"]] == [run.key for run in batch.runs]
