"""The picture of a mapping: who lives where, what moves."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

import flat_plugin as flat
from flat_plugin.report.page.drawing import drawing, drawing_of
from flat_plugin.report.page.picture import picture, picture_of


def test_it_is_well_formed_and_names_every_word_that_moves(results):
    for run in results.runs:
        svg = ElementTree.fromstring(drawing(run.document))
        texts = [element.text for element in svg.iter() if element.tag == "text"]
        assert "logit" in texts and "attend" in texts
        amounts = [text for text in texts if re.fullmatch(r"[\d.]+[kMGTP]?", text or "")]
        assert amounts


def test_an_estimate_has_the_picture_of_its_run(pick):
    for flow in ("base", "flat-r"):
        document = pick(flow).document
        asked = document["inputs"]
        estimate = flat.estimate(
            asked["model"], asked["architecture"], flow, seq=512, softmax=asked["softmax"],
            set=asked["overrides"] or None,
        )  # fmt: skip
        ours, theirs = picture_of(estimate), picture(document)
        assert (ours.levels, ours.staged, ours.tiles, ours.fused) == (
            *(theirs.levels, theirs.staged, theirs.tiles, theirs.fused),
        )
        assert ours.shared == theirs.shared
        for one, other in zip(ours.lanes, theirs.lanes, strict=True):
            assert [set(kept) for kept in one.kept] == [set(kept) for kept in other.kept]
            assert dict(one.words) == dict(other.words)


def test_a_notebook_shows_the_picture_in_its_own_colours():
    estimate = flat.estimate("bert-base", "edge", "flat-r64", seq=512)
    svg = drawing_of(estimate)
    ElementTree.fromstring(svg)
    assert "--accent" in svg and svg in estimate._repr_html_()
    assert drawing_of(flat.search("bert-base", "edge", seq=512).estimate)


CORES = Path(__file__).parents[3] / "examples"


def test_every_level_that_keeps_a_tensor_has_its_arrow():
    """Four cores: the scores are staged in L1, keys and values in L2."""
    estimate = flat.estimate(
        "bert-base", CORES / "npu4.yaml", seq=512, mapping=CORES / "npu4_mapping.yaml", softmax="overlapped"
    )
    what = picture_of(estimate)
    assert what.staged == {"S": "L1", "Q": "L1", "O": "L1", "K": "L2", "V": "L2"}
    logit, attend = what.lanes
    assert [(row, below) for row, below, _, _ in logit.moves("K")] == [(0, 1), (1, 2), (2, 4)]
    assert [(row, below) for row, below, _, _ in logit.moves("S")] == [(2, 3), (3, 4)]
    assert [up for _, _, _, up in attend.moves("O")][:3] == [512 * 64 * 12] * 3
    assert what.shape("L1", logit, "S") == "M128×N512" and what.shape("regs", logit, "S") == ""


@pytest.mark.parametrize(
    "asked",
    [
        {"mask": "causal,window=64"},
        {"dataflow": "base", "mask": "causal"},
        {"dataflow": "flash"},
        {"queries": 1},
        {"level": "model"},
        {"bits": "K=8,V=8", "dataflow": "flat-h", "overflow": "spill"},
    ],
    ids=str,
)
def test_every_estimate_has_a_picture(asked):
    ElementTree.fromstring(
        drawing_of(flat.estimate("bert-base", "edge", **{"dataflow": "flat-r", **asked}, seq=256))
    )
