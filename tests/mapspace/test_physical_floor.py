"""What no mapping of a layer goes below."""

import pytest

import flat_plugin as flat
from flat_plugin.mapping.named import parse_dataflow
from flat_plugin.mapspace.layer import Layer
from flat_plugin.mapspace.physical_floor import physical_floor

EDGE = flat.find_architecture("edge")
SIZES = flat.parse_attention("B=1,H=2,M=16,N=16,D=8")
LAYER = Layer(SIZES, EDGE, flat.energy_table(EDGE))


@pytest.mark.parametrize("objective", ["edp", "energy", "latency", "traffic", "footprint"])
@pytest.mark.parametrize("family", ["base-opt", "flat-opt", "flash"])
def test_it_is_below_the_optimum(objective, family):
    optimum = flat.search(SIZES, "edge", dataflow=family, objective=objective).value
    floor = physical_floor(LAYER, [parse_dataflow(family)], objective)
    assert 0 <= floor <= optimum


def test_traffic_is_what_must_come_and_go():
    """Q, K, V and O once each."""
    assert physical_floor(LAYER, [parse_dataflow("flat-opt")], "traffic") == 4 * 2 * 16 * 8


def test_the_least_of_several_families_counts():
    """Online softmax takes more operations; a search of both may find the other."""
    both = [parse_dataflow(name) for name in ("flat-opt", "flash")]
    alone = [physical_floor(LAYER, [flow], "latency") for flow in both]
    assert physical_floor(LAYER, both, "latency") == min(alone)
