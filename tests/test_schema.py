"""What a value may be, and how it is said that it is something else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, NotRequired, TypedDict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flat_plugin.errors import FlatError, SeveralErrors
from flat_plugin.schema import MOST_ERRORS, Above0, Amount, Check, Positive, check


class Part(TypedDict):
    name: str
    words: Positive | None
    area: NotRequired[Amount]


def ordered(parts: Any) -> Iterator[tuple[str, str]]:
    names = [part["name"] for part in parts]
    if names != sorted(names):
        yield "[0].name", "not in order"


class Machine(TypedDict):
    kind: Literal["edge", "cloud"]
    parts: Annotated[list[Part], Check(ordered)]
    energies: Mapping[str, Amount]


def machine(**changes: Any) -> dict[str, Any]:
    parts = [{"name": "A", "words": 4}, {"name": "B", "words": None, "area": 0}]
    return {"kind": "edge", "parts": parts, "energies": {"read": 1.5}, **changes}


def test_a_value_of_its_form_stays_what_it_was() -> None:
    value = machine(more="than the form names")
    assert check(Machine, value) is value


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"kind": "phone"}, "kind: not of the right kind (got 'phone'); expected edge or cloud"),
        ({"parts": {}}, "parts: not of the right kind (got {}); expected a list, each keys and values"),
        ({"parts": [3]}, "parts[0]: not of the right kind (got 3); expected keys and values"),
        ({"parts": [{"words": 1}]}, "parts[0].name: missing"),
        ({"parts": [{"name": "A", "words": 0}]}, "parts[0].words: out of range (got 0); expected 1 to 2^63"),
        ({"parts": [{"name": "A", "words": True}]}, "parts[0].words: not of the right kind (got true)"),
        ({"parts": [{"name": "\ud800", "words": 1}]}, "parts[0].name: not of the right kind"),
        ({"parts": [{"name": n, "words": 1} for n in "BA"]}, "parts[0].name: not in order"),
        ({"energies": {"read": float("inf")}}, "energies.read: not of the right kind (got inf)"),
        ({"energies": {"read": 1e300}}, "energies.read: out of range (got 1e+300); expected 0, or 1e-24 to"),
        ({"energies": {"read": 10**400}}, "energies.read: not of the right kind"),
        ({"energies": None}, "energies: not of the right kind (got 'nothing'); expected keys and values"),
    ],
)
def test_what_is_not_of_its_form_is_said_with_its_path(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(FlatError) as refused:
        check(Machine, machine(**changes))
    assert said in str(refused.value)


def test_everything_wrong_is_said_together_as_far_as_it_helps() -> None:
    with pytest.raises(SeveralErrors) as refused:
        check(Machine, {"kind": 1, "energies": {str(n): -1 for n in range(30)}}, "machine")
    assert "machine.kind" in str(refused.value) and "machine.parts: missing" in str(refused.value)
    assert len(refused.value.errors) == MOST_ERRORS + 1
    assert "and 12 more errors" in str(refused.value)


@pytest.mark.parametrize("value", [0, -1.0, "1", None, True, float("nan")])
def test_what_is_above_0_is_a_number(value: object) -> None:
    with pytest.raises(FlatError):
        check(Above0, value)  # type: ignore[arg-type]


def test_classes_and_unions_are_forms_too() -> None:
    assert check(Path | str, "a") == "a"  # type: ignore[arg-type]
    with pytest.raises(FlatError, match="a Path"):
        check(Path | str, 3)  # type: ignore[arg-type]


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda x: st.lists(x) | st.dictionaries(st.text(), x),
    )
)
def test_nothing_but_a_refusal_comes_of_any_value(value: object) -> None:
    try:
        check(Machine, value)
    except FlatError as error:
        assert str(error)
