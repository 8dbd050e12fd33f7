"""What the picture of a mapping shows: who lives where, in which tiles."""

from math import prod

from flat_plugin.report.page.drawing import drawing
from flat_plugin.report.page.picture import picture


def test_fused_scores_never_reach_dram(pick):
    what = picture(pick("flat-r").document)
    logit, attend = what.lanes
    assert what.fused and what.levels[0] == "DRAM"
    assert logit.kept[0] == ("Q", "K") and "S" in logit.kept[1]
    assert attend.kept[0] == ("V", "O") and "S" in attend.kept[1]


def test_unfused_scores_go_through_dram(pick):
    what = picture(pick("base").document)
    assert not what.fused
    assert all("S" in lane.kept[0] for lane in what.lanes)


def test_tiles_are_those_of_the_capacity_check(pick):
    what = picture(pick("flat-r").document)
    rows = dict(pick("flat-r").document["mapping"]["fused_mapping"]["shared"])["M"]
    assert what.tiles["GlobalBuffer"]["S"] == f"M{512 // rows}×N512"
    assert what.tiles["GlobalBuffer"]["Q"].startswith("2 × M")


def test_the_terms_of_a_capacity_add_up_to_its_words(pick):
    """The words are of the memory, and so are the terms where no tensor has a width of its own."""
    for flow in ("base", "flat-r"):
        capacity = pick(flow).estimate["capacity"]
        for level in (capacity, *capacity["levels"].values()):
            words = [term["copies"] * prod(term["extents"].values()) for term in level["terms"]]
            assert sum(words) == level["words"] and all(term["bits"] is None for term in level["terms"])


def test_what_has_no_mapping_has_no_picture(pick):
    assert drawing(dict(pick("base").document) | {"mapping": None}) == ""
