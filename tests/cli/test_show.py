"""``flat show``: an architecture as a tree, or as JSON."""

import json


def test_a_tree_of_levels(flat):
    tree = flat("show").out.splitlines()
    assert tree[0] == "edge: 45nm, 940 MHz, a cycle of 1.06 ns"
    names = [line.lstrip("│├└─ ").split(":")[0] for line in tree if "── " in line]
    assert names == ["DRAM", "GlobalBuffer", "PERegs", "MAC", "SoftmaxUnit"]


def test_what_is_set_is_shown(flat):
    assert "1 MiB = 524,288 words" in flat("show", "edge", "--set", "buffer_kb=1024").out
    levels = json.loads(flat("show", "edge", "--set", "pes=[4,2]", "--json").out)["levels"]
    assert [level["instances"] for level in levels] == [1, 1, 8, 8]


def test_a_file_that_there_is_not(refused):
    assert "edgy" in refused("show", "edgy")
