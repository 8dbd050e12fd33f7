"""Expressions: arithmetic, conditions and units; nothing else runs."""

import numpy as np
import pytest

from flat_plugin.errors import FlatError
from flat_plugin.exploration.expressions import parse
from flat_plugin.exploration.quantities import Quantity, of

SECONDS = Quantity(0.02, of("s"))


def value(text, **names):
    return parse(text, "here", names).value({n: Quantity(v) for n, v in names.items()}).value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("banks * row", 512),
        ("banks * row // 3 + 1", 171),
        ("max(banks, row, 7)", 32),
        ("-banks ** 2", -256),
        ("ceil(row / 5)", 7),
        ("log2(row) + sqrt(banks)", 9),
    ],
)
def test_arithmetic(text, expected):
    assert value(text, banks=16, row=32) == expected


def test_arrays_are_worked_out_entry_by_entry():
    assert value("a * b + 1", a=np.array([1, 2, 3]), b=np.array([4, 5, 6])).tolist() == [5, 11, 19]


def test_conditions_are_joined():
    condition = parse("10 <= a < 20 and not b == 3", "here", ["a", "b"])
    names = {"a": Quantity(np.array([5, 10, 19, 20])), "b": Quantity(np.array([1, 1, 3, 1]))}
    assert condition.truth(names).tolist() == [False, True, False, False]


def test_what_is_quoted_is_text():
    names = {"DRAM.type": Quantity(np.array(["HBM2E", "22nm 5 W a.b"]))}
    condition = parse('DRAM.type == "22nm 5 W a.b"', "here", names)
    assert condition.truth(names).tolist() == [False, True]


def test_a_dotted_name_may_have_hyphens():
    names = {"flat-opt.edp": Quantity(1.0, of("J s")), "base-opt.edp": Quantity(2.0, of("J s"))}
    condition = parse("flat-opt.edp * 1.5 < base-opt.edp", "here", names)
    assert sorted(condition.names) == ["base-opt.edp", "flat-opt.edp"]
    assert condition.truth(names)


@pytest.mark.parametrize(
    "text", ["t <= 20 ms", "t <= 20000us", "t <= 0.02", "t / (10 ms) <= 2", "min(t, 1 s) < 1 s"]
)
def test_units_are_those_of_the_figures(text):
    assert parse(text, "here", ["t"]).truth({"t": SECONDS})


@pytest.mark.parametrize(
    "text", ["t <= 20 mJ", "t + 1 W < 3 W", "min(t, 2 J) < 2 J", "sqrt(t) < 1", "2 ** t < 1"]
)
def test_units_that_do_not_match_are_refused(text):
    with pytest.raises(FlatError, match="here"):
        parse(text, "here", ["t"]).truth({"t": SECONDS})


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os')", "a.b.c", "a if a else a", "[a]", "lambda: a", "a := 2", "a @ a", "a in a",
        "a ** 99", "10 ** 16 ** 16", "a / 0", "a / (a - a)", "'x' * 3", "a +", "", "x" * 2000, "True + a",
        "min(a=3)", "sqrt(-a)", "a <= 3 parsec", "nobody", "(" * 300 + "a" + ")" * 300,
    ],
)  # fmt: skip
def test_anything_else_is_refused(text):
    with pytest.raises(FlatError):
        parse(text, "here", ["a"]).value({"a": Quantity(3)})


def test_large_whole_numbers_do_not_wrap_around():
    with pytest.raises(FlatError, match="too large"):
        value("a * a", a=np.array([2**40]))


def test_what_is_no_condition_is_said():
    with pytest.raises(FlatError, match="not a condition"):
        parse("a + 1", "here", ["a"]).truth({"a": Quantity(1)})
