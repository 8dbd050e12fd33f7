"""Arguments of the public functions are checked like options."""

from __future__ import annotations

import inspect
from contextlib import suppress
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

import flat_plugin as flat
from flat_plugin import FlatError
from flat_plugin.arguments import ArgumentError, checked
from flat_plugin.timeloop.settings import MapperSettings
from flat_plugin.workload.blocks import Blocks
from flat_plugin.workload.mask import Mask

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
        ((), {}, "stretched: missing a required argument: 'name'; expected name, factors or options"),
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


VALUES = (
    *(None, True, 3, -1, 0.5, "x", "", [], [3], {}, {"a": 1}, (1,), (), ("a", "b"), object()),
    *(10**30, float("nan"), "\ud800"),
)


def public_values() -> list[Any]:
    """One of each kind of value that users make, and of those inside it."""
    layer = flat.parse_attention("B=1,H=2,M=32,N=32,D=16")
    edge = flat.find_architecture("edge")
    values = [
        *(layer, flat.Block(layer, 64, 128), flat.find_model("bert-base"), edge, edge.memories[0]),
        *(edge.compute, edge.softmax, flat.parse_dataflow("flat-r8"), flat.energy_table("edge")),
        *(flat.estimate(layer, edge, "flat-r8").mapping, MapperSettings(), Mask(causal=True)),
        *(Blocks(1, 1, ("1",)), flat.find_model("bert-base").stack[0][1]),
    ]
    return list({type(value): value for value in values}.values())


@pytest.mark.parametrize("value", public_values(), ids=lambda value: type(value).__name__)
def test_a_field_of_the_wrong_kind_is_refused_or_kept(value: Any) -> None:
    """Never another exception: what is kept is refused by the function that it is given to."""
    for field in (each for each in fields(value) if each.init):
        for odd in VALUES:
            with suppress(FlatError):
                repr(replace(value, **{field.name: odd}))
