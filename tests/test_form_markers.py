"""Marks on annotations: a reader refuses by them, an editor completes by them."""

from __future__ import annotations

from typing import Annotated, Any, TypedDict

import pytest

from flat_plugin.errors import FlatError
from flat_plugin.form_markers import CLOSED, SINGLE, SOME, Among, Closed, Proposes, Says, Single, Some
from flat_plugin.schema import check


class Part(TypedDict):
    name: str


def test_marks_are_values() -> None:
    """So they are found among others in an annotation, and annotations with them are cached."""
    assert (Closed(), Single(), Some()) == (CLOSED, SINGLE, SOME)
    assert Among(("a",)) == Among(("a",)) != Among(("b",))
    assert hash(Says("bits")) == hash(Says("bits"))


@pytest.mark.parametrize(
    ("form", "right", "wrong", "said"),
    [
        (Annotated[Part, CLOSED], {"name": "A"}, {"name": "A", "words": 1}, "unknown key .got 'words'."),
        (Annotated[list[int], SOME], [1], [], "empty; expected at least one entry"),
        (Annotated[str, Among(("x", "y"))], "x", "z", "unknown choice .got 'z'.; expected x or y"),
    ],
)
def test_what_they_refuse(form: Any, right: object, wrong: object, said: str) -> None:
    assert check(form, right) == right
    with pytest.raises(FlatError, match=said):
        check(form, wrong)


def test_a_single_entry_may_stand_for_its_list() -> None:
    form: Any = Annotated[list[int], SINGLE]
    assert check(form, 3) == [3] and check(form, [3]) == [3]


def test_what_is_said_and_proposed_refuses_nothing() -> None:
    named: Any = Annotated[str, Says("a name"), Proposes(lambda: ["edge"])]
    assert check(named, "cloud") == "cloud"
