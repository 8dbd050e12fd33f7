"""The interface of engines, which evaluate one operator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from flat_plugin.architecture.platform import Platform
from flat_plugin.mapping.nest import OperatorMapping
from flat_plugin.model.operator import OperatorResult
from flat_plugin.timeloop.directives import Directive
from flat_plugin.workload.einsum import Einsum


@dataclass(frozen=True)
class Task:
    """One operator on a platform under a mapping.

    Args:
        shared: dimensions of the loops that a fused chain shares, which an engine that searches leaves alone.
        fixed: what an engine that searches keeps to besides.
    """

    einsum: Einsum
    platform: Platform
    mapping: OperatorMapping
    shared: tuple[str, ...] = ()
    fixed: Sequence[Directive] = ()


@dataclass(frozen=True)
class EngineRun:
    """An engine's answer.

    Args:
        mapping: the task's, or the better one that the engine found.
        tool: which program and build answered.
        command: of an outside program, and how long it took.
        folder: what it read and wrote; None if that was a temporary one.
        complete: false for a search that a time limit ended: the best mapping so far.
    """

    result: OperatorResult
    mapping: OperatorMapping
    tool: str
    command: tuple[str, ...] = ()
    seconds: float = 0.0
    folder: Path | None = None
    complete: bool = True


class Engine(Protocol):
    """Evaluates one operator after the other. ``name`` is how a user asks for it."""

    name: str

    @property
    def tool(self) -> str:
        """Which program and build answers, for people."""

    def identity(self) -> str:
        """What answers depend on besides the task: a run whose engine has another one is run again."""

    def run(self, task: Task) -> EngineRun:
        """The answer.

        Raises:
            InvalidMapping: the hardware cannot run the mapping.
            ProgramError: an outside program gave no result.
            FlatError: the engine does not know what is asked.
        """
