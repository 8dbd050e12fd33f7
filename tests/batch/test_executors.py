"""Where runs are done, and how many are handed over at a time."""

import sys

import pytest

from flat_plugin.batch.executors import open_pool, parse_options
from flat_plugin.batch.local_processes import InProcess
from flat_plugin.batch.worker import work
from flat_plugin.errors import FlatError


def test_options_of_a_queue():
    assert parse_options("cores=8, memory=16GB,walltime=02:00:00,") == {
        **{"cores": "8", "memory": "16GB", "walltime": "02:00:00"}
    }
    assert parse_options("") == {}
    for wrong in ("cores", "=8", "cores="):
        with pytest.raises(FlatError, match="cluster-options: bad option"):
            parse_options(wrong)


def test_one_job_is_this_process():
    with open_pool(1, None, {}, 100) as pool:
        assert (pool.make, pool.function, pool.chunk, pool.window) == (InProcess, work, 1, 1)


@pytest.mark.parametrize(
    ("runs", "jobs", "chunk", "window"), [(3, 8, 1, 9), (64, 2, 4, 6), (100_000, 2, 16, 6), (0, 4, 1, 3)]
)
def test_few_runs_at_a_time_but_not_one_by_one(runs, jobs, chunk, window):
    with open_pool(jobs, None, {}, runs) as pool:
        assert (pool.chunk, pool.window) == (chunk, window)


@pytest.mark.parametrize(
    ("jobs", "cluster", "options", "message"),
    [
        (0, None, {}, "jobs: bad number of jobs"),
        (None, "head", {}, "cluster: unknown cluster .got 'head'.; expected tcp://"),
        (None, None, {"cores": "8"}, "only for --cluster slurm"),
        (2, "tcp://head:8786", {}, "jobs: the scheduler knows its workers"),
    ],
)
def test_what_does_not_go_together(jobs, cluster, options, message):
    with pytest.raises(FlatError, match=message), open_pool(jobs, cluster, options, 10):
        pass


@pytest.mark.parametrize(
    ("cluster", "package"), [("tcp://head:1", "distributed"), ("slurm", "dask_jobqueue")]
)
def test_a_missing_package_is_named_with_its_extra(cluster, package, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    message = f"{package} is not installed; expected pip install"
    with pytest.raises(FlatError, match=message), open_pool(None, cluster, {}, 1):
        pass
