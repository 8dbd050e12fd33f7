"""Arguments of the public functions are checked like options."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import pytest

import flat_plugin as flat
from flat_plugin import FlatError
from flat_plugin.arguments import ArgumentError, checked

FUNCTIONS = [
    getattr(flat, name) for name in flat.__all__ if inspect.isfunction(inspect.unwrap(getattr(flat, name)))
]
WRONG: list[Any] = [object(), 2.5, b"x", {1: 2}, [None], ..., float("nan"), "\ud800", 10**400]


@checked
def stretched(name: str, factors: list[int] | None = None, **options: Any) -> tuple[Any, ...]:
    return name, factors, options


def test_what_fits_is_passed_on() -> None:
    assert stretched("a", factors=[1], more=2) == ("a", [1], {"more": 2})
    assert inspect.signature(stretched).parameters.keys() == {"name", "factors", "options"}


@pytest.mark.parametrize(
    ("arguments", "options", "said"),
    [
        ((), {}, "stretched: missing a required argument: 'name'; expected name, factors, options"),
        ((3,), {}, "name: not of the right kind (got 3); expected a text"),
        (
            ("a",),
            {"factors": [1, "b"]},
            "factors[1]: not of the right kind (got 'b'); expected a whole number",
        ),
        (("a",), {"factors": 7}, "factors: not of the right kind (got 7); expected a list or nothing"),
    ],
)
def test_what_does_not_fit_is_refused(arguments: Any, options: Any, said: str) -> None:
    with pytest.raises(ArgumentError) as refused:
        stretched(*arguments, **options)
    assert said in str(refused.value)
    assert isinstance(refused.value, TypeError)  # as Python has it


def test_every_public_function_checks_its_arguments() -> None:
    assert [each.__name__ for each in FUNCTIONS if inspect.unwrap(each) is each] == []


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda each: each.__name__)
def test_wrong_types_are_refused_and_nothing_is_written(
    function: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    parameters = inspect.signature(function).parameters
    names = {name: each for name, each in parameters.items() if each.kind is not each.VAR_KEYWORD}
    first = next(iter(names))
    required = {first, *(name for name, each in names.items() if each.default is each.empty)}
    for name in names:
        for value in WRONG:
            filled = dict.fromkeys(required, WRONG[0]) | {name: value}
            with pytest.raises(FlatError):
                function(**filled)
    assert list(tmp_path.iterdir()) == []
