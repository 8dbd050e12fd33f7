"""Where runs are done: in this process, in processes of this machine, or on a Dask cluster.

All through the standard ``concurrent.futures.Executor``; what differs is how one is made, and how
many runs are handed over at a time.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from flat_plugin.batch.local_processes import InProcess, LocalProcesses
from flat_plugin.batch.worker import Outcome, work, worker
from flat_plugin.errors import FlatError
from flat_plugin.extras import install_command

_SECONDS_TO_CONNECT = 30
_MOST_AT_ONCE = 1024  # tasks that a cluster is given ahead
_SLURM = "slurm"
CLUSTERS = "tcp://host:port (a Dask scheduler) or slurm"


@dataclass(frozen=True)
class Pool:
    """How to make an executor of so many ``workers``, and what to give it: tasks of at most ``chunk`` runs,
    ``window`` ahead."""

    make: Callable[[], Executor]
    function: Callable[..., list[Outcome]]
    chunk: int
    window: int
    workers: int = 1


@contextmanager
def open_pool(jobs: int | None, cluster: str | None, options: Mapping[str, str], runs: int) -> Iterator[Pool]:
    """Open what will do the runs, and close it after.

    Args:
        jobs: processes of this machine, or jobs of the queue; all cores, or one job, if not given.
        cluster: the address of a Dask scheduler, or ``slurm``; None is this machine.
        options: arguments of dask-jobqueue's cluster.
        runs: how many there are to do.

    Raises:
        FlatError: bad options, no scheduler at that address, or a package is not installed.
    """
    if jobs is not None and jobs < 1:
        raise FlatError("bad number of jobs", path="jobs", value=jobs, expected="1 or more")
    if options and cluster != _SLURM:
        raise FlatError("only for --cluster slurm", path="cluster-options", value=dict(options))
    if cluster is None:
        yield _local(jobs or _cores(), runs)
    elif cluster == _SLURM:
        with _slurm(jobs or 1, options) as address, _dask(address, runs) as pool:
            yield pool
    elif "://" in cluster:
        if jobs is not None:
            raise FlatError("the scheduler knows its workers", path="jobs", value=jobs, expected="no --jobs")
        with _dask(cluster, runs) as pool:
            yield pool
    else:
        raise FlatError("unknown cluster", path="cluster", value=cluster, expected=CLUSTERS)


def parse_options(text: str) -> dict[str, str]:
    """``cores=8,memory=16GB,walltime=02:00:00`` as a dictionary."""
    options = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        key, equals, value = (piece.strip() for piece in part.partition("="))
        if not (key and equals and value):
            raise FlatError("bad option", path="cluster-options", value=part, expected="key=value,…")
        options[key] = value
    return options


def _local(jobs: int, runs: int) -> Pool:
    if jobs == 1:
        return Pool(InProcess, work, chunk=1, window=1)
    processes = min(jobs, max(1, runs))
    make = lambda: LocalProcesses(processes)  # noqa: E731
    return Pool(make, worker, _share(runs, processes), 3 * processes, processes)


def _share(runs: int, workers: int) -> int:
    """Few enough that all workers end together, enough that handing over costs little."""
    return max(1, min(16, runs // (8 * workers)))


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def _dask(address: str, runs: int) -> Iterator[Pool]:
    distributed = _package("distributed")
    try:
        client = distributed.Client(address, timeout=_SECONDS_TO_CONNECT, set_as_default=False)
    except (OSError, ValueError) as error:
        raise FlatError(
            f"no Dask scheduler answers: {error}", path="cluster", value=address, expected=CLUSTERS
        ) from error
    with client:
        workers = max(1, len(client.scheduler_info(n_workers=-1)["workers"]))
        # Tasks are not pure: one that is given again must be done again.
        make = lambda: client.get_executor(pure=False)  # noqa: E731
        yield Pool(make, worker, _share(runs, workers), _MOST_AT_ONCE, workers)


@contextmanager
def _slurm(jobs: int, options: Mapping[str, str]) -> Iterator[str]:
    """A Dask cluster whose workers are Slurm jobs, one process a core if not said otherwise."""
    jobqueue = _package("dask_jobqueue")
    if shutil.which("sbatch") is None:
        raise FlatError(
            "sbatch is not on PATH", path="cluster", value=_SLURM, expected="a machine with Slurm"
        )
    given: dict[str, Any] = {key: int(v) if v.isdecimal() else v for key, v in options.items()}
    missing = [key for key in ("cores", "memory") if key not in given]
    if missing:
        raise FlatError(
            f"Slurm needs {' and '.join(missing)}",
            path="cluster-options",
            value=dict(options),
            expected="such as cores=8,memory=16GB,walltime=02:00:00",
        )
    try:
        cluster = jobqueue.SLURMCluster(**{"processes": given["cores"], **given})
    except (TypeError, ValueError) as error:
        raise FlatError(f"bad options: {error}", path="cluster-options", value=dict(options)) from error
    with cluster:
        cluster.scale(jobs=jobs)
        yield cluster.scheduler_address


def _package(name: str) -> Any:
    from importlib import import_module

    try:
        return import_module(name)
    except ImportError as error:
        command = install_command("cluster")
        raise FlatError(f"{name} is not installed", path="cluster", expected=command) from error
