"""What cannot be answered is refused in one line, before anything is printed or written."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from flat_plugin.cli import app
from flat_plugin.errors import FlatError

LAYER = ["--attention", "B=1,H=2,M=64,N=64,D=16"]


def refused(*arguments: object) -> str:
    answer = CliRunner().invoke(app, [str(each) for each in arguments])
    assert isinstance(answer.exception, FlatError), answer.exception or answer.output
    assert answer.stdout == ""
    return str(answer.exception)


@pytest.mark.parametrize("command", ["estimate", "explain", "generate", "search"])
@pytest.mark.parametrize("named", ["", " , "])
def test_no_dataflow_at_all(command: str, named: str, tmp_path: Path) -> None:
    output = ["-o", tmp_path / "out"] if command == "generate" else []
    assert "--dataflow: nothing is named" in refused(command, *LAYER, "--dataflow", named, *output)
    assert not (tmp_path / "out").exists()
