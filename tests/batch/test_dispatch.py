"""Workers that die, again and again: the batch goes on, and the run that kills them is recorded."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Executor, Future, wait

import pytest

import flat_plugin as flat
from flat_plugin.batch.dispatch import drive
from flat_plugin.batch.executors import Pool
from flat_plugin.batch.local_processes import InProcess, LocalProcesses
from flat_plugin.batch.worker import Outcome, Task, worker

DEADLY = """
import os, signal, time
from pathlib import Path
from flat_plugin.batch.worker import worker

def always(tasks, output, wait=False):
    if any(task.run.question.workload.name == os.environ["DEADLY"] for task in tasks):
        os.kill(os.getpid(), signal.SIGKILL)
    return worker(tasks, output, wait)

def once(tasks, output, wait=False):
    try:
        (Path(output) / "died").touch(exist_ok=False)
    except FileExistsError:
        return worker(tasks, output, wait)
    os.kill(os.getpid(), signal.SIGKILL)

def slow(tasks, output, wait=False):
    time.sleep(0.5)
    os.kill(os.getpid(), signal.SIGKILL)

def broken(tasks, output, wait=False):
    raise ModuleNotFoundError("No module named 'flat_plugin'")
"""


@pytest.fixture
def deadly(tmp_path, monkeypatch):
    """A module that workers can import, with functions that kill them."""
    (tmp_path / "deadly.py").write_text(DEADLY)
    monkeypatch.syspath_prepend(str(tmp_path))
    import importlib

    return importlib.import_module("deadly")


@pytest.fixture
def batch(small, tmp_path):
    """``batch(function)`` does the small sweep in two processes, two runs at a time."""
    output = tmp_path / "out"
    (output / "runs").mkdir(parents=True)
    (output / "plan.json").touch()
    runs = flat.plan(small).runs

    def run(function):
        outcomes = []
        pool = Pool(lambda: LocalProcesses(2), function, chunk=2, window=4)
        drive([Task(run) for run in runs], pool, output, outcomes.append)
        return {outcome.key: outcome for outcome in outcomes}

    run.runs = runs
    return run


def test_a_worker_that_dies_once_costs_nothing(deadly, batch):
    outcomes = batch(deadly.once)
    assert len(outcomes) == len(batch.runs)
    assert "WorkerDied" not in {outcome.kind for outcome in outcomes.values()}


def test_a_run_that_always_kills_its_worker_is_recorded_and_the_rest_go_on(
    deadly, batch, monkeypatch, results, tmp_path
):
    name = batch.runs[0].question.workload.name
    monkeypatch.setenv("DEADLY", name)
    outcomes = batch(deadly.always)
    died = {run.key for run in batch.runs if run.question.workload.name == name}
    assert {key for key, outcome in outcomes.items() if outcome.kind == "WorkerDied"} == died
    assert len(outcomes) == len(batch.runs)
    error = results(tmp_path / "out")[batch.runs[0].key]["error"]
    assert "died 3 times" in error["message"]


def test_workers_that_cannot_do_anything_stop_the_batch(deadly, batch):
    with pytest.raises(flat.FlatError, match="the workers cannot do the runs: ModuleNotFoundError"):
        batch(deadly.broken)


def test_a_folder_that_workers_do_not_see_stops_the_batch(small, tmp_path):
    tasks = [Task(run) for run in flat.plan(small).runs]
    pool = Pool(InProcess, worker, chunk=1, window=1)
    with pytest.raises(flat.FlatError, match="not visible from"):
        drive(tasks, pool, tmp_path / "elsewhere", print)
    assert not (tmp_path / "elsewhere").exists()


class Interrupted(Executor):
    """Ctrl-C comes once everything is handed over; as the workers are interrupted, one of them dies."""

    def __init__(self, asked: int) -> None:
        self.inner, self.asked = LocalProcesses(1), asked
        self.futures: list[Future[list[Outcome]]] = []

    def submit(self, fn, /, *args, **kwargs):
        if len(self.futures) == self.asked:
            while not self.futures[0].running():
                time.sleep(0.01)
            raise KeyboardInterrupt
        self.futures.append(self.inner.submit(fn, *args, **kwargs))
        return self.futures[-1]

    def interrupt(self) -> None:
        wait(self.futures[:1])  # the worker dies before it hears

    def shutdown(self, wait=True, *, cancel_futures=False) -> None:
        self.inner.shutdown(wait)


def test_a_worker_that_dies_while_the_batch_is_interrupted_says_nothing(deadly, small, tmp_path, monkeypatch):
    said = []
    monkeypatch.setattr(threading, "excepthook", said.append)
    tasks = 8 * [Task(run) for run in flat.plan(small).runs]
    pool = Pool(lambda: Interrupted(6), deadly.slow, chunk=1, window=len(tasks))
    with pytest.raises(KeyboardInterrupt):
        drive(tasks, pool, tmp_path, print)
    assert not said
