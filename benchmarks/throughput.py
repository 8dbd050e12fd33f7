"""How many mappings a second and core the array engine evaluates.

Random three-level mappings (DRAM, buffer, registers) of the BERT-512 logit on the edge preset, in
blocks that stay in the cache. Run with ``python benchmarks/throughput.py``; with ``timeloop-model``
on PATH its time for one mapping is measured beside it, and the ratio printed.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np

from flat_plugin.api import generate
from flat_plugin.architecture import find_architecture
from flat_plugin.energy import energy_for
from flat_plugin.mapspace.structure import divisors
from flat_plugin.model.batch import Form, MappingBatch
from flat_plugin.model.cost import evaluate
from flat_plugin.model.memory import keep_freed_memory
from flat_plugin.workload import parse_attention

BLOCK = 4096
LEVELS = 3


def random_batch(size: int, seed: int) -> MappingBatch:
    """Random perfect factors over three levels and the array, one random order of loops."""
    rng = np.random.default_rng(seed)
    einsum = parse_attention("B=1,H=12,M=512,N=512,D=64").logit()
    count = len(einsum.dimensions)
    temporal = np.ones((LEVELS, count, size))
    spatial = np.ones((2, LEVELS, count, size))
    for d, (_, bound) in enumerate(einsum.bounds):
        splits = np.array(_splits(bound, LEVELS + 1), dtype=float)
        chosen = splits[rng.integers(len(splits), size=size)].T
        temporal[:, d] = chosen[:LEVELS]
        spatial[d % 2, 1, d] = chosen[LEVELS]
    order = tuple(tuple(int(i) for i in rng.permutation(count)) for _ in range(LEVELS))
    keep = ((True,) * 3, (True,) * 3, (False, False, True))
    form = Form(order, (tuple(range(count)),) * LEVELS, keep)
    return MappingBatch(einsum, find_architecture("edge"), form, temporal, spatial[0], spatial[1])


def _splits(number: int, parts: int) -> list[tuple[int, ...]]:
    if parts == 1:
        return [(number,)]
    return [(d, *rest) for d in divisors(number) for rest in _splits(number // d, parts - 1)]


def mappings_per_second(seconds: float = 3.0) -> float:
    """Cycles, energy and validity of every mapping, on one core."""
    keep_freed_memory()
    batches = [random_batch(BLOCK, seed) for seed in range(16)]
    energies = energy_for(batches[0].architecture)
    evaluate(batches[0], energies)
    done, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        for batch in batches:
            evaluate(batch, energies)
            done += len(batch)
    return done / (time.perf_counter() - start)


def timeloop_seconds(runs: int = 5) -> float | None:
    """One ``timeloop-model`` process with its energy tables given; None where it is not installed."""
    program = shutil.which("timeloop-model")
    if program is None:
        return None
    with tempfile.TemporaryDirectory() as place:
        workload = parse_attention("B=1,H=12,M=512,N=512,D=64")
        folder = generate(workload, "edge", ["flat-r64"], Path(place)).folders[0]
        names = ("architecture", "problem", "mapping", "ERT", "ART")
        command = [program, *(str(folder / f"{name}.yaml") for name in names), "-o", place]
        times = []
        for _ in range(runs):
            start = time.perf_counter()
            subprocess.run(command, check=True, capture_output=True, cwd=place)
            times.append(time.perf_counter() - start)
    return min(times)


if __name__ == "__main__":
    rate = mappings_per_second()
    print(f"{rate:,.0f} mappings a second and core")
    process = timeloop_seconds()
    if process is None:
        print("timeloop-model is not on PATH: no ratio")
    else:
        print(f"one timeloop-model process: {process:.3f} s a mapping; ratio {rate * process:,.0f}")
