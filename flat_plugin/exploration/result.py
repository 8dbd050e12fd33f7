"""The answer of an exploration: the front, the best chip, what bounds it, and the proof."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flat_plugin.exploration.design_file import Exploration
from flat_plugin.exploration.figures import UNITS, Answer, Run, Totals
from flat_plugin.exploration.gains import Step
from flat_plugin.exploration.space import Space
from flat_plugin.plain import plain
from flat_plugin.shown import Shown

FORMAT = 2


@dataclass(frozen=True, repr=False)
class Chip(Shown):
    """A design with its figures.

    Attributes:
        values: axis -> value.
        settings: what is set of the architecture, ties included.
        answers: the details of the mapping of each workload.
        areas, peaks: mm² and W by part; an area is None where nobody knows it.
        missed: budget -> how far over it, relative; empty where all are met.
    """

    design: int
    label: str
    values: Mapping[str, Any]
    settings: Mapping[str, Any]
    totals: Totals
    answers: tuple[Answer, ...]
    areas: Mapping[str, float | None]
    peaks: Mapping[str, float]
    missed: Mapping[str, float]

    def to_dict(self, asked: Exploration) -> dict[str, Any]:
        """The machine-readable form."""
        figures = {name: _known(self.totals[name]) for name in UNITS}
        return {
            "design": plain(self.values),
            "settings": plain(self.settings),
            **{f"{name}_{_SUFFIX[name]}": value for name, value in figures.items()},
            "leakage_w": self.totals.leakage_w,
            "areas_mm2": plain(self.areas),
            "peaks_w": plain(self.peaks),
            "missed": dict(self.missed),
            "workloads": [
                _workload(case.name, run, answer)
                for case, run, answer in zip(asked.cases, self.totals.runs, self.answers, strict=True)
            ],
        }


_SUFFIX = {"edp": "js", "energy": "j", "latency": "s", "area": "mm2", "peak_power": "w", "power": "w"}


def _workload(name: str, run: Run, answer: Answer) -> dict[str, Any]:
    return {
        "name": name,
        "dataflow": answer.dataflow,
        "cycles": answer.cycles,
        "latency_s": run.latency_s,
        "waits": 1 - run.busy_s / run.latency_s,
        "energy_j": run.energy_j,
        "edp_js": run["edp"],
        "power_w": run.power_w,
        "utilization": answer.utilization * run.busy_s / run.latency_s,
        "bound": answer.bound,
        "dram_bytes": answer.dram_bytes,
        "limits": plain(answer.limits),
        "nest": answer.nest,
        "mapping": plain(answer.mapping),
    }


def _known(value: float) -> float | None:
    """As JSON has it: null for what is infinite (nothing fits), or not a number (an area nobody knows)."""
    return plain(value) if value == value else None


@dataclass(frozen=True)
class Count:
    """Chips that were ruled out, by what (limits, answers for other chips, their own evaluation) and why."""

    by: str
    why: str
    chips: int


@dataclass(frozen=True, repr=False)
class ExploreResult(Shown):
    """What an exploration found.

    Attributes:
        asked: the question.
        front: chips, each with its mappings, that none beats in the objectives, by the first; of equal ones
            the first found.
        best: the one of a single objective; of two, the one with the least product; of equal ones one that
            has no more of anything than it needs.
        nearest: where no chip meets the budgets, the one that is least over the one it misses most.
        steps: what one step along each axis would change of the best (or nearest).
        counts: what became of all designs.
        declared: combinations of the axes; ``designs`` of them meet the conditions.
        answers: searches and evaluations of one workload on one chip that it took.
        proven: whether all of them are accounted for; not where it was interrupted.
        assumptions: what the figures rest on, a sentence each.
        every: the figures of all designs that meet the budgets, where they were asked for.
        robust: how far the best stays the best, where that was asked for.
        interrupted: the best is proven, but not everything was varied that was to be.
    """

    asked: Exploration
    front: tuple[Chip, ...]
    best: Chip | None
    nearest: Chip | None
    steps: tuple[Step, ...]
    counts: tuple[Count, ...]
    declared: int
    designs: int
    answers: int
    seconds: float
    proven: bool
    assumptions: tuple[str, ...]
    every: tuple[Chip, ...] = ()
    robust: tuple[Any, ...] = ()
    interrupted: bool = False

    @property
    def space(self) -> Space:
        return self.asked.space

    @property
    def evaluated(self) -> int:
        """Chips whose figures were worked out."""
        return sum(count.chips for count in self.counts if count.by == "evaluated")

    @property
    def proof(self) -> str:
        """The claim in one line."""
        if not self.proven:
            return f"interrupted: the best so far of {self.designs:,} designs, not proven"
        ruled = ", ".join(
            f"{count.chips:,} by {count.by} ({count.why})" for count in self.counts if count.by != "evaluated"
        )
        searched = any(flow.searched for flow in self.asked.dataflows)
        over = "designs × mappings" if searched else "designs"
        return (
            f"proven over the declared {over}: {self.designs:,} designs, {self.evaluated:,} evaluated"
            + (f", ruled out: {ruled}" if ruled else "")
            + f"; {self.answers:,} answers"
        )

    def to_dict(self) -> dict[str, Any]:
        """The machine-readable form that ``flat explore --json`` prints."""
        asked = self.asked
        chip = self.best or self.nearest
        return {
            "format": FORMAT,
            "architecture": asked.base.name,
            "objectives": list(asked.objectives),
            "dataflows": [flow.name for flow in asked.dataflows],
            "axes": {axis.name: plain(axis.values) for axis in asked.space.axes},
            "workloads": [
                {"name": case.name, "level": case.level, "weight": case.weight} for case in asked.cases
            ],
            "budgets": [
                {
                    "figure": budget.figure,
                    "most": budget.most,
                    "unit": budget.unit,
                    "workload": None if budget.case is None else asked.cases[budget.case].name,
                }
                for budget in asked.limited
            ],
            "proven": self.proven,
            "proof": self.proof,
            "declared": self.declared,
            "designs": self.designs,
            "evaluated": self.evaluated,
            "answers": self.answers,
            "seconds": self.seconds,
            "ruled_out": [{"by": count.by, "why": count.why, "chips": count.chips} for count in self.counts],
            "best": self.best.to_dict(asked) if self.best else None,
            "nearest": self.nearest.to_dict(asked) if self.nearest else None,
            "front": [each.to_dict(asked) for each in self.front],
            "every": [each.to_dict(asked) for each in self.every],
            "steps": [step_dict(step, chip.totals) for step in self.steps] if chip else [],
            "robust": [each.to_dict() for each in self.robust],
            "interrupted": self.interrupted,
            "assumptions": list(self.assumptions),
        }


def step_dict(step: Step, here: Totals) -> dict[str, Any]:
    """A step, and how every figure changes: relative to the chip it starts from."""
    there = step.totals
    changes = {
        name: None if there is None else _known(there[name] / here[name] - 1 if here[name] else 0.0)
        for name in UNITS
    }
    return {"axis": step.axis, "from": step.value, "to": step.to, "why": step.why, "changes": changes}
