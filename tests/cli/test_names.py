"""``flat list``: what can be named, of one kind or of all."""

import json


def test_all_kinds_as_json(flat):
    names = json.loads(flat("list", "--json").out)
    assert "llama-3-70b" in names["models"]
    assert "flat-h" in names["dataflows"]
    assert "weight-stationary" in names["spaces"]
    assert set(names["architectures"]) >= {"edge", "cloud"}


def test_one_kind_has_a_line_for_each_name(flat):
    lines = flat("list", "architectures").out.splitlines()
    assert [line.split()[0] for line in lines] == ["cloud", "edge"]
    assert "DRAM > GlobalBuffer > PERegs > 1,024 × MAC" in lines[1]


def test_base_is_the_first_dataflow(flat):
    assert flat("list", "dataflows").out.startswith("base ")


def test_a_kind_that_there_is_not(refused):
    assert "no such kind of name (got 'chips'); expected models, architectures" in refused("list", "chips")


def test_descriptions_hang_below_their_beginning(flat):
    lines = flat("list", "dataflows", columns=60).out.splitlines()
    assert all(len(line) <= 60 for line in lines)
    assert any(line.startswith(" " * 18) for line in lines)
