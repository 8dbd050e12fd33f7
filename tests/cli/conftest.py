"""The command line in this process: ``flat("list", "--json")`` is what a shell would see."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from typing import NamedTuple

import pytest

from flat_plugin.cli import main


class Answer(NamedTuple):
    """What a command leaves behind."""

    code: int
    out: str
    err: str


Flat = Callable[..., Answer]


@pytest.fixture
def flat(monkeypatch: pytest.MonkeyPatch) -> Flat:
    def run(*arguments: object, columns: int | None = None) -> Answer:
        if columns is None:
            monkeypatch.delenv("COLUMNS", raising=False)
        else:
            monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setattr(sys, "argv", ["flat", *map(str, arguments)])
        out, err = StringIO(), StringIO()
        with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as ended:
            main()
        return Answer(int(ended.value.code or 0), out.getvalue(), err.getvalue())

    return run


@pytest.fixture
def refused(flat: Flat) -> Callable[..., str]:
    """``refused("estimate", …)``: the one line that says why; nothing else is printed."""

    def run(*arguments: object) -> str:
        answer = flat(*arguments)
        assert (answer.code, answer.out) == (2, ""), answer
        (line,) = answer.err.strip().splitlines()
        return line

    return run
