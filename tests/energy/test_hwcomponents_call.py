"""The script that runs where hwcomponents is, with a stand-in for it."""

from __future__ import annotations

import json
import sys
from importlib import metadata
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from flat_plugin.energy import hwcomponents_call as call


class Adder:
    """Adds at 2 pJ a bit."""

    leak_power, area = 3e-3, 5e-12

    def __init__(self, width: int) -> None:
        self.width = width

    def add(self, bits_per_action: int = 0) -> SimpleNamespace:
        return SimpleNamespace(energy=(bits_per_action or self.width) * 2e-12 / 3)


@pytest.fixture(autouse=True)
def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    def get_model(name: str, attributes: dict[str, int], actions: list[str]) -> Adder:
        if name != "adder" or actions != ["add"]:
            raise LookupError(f"no {name}")
        return Adder(**attributes)

    module = ModuleType("hwcomponents")
    monkeypatch.setattr(module, "get_model", get_model, raising=False)
    monkeypatch.setitem(sys.modules, "hwcomponents", module)


def test_an_answer_is_in_pj_watts_and_square_micrometres() -> None:
    query = {"model": "adder", "attributes": {"width": 3}, "actions": ["add"], "arguments": {}}
    found = call.answer(query)
    package = Adder.__module__.partition(".")[0]
    assert found == {
        "energy_pj": {"add": 2.0},
        "leak_watts": 3e-3,
        "area_um2": 5.0,
        "class": f"{package} Adder",
    }
    more = call.answer({**query, "arguments": {"bits_per_action": 6}})
    assert more["energy_pj"] == {"add": 4.0}


def test_rounding_is_left_out() -> None:
    assert call.figure(0.1 + 0.2) == 0.3
    assert call.figure(1234567890123.4) == 1234567890120.0


def test_whatever_a_model_raises_is_the_reason_why_there_is_no_answer() -> None:
    query = {"model": "cache", "attributes": {}, "actions": ["read"], "arguments": {}}
    assert call.answer(query) == {"error": "LookupError: no cache"}


def test_versions_are_those_of_the_packages_that_are_here(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        if name != "hwcomponents-cacti":
            raise metadata.PackageNotFoundError
        return "1.2"

    monkeypatch.setattr(metadata, "version", version)
    assert dict(call.versions()) == {"hwcomponents-cacti": "1.2"}


def test_questions_and_answers_are_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = [{"model": "adder", "attributes": {"width": 3}, "actions": ["add"], "arguments": {}}] * 2
    (tmp_path / "queries").write_text(json.dumps(asked))
    monkeypatch.setattr(sys, "argv", ["call", str(tmp_path / "queries"), str(tmp_path / "answers")])
    call.main()
    found = json.loads((tmp_path / "answers").read_text())
    assert found == {"versions": dict(call.versions()), "answers": [call.answer(asked[0])] * 2}
