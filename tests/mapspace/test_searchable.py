"""What searches support."""

from dataclasses import replace

import pytest

import flat_plugin as flat
from flat_plugin.errors import FlatError
from flat_plugin.mapping.named import parse_dataflow
from flat_plugin.mapspace.searchable import check_known
from flat_plugin.workload.mask import mask_of

EDGE = flat.find_architecture("edge")
LAYER = flat.parse_attention("B=1,H=2,M=32,N=32,D=16")
IMPERFECT = replace(parse_dataflow("flat-opt"), factors="imperfect")


def test_full_layers_of_one_width_are_known():
    check_known(LAYER, EDGE, IMPERFECT)
    check_known(replace(LAYER, widths=dict.fromkeys("QKVSO", 16)), EDGE, IMPERFECT)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"mask": mask_of("causal")}, "mask"),
        ({"widths": {"K": 8}}, "bits"),
        ({"value_dim": 8, "kv_heads": 1, "joint": True}, "V"),
    ],
)
def test_with_imperfect_factors_others_are_not(changes, said):
    layer = replace(LAYER, **changes)
    with pytest.raises(FlatError, match="the search of flat-opt with imperfect factors") as refused:
        check_known(layer, EDGE, IMPERFECT)
    assert said in str(refused.value)
    check_known(layer, EDGE, replace(IMPERFECT, factors="perfect"))
