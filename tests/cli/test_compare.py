"""``flat compare``: what A and B may be."""

import json

import pytest

LAYER = ["--attention", "B=1,H=2,M=64,N=64,D=16"]


@pytest.mark.parametrize(
    ("a", "b", "differs"),
    [("base", "flat-h", "dataflow"), ("edge", "cloud", "architecture"), ("native", "native", None)],
)
def test_dataflows_architectures_and_engines(flat, a, b, differs):
    found = json.loads(flat("compare", a, b, *LAYER, "--json").out)
    assert (found["a"], found["b"]) == (a, b)
    chosen = {setting["name"] for setting in found["settings"]}
    assert differs is None or differs in chosen


def test_the_largest_causes_are_listed_and_the_others_added_up(flat):
    printed = flat("compare", "base", "flat-h", *LAYER, "--causes", "1").out
    assert "smaller ones" in printed


def test_architectures_change_alike(flat):
    same = json.loads(flat("compare", "edge", "edge", *LAYER, "--set", "buffer_kb=64", "--json").out)
    assert all(figure["difference"] == 0 for figure in same["figures"])


def test_a_name_that_is_nothing(refused):
    said = refused("compare", "base", "flat-hh", *LAYER)
    assert "flat-hh" in said and "flat-h" in said.partition("expected")[2]
