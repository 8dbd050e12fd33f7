"""Values as YAML that Timeloop, Accelergy and Python read alike."""

import pytest
import yaml

from flat_plugin.errors import FlatError
from flat_plugin.timeloop import scalars


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Buffer", "Buffer"),
        ("on", '"on"'),
        ("a b", '"a b"'),
        ("3", '"3"'),
        ("x-y", '"x-y"'),
        ("Null", '"Null"'),
    ],
)
def test_names_are_plain_where_every_reader_takes_them_for_strings(text, written):
    assert scalars.name(text) == written
    assert yaml.safe_load(scalars.name(text)) == text


def test_instances_are_plain_outside_of_lists():
    assert scalars.full_name("PE[1..4]") == "PE[1..4]"
    assert scalars.name("PE[1..4]") == '"PE[1..4]"'


@pytest.mark.parametrize("item", [True, 3, 2.5, 1e-9, "a: b", "µ", [1, "x"], {"read": 3.0, "on": [1]}])
def test_values_come_back(item):
    assert yaml.safe_load(scalars.value(item)) == item


@pytest.mark.parametrize("item", [None, float("nan"), float("inf"), object()])
def test_what_no_file_can_hold_is_refused(item):
    with pytest.raises(FlatError, match="a value that cannot be written to a Timeloop file"):
        scalars.value(item)


def test_coefficients_and_factors():
    assert (scalars.coefficient(2), scalars.coefficient(-2)) == ("x2", "minus2")
    assert scalars.factors([("M", 8), ("N", 1)]) == "M=8 N=1"


def test_a_comment_stays_on_its_line():
    assert scalars.comment("one\ntwo: {} ") == "one two: {}"
