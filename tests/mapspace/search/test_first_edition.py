"""On factors that divide, never worse than the search that knows one buffer; the model says the same."""

import pytest

import flat_plugin as flat
from flat_plugin.api.inputs import hardware_of
from flat_plugin.energy import energy_for
from flat_plugin.engines.native import NativeEngine
from flat_plugin.mapping.named import parse_dataflow
from flat_plugin.mapspace.objective import Best
from flat_plugin.mapspace.result import figure
from flat_plugin.mapspace.search.build import spaces_of
from flat_plugin.mapspace.search.picked import mapping_of
from flat_plugin.mapspace.search.rising import search
from flat_plugin.mapspace.search.trips import Factors
from flat_plugin.model.layer import Setting, attention_estimate

LAYER = flat.parse_attention("B=1,H=2,M=64,N=64,D=32")
EDGE = hardware_of("edge")
ENERGIES = energy_for(EDGE)


def optimum(layer, family, objective, *, factors):
    best = Best(objective)
    search(list(spaces_of(parse_dataflow(family), layer, EDGE, ENERGIES, "overlapped", factors)), best)
    mapping, engine = mapping_of(best.payload), NativeEngine()
    results = [engine.evaluate(e, EDGE, mapping[e.name], ENERGIES) for e in layer.einsums()]
    found = attention_estimate("x", layer, EDGE, mapping, results, ENERGIES, Setting("overlapped"))
    assert figure(found, objective) == pytest.approx(best.rank[0], rel=1e-9)
    return best.rank[0]


@pytest.mark.parametrize("family", ["base-opt", "flat-opt"])
@pytest.mark.parametrize("objective", ["edp", "energy"])
def test_never_worse(family, objective):
    first = flat.search(
        LAYER, "edge", dataflow=family, objective=objective, softmax="overlapped", factors="perfect"
    )
    value = optimum(LAYER, family, objective, factors=Factors.PERFECT)
    assert value <= first.value * (1 + 1e-9)


def test_a_prime_length_gains_ten_times_from_ragged_tiles():
    layer = flat.parse_attention("B=1,H=2,M=127,N=127,D=32")
    ragged = optimum(layer, "flat-opt", "edp", factors=Factors.RAGGED)
    first = flat.search(layer, "edge", dataflow="flat-opt", softmax="overlapped", factors="perfect")
    assert ragged < first.value / 10
