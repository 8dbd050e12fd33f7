"""The script that runs where pytimeloop is, with a stand-in for it."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from flat_plugin.engines import pytimeloop_call


class Process:
    def __init__(self, code: int) -> None:
        self.code = code

    def wait(self) -> int:
        return self.code


@pytest.fixture(autouse=True)
def interrupts() -> Iterator[None]:
    before = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What ``call_model`` and ``call_mapper`` were asked for."""
    found: list[Any] = []

    class Specification:
        @staticmethod
        def from_yaml_files(*files: str) -> tuple[str, ...]:
            return files

    def call(name: str, code: int) -> Any:
        def asked(*given: Any, **options: Any) -> Process:
            found.append((name, given, options))
            return Process(code)

        return asked

    package = ModuleType("pytimeloop.timeloopfe")
    version = ModuleType("pytimeloop.timeloopfe.v4")
    vars(version).update(
        Specification=Specification, call_model=call("model", 0), call_mapper=call("mapper", 7)
    )
    vars(package).update(v4=version)
    monkeypatch.setitem(sys.modules, "pytimeloop", ModuleType("pytimeloop"))
    monkeypatch.setitem(sys.modules, "pytimeloop.timeloopfe", package)
    return found


@pytest.mark.parametrize(("call", "name", "code"), [("call_model", "model", 0), ("call_mapper", "mapper", 7)])
def test_it_calls_what_is_asked_and_ends_as_timeloop_does(
    called: list[Any], call: str, name: str, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["pytimeloop_call.py", call, "architecture.yaml", "mapping.yaml"])
    assert pytimeloop_call.main() == code
    ((found, (specification,), options),) = called
    assert (found, specification) == (name, ("architecture.yaml", "mapping.yaml"))
    assert options == {
        "output_dir": str(tmp_path),
        "extra_input_files": ["ERT.yaml", "ART.yaml"],
        "return_proc": True,
    }


def test_an_interrupt_is_left_to_the_mapper(called: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["pytimeloop_call.py", "call_mapper", "a.yaml"])
    pytimeloop_call.main()
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
