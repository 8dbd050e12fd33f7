"""Fields of a configuration: what is there, under which name, and what is remembered of reading it."""

from pathlib import Path

import pytest

from flat_plugin.errors import FlatError
from flat_plugin.workload.configurations.fields import Fields

FILE = Path("config.json")


def fields(values, defaults=None, aliases=None, prefix=""):
    return Fields(FILE, values, defaults or {}, aliases or {}, prefix)


def test_a_value_is_the_files_or_else_the_classs():
    f = fields({"a": 1, "empty": None}, {"a": 2, "b": 3, "empty": 4})
    assert [f.any(name) for name in ("a", "b", "empty", "none")] == [1, 3, None, None]
    assert f.filled == {"b": 3, "empty": None, "none": None}
    assert [f.has(name) for name in ("a", "b", "empty", "none")] == [True, True, False, False]
    assert [f.given(name) for name in ("a", "b", "empty", "none")] == [True, False, True, False]
    assert [f.known(name) for name in ("a", "b", "empty", "none")] == [True, True, True, False]


def test_a_field_has_its_own_name_and_those_of_its_class():
    f = fields({"n_embd": 8}, aliases={"hidden_size": "n_embd", "width": "n_embd"})
    assert f.size("hidden_size") == f.size("width") == f.size("n_embd") == 8
    assert f.spelled("hidden_size") == "n_embd"
    assert f.names("hidden_size") == "n_embd/hidden_size/width"
    assert f.renamed == {}
    other = fields({"hidden_size": 8}, aliases={"hidden_size": "n_embd"})
    assert (other.any("hidden_size"), other.renamed) == (8, {"hidden_size": "hidden_size"})


def test_two_names_of_one_field_agree():
    aliases = {"hidden_size": "n_embd"}
    assert fields({"n_embd": 8, "hidden_size": 8}, aliases=aliases).any("hidden_size") == 8
    with pytest.raises(FlatError, match=r"^config.json: hidden_size: differs from n_embd, .*\(got 9\)"):
        fields({"n_embd": 8, "hidden_size": 9}, aliases=aliases).any("hidden_size")


def test_a_class_may_have_a_default_by_the_other_name():
    assert fields({}, {"hidden_size": 8}, {"hidden_size": "n_embd"}).any("hidden_size") == 8


def test_what_is_read_and_what_is_not():
    f = fields({"a": 1, "b": 2, "c": 3})
    f.size("a")
    f.has("b")
    assert f.unread() == ("b", "c")
    f.moot("b", "none")
    assert (f.unread(), f.idle) == (("c",), ["b"])


def test_sizes():
    f = fields({"one": 1, "none": None, "zero": 0})
    assert (f.size("one"), f.size_or("none", 7), f.size_or("one", 7)) == (1, 7, 1)
    assert (f.size_or_none("none"), f.size_or_none("absent"), f.size_or_none("one")) == (None, None, 1)
    assert (f.count("zero"), f.count("none"), f.count("absent"), f.count("one")) == (0, 0, 0, 1)
    with pytest.raises(FlatError, match="none: missing field"):
        f.size("none")
    with pytest.raises(FlatError, match="zero: a size must be positive"):
        f.size("zero")


@pytest.mark.parametrize("value", [True, False, 1.0, "1", [1], -1, 2**40 + 1])
@pytest.mark.parametrize("read", [Fields.size, Fields.count, Fields.size_or_none])
def test_what_is_no_size(value, read):
    with pytest.raises(FlatError, match="config.json: a: "):
        read(fields({"a": value}), "a")
    with pytest.raises(FlatError, match="config.json: a: "):
        fields({"a": value}).size_or("a", 1)


def test_sizes_end_at_a_trillion():
    assert fields({"a": 2**40}).size("a") == 2**40


def test_numbers():
    assert [fields({"a": value}).number("a") for value in (1, 0.5, 2**40)] == [1, 0.5, 2**40]
    for wrong in (0, -1, True, None, "1", float("nan"), float("inf"), 2**41):
        with pytest.raises(FlatError, match="a: not a positive number"):
            fields({"a": wrong}).number("a")


def test_flags_texts_and_lists():
    f = fields({"yes": True, "text": "x", "list": [1], "none": None})
    assert (f.flag("yes"), f.flag("none"), f.flag("absent")) == (True, False, False)
    assert (f.text("text"), f.text("none"), f.text("absent")) == ("x", "", "")
    assert (f.list("list"), f.list("none"), f.list("absent")) == ([1], None, None)
    for read, odd in ((f.flag, "text"), (f.text, "list"), (f.list, "yes"), (f.flag, "list")):
        with pytest.raises(FlatError, match=f"{odd}: wrong type"):
            read(odd)
    with pytest.raises(FlatError, match="one: wrong type"):
        fields({"one": 1}).flag("one")


def test_a_single_size_is_both_of_a_pair():
    assert fields({"a": 4}).pair("a") == (4, 4)
    assert fields({"a": [2, 3]}).pair("a") == (2, 3)
    for wrong in ([1], [1, 2, 3], [0, 1], [1, True], None):
        with pytest.raises(FlatError, match="a: "):
            fields({"a": wrong}).pair("a")


def test_other_values_than_these_are_refused():
    fields({}).only("a", (None, False), "not modelled")
    fields({"a": False}).only("a", (None, False), "not modelled")
    for value in (0, True, ""):
        with pytest.raises(FlatError, match="a: not modelled.*expected null or False"):
            fields({"a": value}).only("a", (None, False), "not modelled")


def test_a_part_is_read_beside_the_whole():
    f = fields({"inner": {"b": 2}, "odd": [1]})
    part = f.nested("inner", {"c": 3}, {})
    assert (part.any("b"), part.any("c"), part.spelled("b")) == (2, 3, "inner.b")
    assert f.nested("absent", {"c": 3}, {}).any("c") == 3
    assert [each.prefix for each in f.every()] == ["", "inner.", "absent."]
    deep = part.nested("deep", {}, {})
    assert (deep.prefix, [*f.every()][2] is deep) == ("inner.deep.", True)
    with pytest.raises(FlatError, match="odd: wrong type"):
        f.nested("odd", {}, {})


def test_what_is_said_has_the_fields_place():
    f = fields({"n_embd": 8}, aliases={"hidden_size": "n_embd"}, prefix="text_config.")
    f.remark("hidden_size", "taken for the width")
    assert f.remarks == ["text_config.n_embd: taken for the width"]
    error = f.error("hidden_size", "no width", "1 or more")
    assert str(error) == "config.json: text_config.n_embd: no width (got 8); expected 1 or more"
