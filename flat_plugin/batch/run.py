"""One run of a batch: everything that decides its result, and the name derived from it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final

from flat_plugin.architecture.overrides import changes_text
from flat_plugin.mapping.dataflow import TENSORS, Dataflow
from flat_plugin.plain import plain
from flat_plugin.question.question import Question
from flat_plugin.timeloop.settings import MapperSettings

FORMAT: Final = 3  # of the files of a run
FIGURES = 6  # raise it when a figure of any result changes: finished runs are then run again
_DIGITS = 20  # of the SHA-256 that a run is called by


@dataclass(frozen=True)
class EngineChoice:
    """Who evaluates: ``native``, ``timeloop`` or ``pytimeloop``, and which build of it."""

    name: str
    identity: str


@dataclass(frozen=True)
class Run:
    """Everything is resolved: a worker needs no file but the folder it writes to.

    ``mapper`` is how Timeloop searches inside the dataflow; None evaluates the dataflow's own
    mapping. ``space`` is the name of what a searched dataflow keeps to, ``stage`` what the sweep says of
    staging. ``time_limit`` is in seconds for one operator in Timeloop.
    """

    question: Question
    dataflow: Dataflow
    seq: int
    batch: int
    engine: EngineChoice
    overrides: Mapping[str, object] = field(default_factory=dict)
    stage: tuple[str, ...] | None = None
    space: str | None = None
    mapper: MapperSettings | None = None
    time_limit: float | None = None

    def __str__(self) -> str:
        """A line for people: what most sweeps vary."""
        machine = self.question.platform.architecture.name + changes_text(self.overrides)
        size = f"{self.question.workload.name}, {self.batch} × {self.seq:,} tokens"
        return f"{size}, on {machine}, {self.dataflow.name}, {self.engine.name}"

    def inputs(self) -> dict[str, Any]:
        """What distinguishes this run from others of its sweep, in the sweep's words."""
        question, setting = self.question, self.question.setting
        attention = question.workload.attention
        return {
            "model": question.workload.name,
            "seq": self.seq,
            "queries": attention.queries,
            "batch": self.batch,
            "bits": str(attention.widths) or None,
            "architecture": question.platform.architecture.name,
            "overrides": plain(self.overrides),
            "dataflow": self.dataflow.name,
            "level": question.level,
            "softmax": setting.softmax,
            "overflow": setting.overflow,
            "mask": str(attention.mask),
            "skip": setting.skip,
            "elementwise": setting.elementwise,
            "stage": None if self.stage is None else list(self.stage),
            "space": self.space,
            "engine": self.engine.name,
            "mapper": plain(self.mapper),
        }

    def document(self) -> dict[str, Any]:
        """All that decides the result: the content of ``inputs.json``."""
        question = self.question
        constraints = question.constraints[question.counted(question.workload.attention)]
        return {
            "format": FORMAT,
            "figures": FIGURES,
            "inputs": self.inputs(),
            "workload": plain(replace(question.workload, trace=None)),
            **({"trace": _digest(plain(trace))} if (trace := question.workload.trace) is not None else {}),
            "architecture": plain(question.platform.architecture),
            "energies": plain(question.platform.energies),
            "dataflow": plain(self.dataflow),
            "constraints": {name: plain(replace(each, place="")) for name, each in constraints.items()},
            "engine": plain(self.engine),
            **({"objective": question.objective} if question.objective else {}),
            **({"perfect_because": question.perfect_because} if question.perfect_because else {}),
            **({"mapping": plain(question.mapping)} if question.mapping is not None else {}),
            # Without a search it decides only whether there is a result.
            "time_limit_seconds": self.time_limit if self.mapper else None,
        }

    @cached_property
    def key(self) -> str:
        """The content hash of :meth:`document`: the name of the run and of its folder."""
        return key_of(self.document())


def key_of(document: Mapping[str, Any]) -> str:
    """The name of the run whose ``inputs.json`` this is."""
    return _digest(document)[:_DIGITS]


def _digest(document: Mapping[str, Any]) -> str:
    text = json.dumps(document, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def staged(stage: tuple[str, ...]) -> tuple[str, ...]:
    """Tensors in the order of the layer, so that ``K,V`` and ``V,K`` are one run."""
    names = {name.strip().upper() for name in stage}
    return tuple(name for name in TENSORS if name in names)
