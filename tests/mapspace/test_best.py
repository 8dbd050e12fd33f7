"""The best of some families is no worse than what named dataflows are without a search."""

import pytest

import flat_plugin as flat
from flat_plugin.errors import FlatError
from flat_plugin.mapping.named import parse_dataflow
from flat_plugin.mapspace import best
from flat_plugin.mapspace.best import best_of
from flat_plugin.mapspace.layer import Layer
from flat_plugin.mapspace.objective import Best
from flat_plugin.mapspace.result import figure

EDGE = flat.find_architecture("edge")
LAYER = Layer(flat.parse_attention("B=1,H=2,M=17,N=17,D=8"), EDGE, flat.energy_table(EDGE))


@pytest.mark.parametrize(
    ("sizes", "named", "chip"),
    [
        ("B=1,H=12,M=257,N=257,D=64", "flat-r64", {"pes": [256, 256]}),  # most units are idle either way
        ("B=1,H=2,M=37,N=37,D=24", "flat-r7", {"pes": [13, 7]}),
        ("B=1,H=4,M=53,N=131,D=24", "flat-r16", {"buffer_kb": 64}),
    ],
)
@pytest.mark.parametrize("objective", ["edp", "latency", "traffic"])
def test_no_worse_than_the_named_dataflow(sizes, named, chip, objective):
    layer, given = flat.parse_attention(sizes), {"set": chip, "mask": "causal", "bits": "K=8,V=8"}
    found = flat.search(layer, "edge", dataflow=named, objective=objective, **given)
    estimate = flat.estimate(layer, "edge", named, **given)
    assert found.value <= figure(estimate, objective) * (1 + 1e-9)


def test_a_named_dataflow_that_nothing_beats_is_the_answer(monkeypatch):
    """And says so."""

    def nothing_better(layer, dataflows, incumbent, keep_part):
        return best.Outcome(incumbent.payload, best.UNCOUNTED, interrupted=False)

    monkeypatch.setattr(best, "_searched", nothing_better)
    found = best_of(LAYER, [parse_dataflow("flat-r4")], Best("edp"))
    assert found.named and found.mapping.dataflow.name == "flat-r4"
    assert "is that of the named dataflow" in found.space.reasons[-1]


def test_a_search_that_finds_something_better_is_not_named():
    found = best_of(LAYER, [parse_dataflow("flat-opt")], Best("edp"))
    assert not found.named and found.space.reasons[-1].endswith("no better")


def test_families_of_unlike_factors_are_not_one_search():
    flows = [parse_dataflow("flat-opt").with_factors(f) for f in ("perfect", "imperfect")]
    with pytest.raises(FlatError, match="not searched as one"):
        best_of(LAYER, flows, Best("edp"))
