"""Stand-ins for Accelergy and hwcomponents, which give recorded answers."""

from __future__ import annotations

import json
import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from flat_plugin.energy.hwcomponents import PYTHON_VARIABLE

REFERENCE = Path(__file__).parents[1] / "reference"
RECORDED = REFERENCE / "accelergy"  # a run of the real accelergy on edge


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], Path]:
    """``program(name, body)`` puts a Python program of that name on PATH, where nothing else is."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv(PYTHON_VARIABLE, raising=False)

    def put(name: str, body: str) -> Path:
        path = folder / name
        path.write_text(f"#!{sys.executable}\nimport json, os, shutil, sys, time\n{body}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        assert os.access(path, os.X_OK)
        return path

    return put


@pytest.fixture
def replay() -> Callable[..., str]:
    """The body of an ``accelergy`` that writes the recorded files, with texts replaced in one of them."""

    def body(file: str = "", old: str = "", new: str = "") -> str:
        lines = [f"print(open({str(RECORDED / 'accelergy.log')!r}).read())"]
        for name in ("ERT", "ERT_summary", "ART", "ART_summary"):
            text = (RECORDED / f"{name}.yaml").read_text()
            if name == file:
                assert old in text
                text = text.replace(old, new)
            lines.append(f"open('{name}.yaml', 'w').write({text!r})")
        return "\n".join(lines)

    return body


@pytest.fixture
def hwcomponents(program: Callable[[str, str], Path], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """A Python that has hwcomponents, and whose script gives recorded answers."""

    def put(answers: object = None) -> Path:
        given = answers or json.loads((REFERENCE / "hwcomponents_edge.json").read_text())
        body = (
            "if sys.argv[1] == '-c': sys.stdout.write('1.0.114'); sys.exit()\n"
            f"open(sys.argv[3], 'w').write({json.dumps(given)!r})"
        )
        path = program("python-with-hwcomponents", body)
        monkeypatch.setenv(PYTHON_VARIABLE, str(path))
        return path

    return put
