"""What was found is evaluated as estimates are."""

from dataclasses import replace

import pytest

import flat_plugin as flat
from flat_plugin.mapspace.evaluated import evaluated, metrics_of
from flat_plugin.mapspace.layer import Layer
from flat_plugin.workload.mask import mask_of

EDGE = flat.find_architecture("edge")


@pytest.mark.parametrize("softmax", ["free", "serial", "overlapped", "array"])
@pytest.mark.parametrize("mask", ["full", "causal", "causal,topk=4"])
def test_as_an_estimate_of_the_same_mapping(softmax, mask):
    layer = replace(flat.parse_attention("B=1,H=2,M=16,N=16,D=8"), mask=mask_of(mask))
    whole = flat.estimate(layer, "edge", "flat-r4", softmax=softmax)
    found = evaluated("a layer", Layer(layer, EDGE, flat.energy_table(EDGE), softmax), whole.mapping)
    assert (found.cycles, found.energy_pj) == (whole.cycles, whole.energy_pj)
    assert found.dram_words == whole.dram_words
    metrics = metrics_of(found)
    assert metrics["edp"][0] == found.energy_pj * found.cycles
    assert metrics.traffic[0] == found.dram_bytes / 2  # words of 16 bits, whatever those of indices have
    assert metrics.footprint[0] == found.requirement.taken
