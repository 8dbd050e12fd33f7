"""Which engine a name stands for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from flat_plugin.engines.native import NativeEngine
from flat_plugin.engines.protocol import Engine
from flat_plugin.errors import FlatError
from flat_plugin.programs.errors import ProgramMissing
from flat_plugin.programs.limits import OPERATOR_SECONDS
from flat_plugin.timeloop.settings import MapperSettings


@dataclass(frozen=True)
class Setup:
    """What an engine may need to know.

    Args:
        folder: where the runs of outside programs are kept; nowhere if not given.
        time_limit: seconds for one operator in an outside program.
        mapper: how ``timeloop-mapper`` searches inside a dataflow; nothing is searched if not given.
    """

    folder: Path | None = None
    time_limit: float | None = OPERATOR_SECONDS
    mapper: MapperSettings | None = None


def _timeloop(setup: Setup, via: str | None = None) -> Engine:
    from flat_plugin.engines.timeloop import TimeloopEngine  # most runs need no outside program

    return TimeloopEngine(via, folder=setup.folder, time_limit=setup.time_limit, mapper=setup.mapper)


# Name -> how the engine is made. Whatever else asks for engines asks :func:`choose_engine`.
REGISTRY: dict[str, Callable[[Setup], Engine]] = {
    "native": lambda setup: NativeEngine(),
    "timeloop": _timeloop,
    "pytimeloop": lambda setup: _timeloop(setup, "pytimeloop"),
}
ENGINES = ("auto", *REGISTRY)


def needs_divisors(identity: str) -> str:
    """Who cannot take loops with a shorter last turn, of an engine of this identity; nobody as a rule."""
    return "pytimeloop" if identity.startswith("pytimeloop") else ""


def choose_engine(
    name: str = "native",
    *,
    folder: Path | None = None,
    time_limit: float | None = OPERATOR_SECONDS,
    mapper: MapperSettings | None = None,
) -> Engine:
    """An engine by name.

    Args:
        name: ``native``; ``timeloop``, by its programs or else by pytimeloop; ``pytimeloop`` only;
            ``auto``: Timeloop where it is installed, else native. The ``name`` and ``tool`` of the
            engine say which it took.
        folder: this and what follows as of :class:`Setup`.

    Raises:
        ProgramMissing: Timeloop was asked for and is not here.
    """
    setup = Setup(folder, time_limit, mapper)
    if name == "auto":
        try:
            return REGISTRY["timeloop"](setup)
        except ProgramMissing:
            return REGISTRY["native"](setup)
    if name not in REGISTRY:
        raise FlatError("unknown engine", path="engine", value=name, expected=("auto", *REGISTRY))
    return REGISTRY[name](setup)
