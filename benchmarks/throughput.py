"""How many mappings a second and core the array engine evaluates, and what the machine would allow.

Random three-level mappings (DRAM, buffer, registers) of the BERT-512 logit on the edge preset, in
blocks that stay in the cache. The ceilings are those of the same kernel: its operations a mapping
(``kernel_work`` counts them) at the rate of a matrix product, and its bytes at the rate at which NumPy
multiplies arrays of a block's size. The search looks at far more mappings than it evaluates; the mappings
of its declared space over its time are its effective rate.

Run with ``python benchmarks/throughput.py``; with ``timeloop-model`` on PATH its time for one mapping
is measured beside it, and the ratio printed.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # rates are of one core

import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from kernel_work import Counted, Work, counting

from flat_plugin.api import generate, search
from flat_plugin.architecture import find_architecture
from flat_plugin.energy import energy_for
from flat_plugin.mapspace.structure import divisors
from flat_plugin.model.cost import evaluate
from flat_plugin.model.mapping_batch import Form, MappingBatch
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


def ragged_batch(size: int, seed: int) -> MappingBatch:
    """The same of 500 queries, with trips that need not divide: any, log-uniform, from the inside out; two
    dimensions are unrolled."""
    rng = np.random.default_rng(seed)
    einsum = parse_attention("B=1,H=12,M=500,N=512,D=64").logit()
    whole = random_batch(size, seed)
    temporal, spatial = np.ones_like(whole.temporal), np.ones((2, *whole.spatial_x.shape))
    unrolled = rng.permutation(np.arange(1, len(einsum.bounds)))[:2]
    for d, (_, bound) in enumerate(einsum.bounds):
        places = [temporal[2, d], temporal[1, d]]
        if d in unrolled:
            places.insert(1, spatial[d % 2, 1, d])
        left = np.full(size, float(bound))
        for trips in places:
            most = np.minimum(left, 32 if np.shares_memory(trips, spatial) else np.inf)
            trips[:] = np.floor(np.exp(rng.random(size) * np.log(most + 0.999)))
            left = np.ceil(left / trips)
        temporal[0, d] = left
    return MappingBatch(einsum, whole.architecture, whole.form, temporal, spatial[0], spatial[1])


def _splits(number: int, parts: int) -> list[tuple[int, ...]]:
    if parts == 1:
        return [(number,)]
    return [(d, *rest) for d in divisors(number) for rest in _splits(number // d, parts - 1)]


def mappings_per_second(batch_of: Callable[[int, int], MappingBatch], seconds: float = 3.0) -> float:
    """Cycles, energy and validity of every mapping, on one core."""
    keep_freed_memory()
    batches = [batch_of(BLOCK, seed) for seed in range(16)]
    energies = energy_for(batches[0].architecture)
    evaluate(batches[0], energies)
    done, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        for batch in batches:
            evaluate(batch, energies)
            done += len(batch)
    return done / (time.perf_counter() - start)


def kernel_work() -> Work:
    """What evaluating one block takes."""
    batch = random_batch(BLOCK, 0)
    energies = energy_for(batch.architecture)
    factors = (batch.temporal, batch.spatial_x, batch.spatial_y)
    temporal, spatial_x, spatial_y = (array.view(Counted) for array in factors)
    with counting() as work:
        evaluate(
            MappingBatch(batch.einsum, batch.architecture, batch.form, temporal, spatial_x, spatial_y),
            energies,
        )
    return work


def operations_per_second() -> float:
    """Floating-point operations of a matrix product."""
    size = 768
    one, two = np.random.default_rng(0).random((2, size, size))
    return 2 * size**3 / _least_seconds(lambda: one @ two)


def bytes_per_second() -> float:
    """Bytes read and written by products of arrays of a block, which stay in the cache.

    Not by copies: where ``memcpy`` is slow, as on some virtual machines, the kernel outruns them.
    """
    one, two, product = np.random.default_rng(0).random((3, BLOCK))

    def products() -> None:
        for _ in range(1000):
            np.multiply(one, two, out=product)

    return 1000 * 3 * one.nbytes / _least_seconds(products)


def _least_seconds(work: Callable[[], object], runs: int = 9) -> float:
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def effective_mappings_per_second() -> tuple[int, float]:
    """Size of the space that a search of BERT-512 on edge covers, and seconds of CPU that it takes."""
    search("bert-base", "edge", seq=512)
    start = time.process_time()
    found = search("bert-base", "edge", seq=512)
    return found.space.size, time.process_time() - start


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
    rate, ragged = mappings_per_second(random_batch), mappings_per_second(ragged_batch)
    print(f"{rate:,.0f} mappings a second and core; with smaller last tiles {ragged:,.0f}")
    work = kernel_work()
    operations, moved = work.operations / BLOCK, work.bytes / BLOCK
    arithmetic, memory = operations_per_second() / operations, bytes_per_second() / moved
    print(f"a mapping takes {operations:,.0f} operations and moves {moved:,.0f} bytes")
    print(
        f"ceiling of arithmetic: {arithmetic:,.0f} mappings a second; {rate / arithmetic:.1%} of it reached"
    )
    print(f"ceiling of memory: {memory:,.0f} mappings a second; {rate / memory:.1%} of it reached")
    size, seconds = effective_mappings_per_second()
    print(f"search: {size:.3g} mappings in {seconds:.2f} s of CPU, {size / seconds:.3g} a second effectively")
    process = timeloop_seconds()
    if process is None:
        print("timeloop-model is not on PATH: no ratio")
    else:
        print(f"one timeloop-model process: {process:.3f} s a mapping; ratio {rate * process:,.0f}")
