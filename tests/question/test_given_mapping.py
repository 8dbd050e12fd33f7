"""A mapping of the user's own: checked whole, and cut where a mask leaves less than all keys."""

from dataclasses import replace

import pytest

import flat_plugin as flat
from flat_plugin.errors import FlatError
from flat_plugin.question.given_mapping import given_mapping
from flat_plugin.workload import parse_mask

LAYER = flat.parse_attention("B=1,H=2,M=64,N=64,D=16")


@pytest.fixture(scope="module")
def mapping():
    return flat.estimate(LAYER, "edge", "flat-r16").mapping


def test_a_mapping_of_this_layer_is_taken_as_it_is(mapping):
    assert given_mapping(mapping, LAYER, flat.platform()) == mapping


def test_under_a_mask_it_is_cut_to_what_is_touched(mapping):
    windowed = replace(LAYER, mask=parse_mask("causal,window=16"))
    cut = given_mapping(mapping, windowed, flat.platform())
    assert cut["logit"].covers("N") < mapping["logit"].covers("N") == 64


@pytest.mark.parametrize("mask", ["causal,window=16", "causal,topk=8", "window=9:4"])
@pytest.mark.parametrize("dataflow", ["flat-r60", "flat-r50", "base"])
def test_a_mapping_is_taken_whose_last_tile_of_rows_is_lower(tmp_path, mask, dataflow):
    layer = flat.parse_attention("B=1,H=2,M=131,N=131,D=16")  # 3 tiles of 60 or 50 rows, not of 44
    masked = replace(layer, mask=parse_mask(mask))
    found = flat.estimate(masked, "edge", dataflow, factors="imperfect")
    flat.save_mapping(found.mapping, masked, "edge", tmp_path / "found.yaml")
    for mapping in (found.mapping, tmp_path / "found.yaml"):
        again = flat.estimate(masked, "edge", mapping=mapping)
        assert (again.cycles, again.energy_pj) == (found.cycles, found.energy_pj)


def test_one_of_another_size_is_refused(mapping):
    other = flat.parse_attention("B=1,H=2,M=32,N=64,D=16")
    with pytest.raises(FlatError, match="the mapping is for another size of logit"):
        given_mapping(mapping, other, flat.platform())


def test_a_file_is_named_where_it_is_wrong(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("fused_mapping: {dataflow: flat-r16}\n")
    with pytest.raises(FlatError, match="mine.yaml: 3 errors"):
        given_mapping(file, LAYER, flat.platform())
