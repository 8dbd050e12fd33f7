"""Searching a layer or one operator: what is refused, and what the answer holds."""

from dataclasses import replace

import numpy as np
import pytest
from every_mapping import ARCHITECTURES, ENERGIES

import flat_plugin as flat
from flat_plugin.errors import FlatError, InvalidMapping
from flat_plugin.mapping.named import parse_dataflow
from flat_plugin.mapspace.constraints.fixed import Constraints, LevelConstraints
from flat_plugin.mapspace.constraints.loops import Bound, LoopConstraints
from flat_plugin.mapspace.family import families_of
from flat_plugin.mapspace.layer import (
    Layer,
    chained,
    check_searchable,
    confirmed,
    family_search,
    mapping_of,
    search_layer,
    search_operator,
)
from flat_plugin.mapspace.objective import Best, Front
from flat_plugin.workload.einsum import gemm

ATTENTION = flat.parse_attention("B=1,H=2,M=4,N=4,D=2")
LAYER = Layer(ATTENTION, ARCHITECTURES["registers"], ENERGIES, "free")


def found(name="flat-opt", layer=LAYER, incumbent=None):
    return search_layer(layer, [parse_dataflow(name)], incumbent or Best("edp"))


def test_softmax_is_chained_where_there_is_a_unit():
    assert chained(flat.find_architecture("edge")) == "serial"
    assert chained(ARCHITECTURES["registers"]) == "free"


def test_what_cannot_be_searched():
    bare = replace(LAYER, architecture=replace(LAYER.architecture, memories=LAYER.architecture.memories[:1]))
    with pytest.raises(FlatError, match="a search needs a buffer below the outermost memory"):
        check_searchable(bare)


@pytest.mark.parametrize("softmax", ["free", "array"])
def test_a_pick_is_what_the_model_counts(softmax):
    layer = replace(LAYER, softmax=softmax)
    outcome = found(layer=layer)
    (pick,) = outcome.picks
    mapping = mapping_of(pick)
    estimate = flat.estimate(ATTENTION, LAYER.architecture, mapping=mapping, ert=ENERGIES, softmax=softmax)
    best = Best("edp")
    again = found(layer=layer, incumbent=best)
    assert best.rank[0] == pytest.approx(estimate.cycles * estimate.energy_pj)
    assert mapping_of(again.picks[0]) == mapping
    assert not outcome.interrupted and outcome.space.size > 0


def test_where_everything_was_looked_at_nothing_else_has_a_bound():
    assert found(incumbent=Best("latency")).lower == float("inf")


def test_an_interrupted_search_says_what_the_rest_costs_at_least(monkeypatch):
    whole = Best("edp")
    found(incumbent=whole)
    keep = Best.keep

    def pressed(self, rows, metrics, payloads):
        keep(self, rows, metrics, payloads)
        if not self.empty:
            raise KeyboardInterrupt

    monkeypatch.setattr(Best, "keep", pressed)
    outcome = search_layer(LAYER, [parse_dataflow("flat-opt")], Best("edp"), keep_part=True)
    assert outcome.interrupted and 0 < outcome.lower <= whole.rank[0]
    with pytest.raises(KeyboardInterrupt):
        search_layer(LAYER, [parse_dataflow("flat-opt")], Best("edp"))


def test_a_front_has_several_picks():
    front = Front(("footprint", "traffic"))
    outcome = found(incumbent=front)
    assert len(outcome.picks) == len(front.points) > 1


def test_scores_are_held_by_fused_families_alone():
    """Four keys of each of the rows of a tile; online two words a row more."""
    for name, words in (("flat-h", 4 * 4), ("base-opt", 0)):
        (family,) = families_of(parse_dataflow(name), ATTENTION)
        assert family_search(LAYER, family).chain.held[0] == words
    (family,) = families_of(parse_dataflow("flash"), ATTENTION)
    held = family_search(LAYER, family).chain.held
    shared = [(loops["M"], loops["N"]) for loops in family.shared]
    assert held.tolist() == [(4 // m) * (4 // n) + 2 * (4 // m) for m, n in shared]


def test_what_fits_nowhere():
    small = replace(LAYER.architecture.memories[1], capacity=2)
    chip = replace(
        LAYER.architecture, memories=(LAYER.architecture.memories[0], small, LAYER.architecture.memories[2])
    )
    with pytest.raises(InvalidMapping, match="no mapping of base-opt fits Buffer of 2 words"):
        found("base-opt", replace(LAYER, architecture=chip))


def test_one_operator_alone():
    best = Best("edp")
    outcome = search_operator(gemm("product", 4, 2, 4), LAYER.architecture, ENERGIES, best)
    assert len(outcome.picks) == 1 and np.isfinite(best.rank[0])
    kept = Constraints((LevelConstraints("Regs", keep=frozenset("W")),))
    other = Best("edp")
    search_operator(gemm("product", 4, 2, 4), LAYER.architecture, ENERGIES, other, kept)
    assert other.rank[0] >= best.rank[0]


def test_a_mapping_that_breaks_what_is_not_searched():
    mapping = mapping_of(found().picks[0])
    assert confirmed(mapping, LAYER) is mapping
    bound = LoopConstraints(bounds=(("N", Bound.exactly(3)),))
    layer = replace(LAYER, constraints={"logit": Constraints((LevelConstraints("DRAM", temporal=bound),))})
    with pytest.raises(
        InvalidMapping, match="the mapping found for logit breaks what is not searched: DRAM, loops"
    ):
        confirmed(mapping, layer)


def test_a_family_that_does_not_fit_is_named_once_however_many_lengths_were_tried():
    layer = flat.parse_attention("B=1,H=2,M=521,N=521,D=16")
    with pytest.raises(InvalidMapping, match="no mapping of flat-h fits GlobalBuffer"):
        flat.search(layer, "edge", dataflow="flat-h", bits="K=8", set={"buffer_kb": 2}, objective="latency")
