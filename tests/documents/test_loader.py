"""Text to a dictionary: YAML 1.2's scalars, merges by the letter, and nothing that runs or explodes."""

from __future__ import annotations

import math
from typing import Any

import pytest

from flat_plugin.documents import loader
from flat_plugin.documents.loader import TAG, parse
from flat_plugin.errors import FlatError


@pytest.mark.parametrize(
    ("scalar", "value"),
    [
        ("~", None),
        ("", None),
        ("null", None),
        ("Null", None),
        ("true", True),
        ("FALSE", False),
        ("no", "no"),
        ("On", "On"),
        ("0", 0),
        ("-12", -12),
        ("+7", 7),
        ("0x1F", 31),
        ("010", "010"),  # neither octal nor a number: a text
        ("0o17", "0o17"),
        ("1_000", "1_000"),
        ("1:30", "1:30"),
        ("1e-9", 1e-9),
        ("2E3", 2000.0),
        (".5", 0.5),
        ("1.", 1.0),
        ("-.inf", -math.inf),
        ("2024-01-01", "2024-01-01"),
        ("'1'", "1"),
    ],
)
def test_scalars(scalar: str, value: object) -> None:
    found = parse(f"key: {scalar}")["key"]
    assert (type(found), found) == (type(value), value)


def test_not_a_number_is_a_number() -> None:
    assert math.isnan(parse("key: .nan")["key"])


BASES = "a: &a {k: 1, key: 1, x: 1}\nb: &b {k: 2, key: 2, y: 2}\n"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{<<: *a, y: 9}", {"k": 1, "key": 1, "x": 1, "y": 9}),
        ("{k: 9, <<: *a, key: 9}", {"k": 9, "key": 9, "x": 1}),
        ("{<<: [*a, *b]}", {"k": 1, "key": 1, "x": 1, "y": 2}),
        ("{<<: [*b, *a], y: 9}", {"k": 2, "key": 2, "x": 1, "y": 9}),
        ("{<<: [], y: 9}", {"y": 9}),
        ("{<<: *a, <<: *b}", {"k": 1, "key": 1, "x": 1, "y": 2}),
        ("{<<: {<<: *a, k: 5, key: 6}, y: 7}", {"k": 5, "key": 6, "x": 1, "y": 7}),
    ],
)
def test_own_keys_win_and_then_the_first_that_is_merged(text: str, value: dict[str, int]) -> None:
    assert parse(f"{BASES}own: {text}")["own"] == value


def test_what_is_merged_may_merge_by_itself_wherever_it_stands() -> None:
    text = "in: {deep: [{er: &deep {<<: *a, k: 5, key: 6}}]}\nown: {<<: *deep, y: 7}\n"
    found = parse(BASES + text)
    assert found["in"]["deep"][0]["er"] == {"k": 5, "key": 6, "x": 1}
    assert found["own"] == {"k": 5, "key": 6, "x": 1, "y": 7}
    assert found["a"] == {"k": 1, "key": 1, "x": 1}


@pytest.mark.parametrize("tag", ["Component", "Container", "Parallel", "Hierarchical", "Nothing"])
def test_nodes_of_timeloopfe_keep_their_tag(tag: str) -> None:
    found = parse(f"a: !{tag} {{x: 1}}\nb: !{tag} [1, 2]\nc: !{tag}\n", {})
    assert found == {"a": {TAG: tag, "x": 1}, "b": {TAG: tag, "nodes": [1, 2]}, "c": {TAG: tag}}


def test_what_a_template_has_included_is_put_in() -> None:
    assert parse("a: !include_loaded part", {"part": {"x": 1}}) == {"a": {"x": 1}}


@pytest.mark.parametrize(
    ("text", "included", "said"),
    [
        ("a: 1\nb: {c: 2,\n  c: 3}", None, "line 3: key given twice .got 'c'."),
        ("a: {<<: 3}", None, "line 1: only a mapping can be merged with << .got 'scalar'."),
        ("a: &a [1]\nb: {<<: [*a]}", None, "line 1: only a mapping .*'sequence'"),
        ("a: !Component {x: 1}", None, r"line 1, column 4: could not .*only plain YAML is read; no objects"),
        ("a: !!python/name:os.system ''", {}, "only plain YAML is read"),
        ("a: !Component 3", {}, "line 1: a tagged node needs a mapping .got '3'."),
        ("a: !include_loaded other", {"part": 1}, "line 1: nothing was included .got 'other'."),
        ("a: [1\nb: 2", None, "line 2, column 2: "),
        ("- 1", None, r"not a YAML mapping .got \[1\].; expected keys and values"),
        ("", None, "not a YAML mapping"),
        (f"a: {'[' * 101}{']' * 101}", None, "nested too deeply"),
        (f"\na: {2**256}", None, "line 2: number too large"),
        ("? {a: 1}\n: 2", None, "line 1"),
    ],
)
def test_what_is_no_such_document(text: str, included: Any, said: str) -> None:
    with pytest.raises(FlatError, match=said):
        parse(text, included)


def test_the_largest_numbers_and_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    assert parse(f"a: {2**256 - 1}")["a"] == 2**256 - 1
    monkeypatch.setattr(loader, "MAX_CHARACTERS", 4)
    assert parse("a: 1") == {"a": 1}
    with pytest.raises(FlatError, match="document too large; expected at most 4 characters"):
        parse("a: 12")
