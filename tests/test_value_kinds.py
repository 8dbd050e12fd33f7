"""What JSON does not tell apart: true and 1, whole numbers and others, what is finite and what is not."""

from math import inf, nan
from pathlib import Path
from typing import Any, Protocol

import pytest

from flat_plugin.value_kinds import Infinite, test_of


class Named(Protocol):
    name: str

    def run(self) -> None: ...


class Engine:
    name = "mine"

    def run(self) -> None:
        raise AssertionError("nobody asks for it to run")


@pytest.mark.parametrize(
    ("kind", "right", "wrong"),
    [
        (int, [0, 10**30], [True, 1.0, "1", None]),
        (float, [1, 0.5], [True, inf, nan, 10**400, "1"]),
        (Infinite, [1, 0.5, inf], [True, nan, "1"]),
        (str, ["", "a b"], [1, "\0", "\ud800", None]),
        (bool, [True], [1, "yes"]),
        (Path, [Path("a")], ["a", Path("a\0b")]),
        (None, [None], [0, ""]),
        (Any, [None, 1, object()], []),
        (Named, [Engine()], [1, "mine"]),
    ],
)
def test_a_kind_takes_its_values_and_no_others(kind: Any, right: list[object], wrong: list[object]) -> None:
    takes = test_of(kind)
    assert all(map(takes, right)) and not any(map(takes, wrong))


test_of.__test__ = False  # type: ignore[attr-defined]  # a function of ours, whose name begins so
