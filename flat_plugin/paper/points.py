"""Single points of the paper's experiments: asked in any order, in parallel."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from math import inf

from flat_plugin import defaults
from flat_plugin.api import estimate, platform, search
from flat_plugin.architecture.hardware import Architecture
from flat_plugin.architecture.overrides import override
from flat_plugin.architecture.platform import Platform
from flat_plugin.errors import InvalidMapping
from flat_plugin.mapping.fused import FusedMapping
from flat_plugin.mapping.named import named_dataflow
from flat_plugin.mapspace.result import SearchResult
from flat_plugin.model.estimate import Estimate
from flat_plugin.paper.assumptions import Assumption
from flat_plugin.report.read.parts import cycles_around

Answer = Mapping[str, float | str | None]
Progress = Callable[[int, int], None]
_OCTAVES = (-4.0, 14.0)  # of DRAM words/cycle: where a bandwidth is looked for
_STEPS = 24
_FACTORS = "perfect"  # of searches: the published lengths are powers of two, and tiles divide them


@dataclass(frozen=True)
class Point:
    """One system on one workload. ``target`` is a utilisation to find the DRAM bandwidth for."""

    assumption: Assumption
    platform: str
    dataflow: str
    model: str
    tokens: int
    batch: int
    level: str = "attention"
    buffer_kb: int | None = None
    target: float | None = None
    unbounded: bool = False


def answer_all(
    points: Iterable[Point], jobs: int | None = None, progress: Progress | None = None
) -> dict[Point, Answer]:
    """Every point once, by as many processes as there are cores (or ``jobs``)."""
    wanted = list(dict.fromkeys(points))
    workers = min(jobs or os.cpu_count() or 1, len(wanted))
    found: dict[Point, Answer] = {}
    if workers <= 1:
        for point in wanted:
            found[point] = answer(point)
            if progress:
                progress(len(found), len(wanted))
        return found
    with ProcessPoolExecutor(workers) as pool:
        asked = {pool.submit(answer, point): point for point in wanted}
        try:
            for done in as_completed(asked):
                found[asked[done]] = done.result()
                if progress:
                    progress(len(found), len(wanted))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)  # Ctrl-C: what is not begun is not wanted
            raise
    return found


def answer(point: Point) -> Answer:
    """Cycles, pJ, utilisation, …; only ``reason`` where the dataflow does not fit."""
    machine = point.assumption.machine(point.platform)
    energies = point.assumption.energies(machine)  # before the buffer changes: a figure of its own
    if point.buffer_kb is not None:
        machine = override(machine, {"buffer_kb": point.buffer_kb})
    if point.unbounded:
        machine = _with_buffer(machine, inf)
    on = platform(machine, ert=energies)
    try:
        if point.target is not None:
            return _bandwidth(point, on)
        if point.level == "attention" and point.dataflow.endswith("-opt"):
            return _figures(_searched(point, on).estimate)
        return _figures(_estimated(point, on))
    except InvalidMapping as error:
        return {"reason": str(error)}


def _estimated(point: Point, on: Platform, mapping: FusedMapping | None = None) -> Estimate:
    """The point's dataflow, or a mapping instead of it."""
    return estimate(
        point.model,
        on,
        None if mapping else point.dataflow,
        seq=point.tokens,
        batch=point.batch,
        mask="full",  # as the paper counts, and so are products and softmax alone
        softmax=point.assumption.mode,
        level=point.level,
        elementwise=defaults.ELEMENTWISE if point.level == "attention" else "none",  # which has none
        stage=tuple("QKSVO") if point.unbounded and not mapping else None,
        mapping=mapping,
        factors=_FACTORS if not mapping and named_dataflow(point.dataflow).searched else None,
    )


def _searched(point: Point, on: Platform, objective: str | None = None) -> SearchResult:
    return search(
        point.model,
        on,
        dataflow=point.dataflow,
        seq=point.tokens,
        batch=point.batch,
        mask="full",
        softmax=point.assumption.mode,
        objective=objective,
        factors=_FACTORS,
    )


def _figures(found: Estimate) -> dict[str, float | str | None]:
    around = cycles_around({name: work.cycles for name, work in found.operators.items()})
    return {
        "cycles": found.cycles,
        "energy_pj": found.energy_pj,
        "utilization": found.utilization,
        "dram_words": found.dram_words,
        "bound": found.bound,
        "dataflow": found.dataflow,
        "attention_share": 1 - around / found.cycles,
        "footprint_words": float(found.requirement.words),
    }


def _bandwidth(point: Point, on: Platform) -> Answer:
    """The least DRAM bandwidth for the target; ``words_per_cycle`` is None where none is enough.

    By bisection, of two mappings: the one of least traffic, and the one of least energy × delay with 16
    times the platform's bandwidth. An upper bound, for one searched for the very bandwidth could need less.
    """
    outer = on.architecture.memories[0].shared_bandwidth
    found = (_searched(point, on, "traffic"), _searched(point, _with_bandwidth(on, 16 * outer)))
    needed = [_needed(point, on, each.mapping) for each in found]
    return {"words_per_cycle": min((width for width in needed if width is not None), default=None)}


def _needed(point: Point, on: Platform, mapping: FusedMapping) -> float | None:
    def enough(octave: float) -> bool:
        found = _estimated(point, _with_bandwidth(on, 2.0**octave), mapping)
        return found.utilization >= (point.target or 1.0)

    low, high = _OCTAVES
    if not enough(high):
        return None
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return float(2.0**high)


def _with_bandwidth(on: Platform, words_per_cycle: float) -> Platform:
    outer, *inner = on.architecture.memories
    memories = (replace(outer, shared_bandwidth=words_per_cycle), *inner)
    return replace(on, architecture=replace(on.architecture, memories=memories))


def _with_buffer(machine: Architecture, words: float) -> Architecture:
    outer, buffer, *inner = machine.memories
    return replace(machine, memories=(outer, replace(buffer, capacity=words), *inner))
