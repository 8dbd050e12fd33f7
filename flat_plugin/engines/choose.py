"""Which engine a name stands for."""

from __future__ import annotations

from pathlib import Path

from flat_plugin.engines.native import NativeEngine
from flat_plugin.engines.protocol import Engine
from flat_plugin.engines.timeloop import TimeloopEngine
from flat_plugin.errors import FlatError
from flat_plugin.programs.errors import ProgramMissing
from flat_plugin.programs.limits import OPERATOR_SECONDS

ENGINES = ("auto", "native", "timeloop", "pytimeloop")


def choose_engine(
    name: str = "native", *, folder: Path | None = None, time_limit: float | None = OPERATOR_SECONDS
) -> Engine:
    """An engine by name.

    Args:
        name: ``native``; ``timeloop``, by its programs or else by pytimeloop; ``pytimeloop`` only;
            ``auto``: Timeloop where it is installed, else native. The ``name`` and ``tool`` of the
            engine say which it took.
        folder: where Timeloop's runs are kept; nowhere if not given.
        time_limit: seconds for one operator in Timeloop.

    Raises:
        ProgramMissing: Timeloop was asked for and is not here.
    """
    if name not in ENGINES:
        raise FlatError("unknown engine", path="engine", value=name, expected=ENGINES)
    if name == "native":
        return NativeEngine()
    try:
        via = "pytimeloop" if name == "pytimeloop" else None
        return TimeloopEngine(via, folder=folder, time_limit=time_limit)
    except ProgramMissing:
        if name != "auto":
            raise
        return NativeEngine()
