"""What a batch costs beside its estimates, and what a second core brings.

Run with ``python benchmarks/batch.py``. Overhead is the CPU time that planning, hashing, the folder
and the files of a run take: that of a whole batch in one process, less that of its estimates alone.
Throughput is that of one and of two worker processes in turn, so that both meet the same machine. On
a machine that does other things too, the CPU time of the workers tells what two free cores would do.
"""

from __future__ import annotations

import multiprocessing
import os
import statistics
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import flat_plugin as flat
from flat_plugin.batch.dispatch import drive
from flat_plugin.batch.evaluate import evaluate
from flat_plugin.batch.executors import Pool
from flat_plugin.batch.local_processes import LocalProcesses
from flat_plugin.batch.worker import Task, worker
from flat_plugin.model.memory import keep_freed_memory

REPEATS = 3
SWEEP = {
    "sweep": {
        "models": ["bert-base", "t5-small"],
        "seq": [512, 1024, 2048],
        "architectures": ["edge", "cloud"],
        "overrides": [{}, {"dram_words_per_cycle": 50}],
        "dataflows": ["base", "base-h", "flat-h", "flat-r32", "flat-r64"],
    }
}
TICKS = os.sysconf("SC_CLK_TCK")


def cpu_ms() -> tuple[float, float, float]:
    """CPU milliseconds a run: planning, the whole batch with planning, and the estimates alone."""
    runs = flat.plan(SWEEP).runs
    start = time.process_time()
    flat.plan(SWEEP)
    planned = time.process_time() - start
    alone, whole = [], []
    for _ in range(REPEATS):
        start = time.process_time()
        for run in runs:
            with suppress(flat.InvalidMapping):
                evaluate(run, Path("unused"))
        alone.append(time.process_time() - start)
        with tempfile.TemporaryDirectory() as place:
            start = time.process_time()
            flat.run(SWEEP, place, jobs=1)
            whole.append(time.process_time() - start)
    return (1e3 * planned / len(runs), 1e3 * min(whole) / len(runs), 1e3 * min(alone) / len(runs))


class Measured(LocalProcesses):
    """Worker processes that say how much CPU time they have taken."""

    cpu_seconds = 0.0

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self.cpu_seconds = sum(_cpu_seconds(child.pid) for child in multiprocessing.active_children())
        super().shutdown(wait, cancel_futures=cancel_futures)


def _cpu_seconds(pid: int | None) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def timed(jobs: int) -> tuple[float, float, float]:
    """Runs a second of ``jobs`` workers that have started; CPU ms a run of them and of this process."""
    tasks = [Task(run) for run in flat.plan(SWEEP).runs]
    with tempfile.TemporaryDirectory() as place:
        (Path(place) / "plan.json").touch()
        executor = Measured(jobs)
        for each in [executor.submit(_loop) for _ in range(jobs)]:
            each.result()
        pool = Pool(lambda: executor, worker, chunk=max(1, min(16, len(tasks) // 16)), window=3 * jobs)
        start, own = time.perf_counter(), time.process_time()
        drive(tasks, pool, Path(place), lambda outcome: None)
        elapsed, own = time.perf_counter() - start, time.process_time() - own
    return len(tasks) / elapsed, 1e3 * executor.cpu_seconds / len(tasks), 1e3 * own / len(tasks)


def machine() -> float:
    """What two processes that only count do in the time of one: the most that can be had just now."""
    rates = []
    for jobs in (1, 2):
        executor = LocalProcesses(jobs)
        for each in [executor.submit(_loop) for _ in range(jobs)]:
            each.result()
        start = time.perf_counter()
        for each in [executor.submit(_loop) for _ in range(16)]:
            each.result()
        rates.append(16 / (time.perf_counter() - start))
        executor.shutdown()
    return rates[1] / rates[0]


def _loop() -> int:
    return sum(range(4_000_000))


if __name__ == "__main__":
    keep_freed_memory()
    planned, whole, alone = cpu_ms()
    print(f"{whole:.1f} ms of CPU a run: {alone:.1f} the estimate, {planned:.1f} planning")
    print(f"overhead: {whole - alone:.1f} ms a run")
    ratios, shares = [], []
    for _ in range(REPEATS):
        (one, cpu_one, _), (two, cpu_two, own), most = timed(1), timed(2), machine()
        ratios.append(two / one)
        shares.append(two / one / most)
        print(f"1 process {one:.1f} runs/s, 2 processes {two:.1f}: {two / one:.2f} times", end="; ")
        print(f"two counting loops {most:.2f} times; ", end="")
        print(f"CPU a run {cpu_one:.1f} and {cpu_two:.1f} ms, of handing over {own:.1f} ms")
    print(f"throughput: median {statistics.median(ratios):.2f} times, best {max(ratios):.2f}")
    print(f"of what the machine gave two loops: median {statistics.median(shares):.2f}")
    print(f"load of the machine: {os.getloadavg()[0]:.1f}")
