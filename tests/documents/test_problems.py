"""All that is wrong with a document, in one report."""

from typing import Any

import pytest

from flat_plugin.documents.problems import Problems
from flat_plugin.errors import FlatError, SeveralErrors


def whole(value: Any) -> int:
    if not isinstance(value, int):
        raise FlatError("not whole", path="inner", value=value)
    return value


def test_what_is_right_is_read_and_the_rest_is_kept() -> None:
    problems = Problems("sweep")
    assert problems.each("seq", {"seq": [1, "a", 3]}, whole) == (1, 3)
    assert problems.each("batch", {"batch": 2}, whole) == (2,)
    assert problems.each("mask", {}, whole, [7]) == (7,)
    assert problems.one_of("softmax", {"softmax": "seriall"}, ("free", "serial"), "free") == "free"
    with pytest.raises(SeveralErrors) as raised:
        problems.raise_any()
    assert str(raised.value).splitlines() == [
        "2 errors",
        "  sweep.seq[1]: not whole (got 'a')",
        "  sweep.softmax: unknown choice (got 'seriall'); expected free or serial; did you mean serial?",
    ]


def test_one_error_is_itself_and_said_once() -> None:
    problems = Problems("sweep")
    problems.fail("seq", "missing")
    problems.fail("seq", "missing")
    with pytest.raises(FlatError, match="^sweep.seq: missing$"):
        problems.raise_any()


@pytest.mark.parametrize(("inner", "path"), [(False, "sweep.a"), (True, "sweep.a.inner")])
def test_an_error_from_inside_may_keep_its_place(inner: bool, path: str) -> None:
    problems = Problems("sweep")
    assert problems.attempt("a", whole, "b", inner=inner) == []
    with pytest.raises(FlatError, match=f"^{path}: not whole"):
        problems.raise_any()


def test_names_tell_entries_apart() -> None:
    problems = Problems("sweep")
    problems.distinct("models", ["a", "b", "a"])
    with pytest.raises(FlatError, match="sweep.models: two entries of one name .*'a'"):
        problems.raise_any()


def test_content_stands_under_its_key_and_alone() -> None:
    assert Problems("sweep").under("sweep", {"seq": 1}) == {"seq": 1}
    assert Problems("sweep").under("sweep", {"sweep": {"seq": 1}}) == {"seq": 1}
    with pytest.raises(FlatError, match="unknown key beside it .*'more'"):
        Problems("sweep").under("sweep", {"sweep": {}, "more": 1})
