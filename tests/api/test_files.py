"""``generate``: folders, notes, and nothing where something is wrong."""

import pytest

import flat_plugin as flat
from flat_plugin import api
from flat_plugin.workload import parse_attention

BERT = "bert-base"
SMALL = parse_attention("B=1,H=4,M=128,N=96,D=32")


@pytest.fixture
def own(tmp_path):
    api.generate(SMALL, "edge", ["flat-r32"], tmp_path)
    return tmp_path / "flat-r32" / "fused_mapping.yaml"


def test_a_generated_mapping_evaluates_to_the_same_figures(tmp_path):
    layer = SMALL
    api.generate(layer, "edge", ["flat-r32"], tmp_path)
    direct = flat.estimate(layer, "edge", "flat-r32")
    again = flat.estimate(layer, "edge", mapping=tmp_path / "flat-r32" / "fused_mapping.yaml")
    assert again.to_dict() == direct.to_dict()
    files = tmp_path / "flat-r32" / "logit"
    names = ("architecture", "problem", "mapping", "ERT")
    result = flat.evaluate_mapping(*(files / f"{name}.yaml" for name in names))
    assert result.cycles == direct.operators["logit"].cycles
    assert result.energy_pj == pytest.approx(direct.operators["logit"].energy_pj)


def test_same_input_same_bytes(tmp_path):
    layer = parse_attention("B=1,H=2,M=64,N=64,D=16")
    for place in ("one", "two"):
        api.generate(layer, "edge", ["base", "flat-r16"], tmp_path / place)
    one, two = (sorted((tmp_path / place).rglob("*.yaml")) for place in ("one", "two"))
    assert [file.read_text() for file in one] == [file.read_text() for file in two]


def test_files_are_of_dataflows_or_of_a_mapping(own, tmp_path):
    layer, output = SMALL, tmp_path / "out"
    with pytest.raises(flat.FlatError, match="dataflows: the mapping has its own"):
        flat.generate(layer, "edge", ["base"], output, mapping=own)
    with pytest.raises(flat.FlatError, match="stage: the mapping has its own"):
        flat.generate(layer, "edge", None, output, mapping=own, stage=["S"])
    for nothing in (None, []):
        with pytest.raises(flat.FlatError, match="nothing to write"):
            flat.generate(layer, "edge", nothing, output)
    assert not output.exists()
    assert len(flat.generate(layer, "edge", None, str(output), mapping=own).folders) == 2


def test_a_mapping_that_does_not_fit_together_is_rejected_where_that_is_asked(tmp_path):
    flat.generate(BERT, "edge", ["flat-h"], tmp_path, seq=512)
    mine = tmp_path / "flat-h" / "fused_mapping.yaml"
    (note,) = flat.generate(BERT, "edge", None, tmp_path / "note", seq=512, mapping=mine).notes
    assert "not together" in note
    with pytest.raises(flat.InvalidMapping, match="flat-h does not fit"):
        flat.generate(BERT, "edge", None, tmp_path / "out", seq=512, mapping=mine, overflow="reject")
    assert not (tmp_path / "out").exists()


def test_what_is_searched_is_not_spilled(tmp_path):
    layer = SMALL
    with pytest.raises(flat.FlatError, match="overflow: flat-opt is searched among what fits"):
        flat.estimate(layer, "edge", "flat-opt", overflow="spill")
    with pytest.raises(flat.FlatError, match="overflow: flat-opt is searched among what fits"):
        flat.generate(layer, "edge", ["flat-opt"], tmp_path / "out", overflow="spill")
    assert flat.generate(layer, "edge", ["flat-opt"], tmp_path / "out").folders
