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


def test_one_of_another_size_is_refused(mapping):
    other = flat.parse_attention("B=1,H=2,M=32,N=64,D=16")
    with pytest.raises(FlatError, match="the mapping is for another size of logit"):
        given_mapping(mapping, other, flat.platform())


def test_a_file_is_named_where_it_is_wrong(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("fused_mapping: {dataflow: flat-r16}\n")
    with pytest.raises(FlatError, match="mine.yaml: 3 errors"):
        given_mapping(file, LAYER, flat.platform())
