"""A component before its class is known: names with instances, and attributes as numbers."""

import pytest

from flat_plugin.architecture.component import Component, as_number, normalised, parse_name, positive
from flat_plugin.errors import FlatError


@pytest.mark.parametrize(
    ("text", "parsed"),
    [("PE", ("PE", 1)), ("PE[1..4]", ("PE", 4)), ("PE[0..3]", ("PE", 4)), (" PE ", ("PE", 1))],
)
def test_names_say_how_many_there_are(text, parsed):
    assert parse_name(text, "name") == parsed


@pytest.mark.parametrize("text", ["", "  ", None, 3, "PE[4..1]", "PE[", "PE[1]", "PE[a..b]", "[1..2]"])
def test_what_is_no_name(text):
    with pytest.raises(FlatError, match="a component needs a name|bad name"):
        parse_name(text, "name")


@pytest.mark.parametrize(
    ("value", "number"),
    [(3, 3), ("3", 3), ("1e-9", 1e-9), (2.5, 2.5), (True, None), ("x", None), (None, None), (2**300, None)],
)
def test_numbers_may_be_texts(value, number):
    assert as_number(value) == number


def test_the_first_spelling_that_is_given_counts():
    part = Component("B", "SRAM", "place", own={"memory_width": 64, "width": None})
    assert part.first("width", "memory_width") == "memory_width"
    assert part.integer("width", "memory_width") == 64 and part.integer("depth") is None


@pytest.mark.parametrize("value", [0, -1, 1.5, "many", 2**63])
def test_whole_numbers_are_whole(value):
    part = Component("B", "SRAM", "place", own={"depth": value})
    with pytest.raises(FlatError, match=r"place.attributes.depth: B: bad depth .*expected a whole number"):
        part.integer("depth")


def test_where_timeloop_reads_them_they_have_no_decimal_point():
    with pytest.raises(FlatError, match="without a decimal point"):
        Component("B", "SRAM", "place", own={"depth": 4096.0}, typed=True).integer("depth")
    assert Component("B", "SRAM", "place", own={"depth": 4096.0}).integer("depth") == 4096


def test_own_attributes_come_before_those_of_containers():
    part = Component(
        "B", "SRAM", "place", own={"technology": "22nm"}, inherited={"technology": "45nm", "x": 1}
    )
    assert part.attributes == {"technology": "22nm", "x": 1}


def test_a_positive_number_is_one_of_a_chip():
    assert positive({"a": None, "b": 3}, "a", "b") == 3 and positive({}, "a") is None
    for wrong in (0, -1, 2**32, "x"):
        with pytest.raises(FlatError, match="bad a"):
            positive({"a": wrong}, "a")


def test_only_timeloops_hyphens_are_underscores():
    assert normalised({"block-size": 4, "shared-bandwidth": 1}, "p") == {
        "block_size": 4,
        "shared-bandwidth": 1,
    }
    with pytest.raises(FlatError, match="block_size is given twice"):
        normalised({"block-size": 4, "block_size": 4}, "p")
    with pytest.raises(FlatError, match="attribute names must be strings"):
        normalised({3: 4}, "p")
