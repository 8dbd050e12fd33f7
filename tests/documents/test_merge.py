"""timeloopfe's recursive merge key."""

import pytest

from flat_plugin.documents import load_timeloopfe
from flat_plugin.errors import FlatError

BASE = "base: &base {a: {x: 1, y: 2}, list: [1], only: 5}\n"


def test_goes_into_mappings_and_appends_lists():
    merged = load_timeloopfe(BASE + "own: {<<<: *base, a: {x: 9}, list: [0]}\n")["own"]
    assert merged == {"a": {"x": 9, "y": 2}, "list": [0, 1], "only": 5}


def test_leaves_the_base_alone():
    document = load_timeloopfe(BASE + "own: {<<<: *base, a: {z: 3}}\nother: {<<<: *base}\n")
    assert document["base"]["a"] == {"x": 1, "y": 2}
    assert document["other"] == document["base"]


def test_yaml_s_own_key_goes_one_level_deep():
    assert load_timeloopfe(BASE + "own: {<<: *base, a: {x: 9}}\n")["own"]["a"] == {"x": 9}


def test_only_mappings_are_merged():
    with pytest.raises(FlatError, match="only a mapping"):
        load_timeloopfe("a: {<<<: 3}")


def test_lists_that_double_are_bounded():
    text = "a0: &a0 {l: [x, x]}\n"
    text += "".join(f"a{n}: &a{n} {{<<<: [{{<<<: *a{n - 1}}}, {{<<<: *a{n - 1}}}]}}\n" for n in range(1, 25))
    with pytest.raises(FlatError, match="too large a document"):
        load_timeloopfe(text)
