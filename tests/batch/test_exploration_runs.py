"""Explorations through folders: whatever dies, the answer is that of an undisturbed one."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

import flat_plugin as flat
from flat_plugin.exploration.sensitivity import robustness

DESIGN = {
    "architecture": "edge",
    "axes": {"buffer_kb": [128, 256, 512], "dram_gb_per_s": [5, 20], "pes": [[16, 16], [32, 32]]},
    "workloads": [{"model": "bert-base", "seq": 64}, {"model": "bert-base", "seq": 96}],
    "dataflows": ["base-opt", "flat-opt"],
    "objective": ["area", "edp"],
    "budgets": {"power_w": 3},
}
COMMAND = [sys.executable, "-c", "from flat_plugin.cli import main; main()", "explore"]


@pytest.fixture(scope="module")
def design(tmp_path_factory):
    file = tmp_path_factory.mktemp("design") / "design.yaml"
    file.write_text(yaml.safe_dump(DESIGN), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def whole(design, tmp_path_factory):
    """The folder of an exploration that nothing disturbed, and what it gave back."""
    folder = tmp_path_factory.mktemp("undisturbed")
    return folder, kept(flat.explore(design, folder, jobs=1))


@pytest.fixture(scope="module")
def undisturbed(whole):
    folder, found = whole
    return found, len(answers(folder))


@pytest.fixture
def done(whole, tmp_path):
    """A copy of that folder: it may lie anywhere."""
    return shutil.copytree(whole[0], tmp_path / "done")


def kept(found):
    document = found if isinstance(found, dict) else json.loads(json.dumps(found.to_dict()))
    return {key: value for key, value in document.items() if key not in ("seconds", "sha256")}


def answers(folder: Path):
    return list(folder.glob("answers/runs/*/result.json"))


def start(design, folder, *options, **settings):
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen([*COMMAND, str(design), "-o", str(folder), *options], **pipes, **settings)


def until(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_what_is_given_back_is_written(whole):
    folder, found = whole
    assert kept(json.loads((folder / "exploration.json").read_text())) == found
    assert yaml.safe_load((folder / "design.yaml").read_text()) == DESIGN


def test_processes_change_nothing(design, tmp_path, undisturbed):
    assert kept(flat.explore(design, tmp_path, jobs=2)) == undisturbed[0]
    assert kept(json.loads((tmp_path / "exploration.json").read_text())) == undisturbed[0]


def test_without_a_folder(design, undisturbed):
    assert kept(flat.explore(design, jobs=1)) == undisturbed[0]


def test_killed_it_goes_on(design, tmp_path, undisturbed):
    process = start(design, tmp_path, "-j", "2")
    until(lambda: len(answers(tmp_path)) >= 4)
    process.kill()
    process.wait()
    before = {path: path.stat().st_mtime_ns for path in answers(tmp_path)}
    assert 4 <= len(before) < undisturbed[1]
    again = start(design, tmp_path, "-j", "2", "--json")
    text, errors = again.communicate(timeout=120)
    assert again.returncode == 0, errors
    assert kept(json.loads(text)) == undisturbed[0]
    assert all(path.stat().st_mtime_ns == time for path, time in before.items())
    assert not list(tmp_path.rglob("*.tmp"))


def test_ctrl_c(design, tmp_path, undisturbed):
    process = start(design, tmp_path, "-j", "2", start_new_session=True)
    until(lambda: len(answers(tmp_path)) >= 3)
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert not list(tmp_path.rglob("*.tmp"))
    assert kept(flat.explore(design, tmp_path, jobs=1)) == undisturbed[0]


def test_ctrl_c_while_figures_are_varied_keeps_the_best(design, done, undisturbed, monkeypatch):
    def one_then_ctrl_c(found, varied, oracle):
        yield next(robustness(found, varied, oracle))
        raise KeyboardInterrupt

    monkeypatch.setattr("flat_plugin.batch.exploration_runs.robustness", one_then_ctrl_c)
    found = flat.explore(design, done, jobs=1, vary="energies=10%")
    assert found.proven
    assert found.interrupted
    assert len(found.robust) == 1
    assert kept(found)["best"] == undisturbed[0]["best"]


def test_two_processes_share_a_folder(design, tmp_path, undisturbed):
    both = [start(design, tmp_path, "-j", "1", "--json") for _ in range(2)]
    for process in both:
        text, errors = process.communicate(timeout=180)
        assert process.returncode == 0, errors
        assert kept(json.loads(text)) == undisturbed[0]
    assert len(answers(tmp_path)) == undisturbed[1]


@pytest.mark.parametrize("damage", ["cut", "changed", "empty", "gone"])
def test_damaged_answers_are_worked_out_again(design, done, undisturbed, damage):
    damaged = sorted(answers(done))[::3]
    for path in damaged:
        text = path.read_text()
        if damage == "gone":
            shutil.rmtree(path.parent)
        elif damage == "changed":
            path.write_text(text.replace('"cycles": ', '"cycles": 1', 1))
        else:
            path.write_text(text[: len(text) // 2] if damage == "cut" else "")
    before = {path: path.stat().st_mtime_ns for path in answers(done) if path not in damaged}
    assert kept(flat.explore(design, done, jobs=1)) == undisturbed[0]
    assert all(path.stat().st_mtime_ns == time for path, time in before.items())  # the others are kept


def test_a_mistake_writes_nothing(tmp_path):
    with pytest.raises(flat.FlatError, match="unknown key"):
        flat.explore({**DESIGN, "budget": {}}, tmp_path / "out", jobs=1)
    with pytest.raises(flat.FlatError, match="outside what is recorded"):
        flat.explore({**DESIGN, "axes": {"buffer_kb": [1, 2]}}, tmp_path / "out", jobs=1)
    assert not (tmp_path / "out").exists()
    with pytest.raises(flat.FlatError, match="writes to a folder"):
        flat.explore(DESIGN, cluster="tcp://here:1")


def test_exit_codes(design, tmp_path):
    impossible = tmp_path / "impossible.yaml"
    impossible.write_text(yaml.safe_dump({**DESIGN, "budgets": {"area_mm2": 0.01}}), encoding="utf-8")
    process = start(impossible, tmp_path / "out", "-j", "1")
    text, errors = process.communicate(timeout=120)
    assert process.returncode == 1, errors
    assert text.startswith("No design meets the budgets; the nearest misses area by")
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("exploration: {architecture: edge}", encoding="utf-8")
    process = start(wrong, tmp_path / "none")
    text, errors = process.communicate(timeout=60)
    assert process.returncode == 2 and not text and "exploration.axes: missing" in errors
    assert not (tmp_path / "none").exists()


def test_on_a_dask_cluster(design, tmp_path, undisturbed):
    distributed = pytest.importorskip("distributed")
    settings = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    with distributed.LocalCluster(**settings) as cluster:
        found = flat.explore(design, tmp_path, cluster=cluster.scheduler_address)
    assert kept(found) == undisturbed[0] and len(answers(tmp_path)) == undisturbed[1]


def test_answers_that_share_menus_are_one_workers(design):
    """However many axes differ that menus do not depend on; and no worker is left without any."""
    from flat_plugin.batch.exploration_runs import _together, run_of
    from flat_plugin.batch.worker import Task
    from flat_plugin.exploration.chip_cost import Query
    from flat_plugin.exploration.design_file import read_design
    from flat_plugin.exploration.run import known_of

    asked = read_design(design)
    chips = known_of(asked).bounds.chips
    queries = [
        Query(case, chips.platform(n), flow, "edp", asked.softmax)
        for n in range(len(asked.space))
        for flow in asked.dataflows
        for case in asked.cases
    ]
    tasks = [Task(run_of(query)) for query in queries]
    lots = _together(tasks, 2)
    assert len(lots) == 2 * 3 * 2 and {len(lot) for lot in lots} == {2 * 2}  # workloads, buffers, arrays
    assert sorted(t.run.key for lot in lots for t in lot) == sorted(t.run.key for t in tasks)
    assert [len(lot) for lot in _together(lots[0], 3)] == [2, 1, 1]
    assert [len(lot) for lot in _together(lots[0], 8)] == [1, 1, 1, 1]
