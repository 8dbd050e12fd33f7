"""The two ways to Timeloop: its programs, and pytimeloop's timeloopfe."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from flat_plugin.errors import FlatError
from flat_plugin.programs.errors import ProgramError, ProgramMissing
from flat_plugin.programs.find import (
    PYTHON_VARIABLE,
    build,
    described,
    find_program,
    python_package,
    pytimeloop_python,
)

WAYS = ("binary", "pytimeloop")
_TABLES = ("ERT.yaml", "ART.yaml")  # given, so that Timeloop does not run Accelergy
_SCRIPT = "pytimeloop_call.py"
_PLAIN = re.compile(r"[A-Za-z0-9_./+-]+")


class Way(Protocol):
    """How to call Timeloop on the files of one operator, in their folder."""

    @property
    def files(self) -> Mapping[str, str]:
        """What the folder must hold besides the operator's files."""

    @property
    def needs_plain_folder(self) -> bool:
        """The folder's name must mean nothing to a shell."""

    def reads(self, program: str) -> tuple[str, ...]:
        """The files that say what to evaluate, or within what to search."""

    def command(self, program: str) -> list[str]: ...

    def tool(self, program: str) -> str: ...

    def identity(self, program: str) -> str:
        """What its answers depend on: versions and builds, not where they are installed."""

    def scratch(self) -> str: ...


def find_way(via: str | None = None) -> Way:
    """The way named, or the first that is here: the programs, then pytimeloop.

    Raises:
        ProgramMissing: it is not here; the message says how to get it.
    """
    if via is not None and via not in WAYS:
        raise FlatError("unknown way to Timeloop", path="via", value=via, expected=WAYS)
    if via != "pytimeloop" and find_program("timeloop-model"):
        return Programs()
    if via != "binary" and (python := pytimeloop_python()):
        if not find_program("timeloop-model"):
            raise ProgramMissing(f"pytimeloop (in {python}) calls timeloop-model, which is not on PATH")
        return Pytimeloop(python)
    missing = {
        "binary": "timeloop-model is not on PATH",
        "pytimeloop": f"pytimeloop is not installed here, nor named by {PYTHON_VARIABLE}",
    }
    wanted = [missing[way] for way in WAYS if via in (None, way)]
    raise ProgramMissing(" and ".join(wanted) + "; `flat doctor` says how to get it")


@dataclass(frozen=True)
class Programs:
    """``timeloop-model`` and ``timeloop-mapper`` from PATH."""

    files: Mapping[str, str] = field(default_factory=dict)
    needs_plain_folder: bool = False

    def reads(self, program: str) -> tuple[str, ...]:
        return ("mapping.yaml",) if program == "timeloop-model" else ("constraints.yaml", "mapper.yaml")

    def command(self, program: str) -> list[str]:
        own = self.reads(program)
        return [_path(program), "architecture.yaml", "problem.yaml", *_TABLES, *own, "-o", "."]

    def tool(self, program: str) -> str:
        return described(_path(program))

    def identity(self, program: str) -> str:
        return f"{program} {build(_path(program))}"

    def scratch(self) -> str:
        return tempfile.gettempdir()


@dataclass(frozen=True)
class Pytimeloop:
    """``call_model`` and ``call_mapper``, in a process of their own: bindings can end it."""

    python: str
    needs_plain_folder: bool = True

    @property
    def files(self) -> Mapping[str, str]:
        return {_SCRIPT: Path(__file__).with_name(_SCRIPT).read_text(encoding="utf-8")}

    def reads(self, program: str) -> tuple[str, ...]:
        if program == "timeloop-model":
            return ("mapping.timeloopfe.yaml",)
        return ("constraints.timeloopfe.yaml", "mapper.yaml")

    def command(self, program: str) -> list[str]:
        call = "call_model" if program == "timeloop-model" else "call_mapper"
        own = self.reads(program)
        return [self.python, _SCRIPT, call, "architecture.timeloopfe.yaml", "problem.yaml", *own]

    def tool(self, program: str) -> str:
        return f"pytimeloop {self._version()} ({self.python}), {described(_path(program))}"

    def identity(self, program: str) -> str:
        return f"pytimeloop {self._version()}, {program} {build(_path(program))}"

    def _version(self) -> str:
        return python_package(self.python, "pytimeloop") or "of unknown version"

    def scratch(self) -> str:
        for place in (tempfile.gettempdir(), "/tmp"):
            if _PLAIN.fullmatch(place) and Path(place).is_dir():
                return place
        raise ProgramError(
            "pytimeloop needs a temporary folder whose name means nothing to a shell",
            path="TMPDIR",
            value=tempfile.gettempdir(),
        )


def _path(program: str) -> str:
    path = find_program(program)
    if path is None:
        raise ProgramMissing(f"{program} is not on PATH; `flat doctor` says how to get it")
    return path
