"""Norms and activations of blocks and models; what is said where they are not counted."""

from dataclasses import replace

import pytest

import flat_plugin as flat
from flat_plugin.architecture import EnergyTable, find_architecture
from flat_plugin.errors import FlatError
from flat_plugin.workload import Attention, Block, find_model
from flat_plugin.workload.elementwise import Steps

EDGE = flat.platform("edge")
LAYER = Attention(1, 4, 64, 64, 16)
BLOCK = Block(LAYER, 64, 128, gated=True, steps=Steps("rms_norm", "silu"))


def test_a_block_has_them_after_its_products():
    found, without = (flat.estimate(BLOCK, EDGE, level="block", elementwise=e) for e in ("unit", "none"))
    norm, residual, silu = 2 * 64 * (4 * 64 + 3), 2 * 64 * 64, 64 * 128 * 5
    assert found.elementwise == {"norm": norm, "residual": residual, "activation": silu}
    assert found.to_dict()["elementwise"] == found.elementwise
    own = [found.operators[name] for name in found.elementwise]
    assert found.cycles == pytest.approx(without.cycles + sum(each.cycles for each in own))
    assert found.energy_pj == pytest.approx(without.energy_pj + sum(each.energy_pj for each in own))
    assert without.operators == {n: w for n, w in found.operators.items() if n not in found.elementwise}
    assert without.notes[-1].endswith("are not counted: elementwise is none")


def test_the_attention_alone_has_none_to_leave_out():
    sweep = {"models": ["bert-base"], "architectures": ["edge"], "dataflows": ["base"], "elementwise": "none"}
    with pytest.raises(FlatError, match="elementwise: norms and activations do not change the attention"):
        flat.estimate(BLOCK, EDGE, "flat-r16", elementwise="none")
    with pytest.raises(FlatError, match="elementwise: norms and activations do not change the attention"):
        flat.plan(sweep)
    assert len(flat.plan({**sweep, "level": "block"}).runs) == 1


def test_a_model_has_them_in_every_layer():
    found = flat.estimate("bert-base", EDGE, seq=128, level="model")
    norm = 128 * (7 * 768 + 7)
    assert found.elementwise == {
        "norm": 12 * 2 * norm,
        "residual": 12 * 2 * 128 * 768,
        "activation": 12 * 128 * 3072 * 8,
        "embedding_norm": norm,
    }
    assert sum(kind.cycles for kind in found.kinds) == pytest.approx(found.cycles)


def test_requests_of_a_step_have_them_once_for_all():
    model = find_model("llama-3-8b").serving(flat.Requests(3, 64), flat.Requests(1, 64, queries=5))
    found = flat.estimate(model, EDGE)
    assert found.elementwise["norm"] == 32 * 2 * 8 * (4 * 4096 + 3)
    assert sum(kind.cycles for kind in found.kinds) == pytest.approx(found.cycles)


def test_what_is_not_counted_is_said():
    def last(workload=BLOCK, chip=EDGE, **asked):
        return flat.estimate(workload, chip, level="block", **asked).notes[-1]

    bare = replace(find_architecture("edge"), softmax=None)
    assert last(softmax="free").endswith("not counted: softmax is free, and its unit's work costs nothing")
    assert last(chip=bare, softmax="array").endswith("edge has no softmax unit, which would do them")
    unknown = "residual additions of the block are not counted: which there are is not known"
    assert last(replace(BLOCK, steps=None)).endswith(unknown)


def test_without_energies_their_cycles_are_the_same():
    known = flat.estimate(BLOCK, EDGE, level="block")
    unknown = flat.estimate(BLOCK, "edge", level="block", ert=EnergyTable(unknown="nobody was asked"))
    assert unknown.operators["norm"].cycles == known.operators["norm"].cycles
    assert unknown.to_dict()["operators"]["norm"]["energy_pj"] is None
