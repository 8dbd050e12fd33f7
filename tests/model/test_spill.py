"""Overflow by hand: half of the scores do not fit, and go to DRAM and back."""

import pytest

import flat_plugin as flat
from flat_plugin.model.spill import spilled_work

EDGE = flat.find_architecture("edge")
LAYER = flat.parse_attention("B=1,H=2,M=64,N=64,D=16")


def test_half_of_the_scores_go_out_and_come_back() -> None:
    work = spilled_work(LAYER, 0.5, EDGE, flat.energy_table("edge"))
    words = 2 * 64 * 64 / 2
    assert work.traffic["S"].level(0) == (words, words)
    assert work.cycles > 0 and work.energy["DRAM", "S"] > 0


@pytest.mark.parametrize("overflow", ["reject", "spill"])
def test_an_estimate_spills_only_if_it_is_asked_to(overflow: str) -> None:
    asked = {"seq": 1024, "overflow": overflow}
    if overflow == "reject":
        with pytest.raises(flat.InvalidMapping, match="does not fit"):
            flat.estimate("bert-base", "edge", "flat-h", stage=["S"], **asked)
    else:
        found = flat.estimate("bert-base", "edge", "flat-h", stage=["S"], **asked)
        assert any("of S overflows" in note for note in found.notes)
