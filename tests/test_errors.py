"""Errors that workers hand over are the errors that they had."""

from __future__ import annotations

import pickle
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import numpy as np
import pytest

import flat_plugin
from flat_plugin.errors import FlatError, InvalidMapping, SeveralErrors
from flat_plugin.programs.errors import ProgramCrashed

WHERE = {"path": "architecture.local[1]", "value": -1, "expected": "1 or more"}
ERRORS = (
    FlatError("bad depth", file="a.yaml", **WHERE),
    InvalidMapping("too large", level="Buffer", tile=9, capacity=8),
    ProgramCrashed("ended").describing(command=("timeloop", "x"), log="why", folder=Path("out")),
    SeveralErrors([FlatError("one", **WHERE), InvalidMapping("two", tile=9)]),
)


def again(error: FlatError) -> FlatError:
    found = pickle.loads(pickle.dumps(error))
    assert isinstance(found, FlatError)
    return found


def state(error: FlatError) -> object:
    inner = [state(each) for each in getattr(error, "errors", ())]
    return type(error), error.args, {k: v for k, v in vars(error).items() if k != "errors"}, inner


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("file", [None, "sweep.yaml"])
def test_nothing_is_lost_on_the_way(error: FlatError, file: str | None) -> None:
    sent = again(error).located(file) if file else error
    found = again(sent)
    assert str(found) == str(sent)
    assert state(found) == state(sent)


def test_every_error_of_the_package_can_be_sent() -> None:
    for module in walk_packages(flat_plugin.__path__, "flat_plugin."):
        if ".plug_in." not in module.name and not module.name.endswith("pytimeloop_call"):
            import_module(module.name)
    waiting, seen = [FlatError], set()
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        seen.add(kind.__name__)
        error = kind([FlatError("bad")]) if kind is SeveralErrors else kind("bad")
        assert state(again(error)) == state(error), kind
    assert {"FolderError", "DoesNotFit", "NoEstimate", "ProgramTimeout"} <= seen


def test_a_key_that_is_a_number_is_a_place_too() -> None:
    assert str(FlatError("unknown", path=3)) == "3: unknown"  # type: ignore[arg-type]


@pytest.mark.parametrize("part", ["message", "file", "path", "value", "expected"])
def test_a_lone_surrogate_is_escaped_wherever_it_stands(part: str) -> None:
    error = FlatError(**{"message": "bad", part: "lone \ud800"})
    assert "\\ud800" in str(error).encode().decode()
    assert "\\ud800" in str(SeveralErrors([error, error])).encode().decode()


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (True, "true"),
        (Path("arch/edge.yaml"), "'arch/edge.yaml'"),
        ([1, False, Path("a")], "[1, false, 'a']"),
        ({"pes": [True]}, "{'pes': [true]}"),
        (np.float64(0.5), "0.5"),
        (np.arange(2), "[0, 1]"),
        ("true", "'true'"),
    ],
)
def test_values_stand_as_users_write_them(value: object, said: str) -> None:
    assert str(FlatError("wrong", value=value)) == f"wrong (got {said})"
