"""The named dataflows of families: mappings that are made without a search."""

import numpy as np
import pytest

import flat_plugin as flat
from flat_plugin.api import save_mapping
from flat_plugin.architecture.energy_table import EnergyTable
from flat_plugin.mapping.named import parse_dataflow
from flat_plugin.mapspace.evaluated import evaluated, metrics_of
from flat_plugin.mapspace.layer import Layer
from flat_plugin.mapspace.named_rival import named_mappings, offer_named
from flat_plugin.mapspace.objective import Best, Metrics

EDGE = flat.find_architecture("edge")
SIZES = flat.parse_attention("B=1,H=2,M=53,N=53,D=16")
LAYER = Layer(SIZES, EDGE, flat.energy_table(EDGE))
FAMILIES = ("base-opt", "flat-opt", "flat-m", "flat-b", "flat-h", "flat-r", "flat-r8", "flash")


def flows(*names):
    return [parse_dataflow(name) for name in names]


@pytest.mark.parametrize("family", FAMILIES)
def test_it_is_saved_and_read_as_one_of_its_family(family, tmp_path):
    (mapping,) = named_mappings(LAYER, flows(family))
    assert mapping.dataflow.name == family
    save_mapping(mapping, SIZES, "edge", tmp_path / "named.yaml")
    again = flat.estimate(SIZES, "edge", mapping=tmp_path / "named.yaml")
    assert again.cycles == evaluated("again", LAYER, mapping).cycles


def test_what_does_not_fit_is_left_out():
    large = Layer(flat.parse_attention("B=1,H=1,M=65536,N=65536,D=64"), EDGE, LAYER.energies)
    assert [m.dataflow.name for m in named_mappings(large, flows("flat-h", "flat-r1"))] == ["flat-r1"]


def test_the_best_of_them_improves_the_incumbent():
    best = Best("edp")
    found = offer_named(LAYER, flows("base-opt", "flat-h"), best)
    named = named_mappings(LAYER, flows("base-opt", "flat-h"))
    both = [metrics_of(evaluated("", LAYER, mapping))["edp"][0] for mapping in named]
    assert best.payload is found and best.rank[0] == min(both)


def test_what_is_better_already_stays():
    best = Best("latency")
    best.keep([0], Metrics(*(np.array([1.0]) for _ in range(4))), ["better"])
    assert offer_named(LAYER, flows("flat-h"), best) is None
    assert best.payload == "better"


def test_without_energies_it_is_compared_by_those_that_stand_in_for_them():
    best = Best("latency")
    unknown = Layer(SIZES, EDGE, EnergyTable(unknown="nobody knows"))
    assert offer_named(unknown, flows("flat-h"), best) is not None
    assert np.isfinite(best.metrics.energy).all()


def test_operators_that_do_not_fit_together_are_left_out():
    """The named ``flash`` of 16 × 256 scores takes 16,416 of 16,384 words."""
    chip = flat.platform("edge", set={"buffer_kb": 32, "pes": [16, 16]})
    sizes = flat.parse_attention("B=1,H=12,M=256,N=256,D=64")
    best = Best("edp")
    assert offer_named(Layer(sizes, chip.architecture, chip.energies), flows("flash"), best) is None
    assert best.empty
    assert flat.search(sizes, chip, dataflow="flash", factors="perfect").proven
