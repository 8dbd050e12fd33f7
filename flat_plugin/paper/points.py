"""Single points of the paper's experiments: questions that can be asked in any order, in parallel."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from math import inf
from typing import Any

from flat_plugin.api import estimate, search
from flat_plugin.architecture.hardware import Architecture
from flat_plugin.architecture.overrides import override
from flat_plugin.errors import InvalidMapping
from flat_plugin.mapping.fused import FusedMapping
from flat_plugin.model.estimate import Estimate
from flat_plugin.paper.assumptions import Assumption
from flat_plugin.report.read.parts import cycles_around

Answer = Mapping[str, float | str | None]
Progress = Callable[[int, int], None]
_OCTAVES = (-4.0, 14.0)  # of DRAM words/cycle: where a bandwidth is looked for
_STEPS = 24


@dataclass(frozen=True)
class Question:
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
    questions: Iterable[Question], jobs: int | None = None, progress: Progress | None = None
) -> dict[Question, Answer]:
    """Every question once, by as many processes as there are cores (or ``jobs``)."""
    wanted = list(dict.fromkeys(questions))
    workers = min(jobs or os.cpu_count() or 1, len(wanted))
    found: dict[Question, Answer] = {}
    if workers <= 1:
        for question in wanted:
            found[question] = answer(question)
            if progress:
                progress(len(found), len(wanted))
        return found
    with ProcessPoolExecutor(workers) as pool:
        asked = {pool.submit(answer, question): question for question in wanted}
        try:
            for done in as_completed(asked):
                found[asked[done]] = done.result()
                if progress:
                    progress(len(found), len(wanted))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)  # Ctrl-C: what is not begun is not wanted
            raise
    return found


def answer(question: Question) -> Answer:
    """Cycles, pJ, utilisation, …; only ``reason`` where the dataflow does not fit."""
    machine = question.assumption.machine(question.platform)
    energies = question.assumption.energies(machine)  # before the buffer changes: a figure of its own
    if question.buffer_kb is not None:
        machine = override(machine, {"buffer_kb": question.buffer_kb})
    if question.unbounded:
        machine = _with_buffer(machine, inf)
    options: dict[str, Any] = {
        "seq": question.tokens,
        "batch": question.batch,
        "softmax": question.assumption.mode,
        "ert": energies,
        "mask": "full",  # as the paper counts
    }
    try:
        if question.target is not None:
            return _bandwidth(question, machine, options)
        if question.level != "attention" or not question.dataflow.endswith("-opt"):
            stage = tuple("QKSVO") if question.unbounded else None
            found = estimate(
                question.model, machine, question.dataflow, level=question.level, stage=stage, **options
            )
        else:
            found = search(question.model, machine, dataflow=question.dataflow, **options).estimate
    except InvalidMapping as error:
        return {"reason": str(error)}
    return _figures(found)


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


def _bandwidth(question: Question, machine: Architecture, options: dict[str, Any]) -> Answer:
    """The least DRAM bandwidth for the target; ``words_per_cycle`` is None where none is enough.

    By bisection, of two mappings: the one of least traffic, and the one of least energy × delay with 16
    times the platform's bandwidth. An upper bound, for one searched for the very bandwidth could need less.
    """
    outer = machine.memories[0].shared_bandwidth
    asked = {"dataflow": question.dataflow, **options}
    found = (
        search(question.model, machine, objective="traffic", **asked),
        search(question.model, _with_bandwidth(machine, 16 * outer), **asked),
    )
    needed = [_needed(question, machine, each.mapping, options) for each in found]
    return {"words_per_cycle": min((width for width in needed if width is not None), default=None)}


def _needed(
    question: Question, machine: Architecture, mapping: FusedMapping, options: dict[str, Any]
) -> float | None:
    def enough(octave: float) -> bool:
        wide = _with_bandwidth(machine, 2.0**octave)
        found = estimate(question.model, wide, mapping=mapping, **options)
        return found.utilization >= (question.target or 1.0)

    low, high = _OCTAVES
    if not enough(high):
        return None
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return float(2.0**high)


def _with_bandwidth(machine: Architecture, words_per_cycle: float) -> Architecture:
    outer, *inner = machine.memories
    return replace(machine, memories=(replace(outer, shared_bandwidth=words_per_cycle), *inner))


def _with_buffer(machine: Architecture, words: float) -> Architecture:
    outer, buffer, *inner = machine.memories
    return replace(machine, memories=(outer, replace(buffer, capacity=words), *inner))
