"""Stand-ins for Accelergy and hwcomponents, which give recorded answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from flat_plugin.energy.hwcomponents import PYTHON_VARIABLE

REFERENCE = Path(__file__).parents[1] / "reference"
RECORDED = REFERENCE / "accelergy"  # a run of the real accelergy on edge


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
def hwcomponents(
    programs: Callable[[str, str], Path], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Path]:
    """A Python that has hwcomponents, and whose script gives recorded answers."""

    def put(answers: object = None) -> Path:
        given = answers or json.loads((REFERENCE / "hwcomponents_edge.json").read_text())
        body = (
            "if sys.argv[1] == '-c': sys.stdout.write('1.0.114'); sys.exit()\n"
            f"open(sys.argv[3], 'w').write({json.dumps(given)!r})"
        )
        path = programs("python-with-hwcomponents", body)
        monkeypatch.setenv(PYTHON_VARIABLE, str(path))
        return path

    return put
