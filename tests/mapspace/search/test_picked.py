"""A point of the search as a mapping: what the model says of it is what the search found."""

import random

import pytest
from small_chips import chip
from small_spaces import BASE, FLASH, FUSED

import flat_plugin as flat
from flat_plugin.mapspace.objective import Best
from flat_plugin.mapspace.search.build import spaces_of
from flat_plugin.mapspace.search.picked import mapping_of, pick_batch
from flat_plugin.mapspace.search.rising import search
from flat_plugin.mapspace.search.trips import Factors
from flat_plugin.workload import Attention

LAYER = Attention(1, 2, 4, 4, 2)


def found(flow, kind="registers"):
    architecture, energies = chip(kind, random.Random(f"picked {kind}"))
    best = Best("edp")
    search(list(spaces_of(flow, LAYER, architecture, energies, "free", Factors.PERFECT)), best)
    return best, architecture, energies


@pytest.mark.parametrize("flow", [BASE, FUSED, FLASH], ids=lambda flow: flow.name)
def test_it_costs_what_was_found(flow):
    best, architecture, energies = found(flow)
    mapping = mapping_of(best.payload)
    answer = flat.estimate(LAYER, architecture, mapping=mapping, ert=energies, softmax="free")
    edp, energy, latency = best.rank[:3]
    assert (answer.energy_pj, answer.cycles) == (pytest.approx(energy), latency)
    assert edp == pytest.approx(energy * latency)
    assert mapping.dataflow.fused == flow.fused and ("S" in mapping.staged) == flow.fused


def test_shared_loops_and_staged_tensors():
    best, architecture, _ = found(FUSED)
    mapping = mapping_of(best.payload)
    assert dict(mapping.stage)["S"] == architecture.memories[best.payload.space.setting.meeting].name
    for tensor, level in mapping.stage:
        if tensor != "S":
            operator = "logit" if tensor in "QK" else "attend"
            assert tensor not in mapping[operator].levels[mapping.levels.index(level)].bypass
    assert mapping.turns("H") * mapping.unrolled("H") == 2
    for operator in ("logit", "attend"):
        outer = dict(mapping[operator].levels[0].temporal)
        assert all(outer[d] == n for d, n in mapping.at(0).temporal)


def test_one_operator_of_a_point():
    best, _, _ = found(BASE)
    for number, name in enumerate(("logit", "attend")):
        batch = pick_batch(best.payload, number)
        assert (len(batch), batch.einsum.name) == (1, name)
