"""A whole workload: attention, blocks and models chained, and what is said of their parts."""

from dataclasses import replace

import pytest

import flat_plugin as flat
from flat_plugin.engines.native import NativeEngine
from flat_plugin.errors import FlatError
from flat_plugin.model.estimate import Estimate
from flat_plugin.question.whole_workload import evaluated_by
from flat_plugin.workload import Attention, Block
from flat_plugin.workload.layer import Layer
from flat_plugin.workload.model import Model

PLATFORM = flat.platform("edge")
LAYER = Attention(1, 2, 32, 32, 16)
BLOCK = Block(LAYER, 32, 64)
MODEL = Model("toy", stack=((3, Layer(2, 32, 16, 64)), (2, Layer(4, 32, 8, 64))), tokens=32)


def estimate(workload=LAYER, level="attention", **options):
    bare = {} if level == "attention" else {"elementwise": "none"}
    return flat.estimate(workload, PLATFORM, "flat-r16", level=level, **bare, **options)


def test_a_layer_alone_has_no_block():
    with pytest.raises(FlatError, match="level: a block or model is needed"):
        estimate(level="block")


def test_a_block_is_its_attention_and_its_products_one_by_one():
    whole, attention = estimate(BLOCK, "block"), estimate()
    products = [name for name in whole.operators if name not in attention.operators]
    assert products == ["project_q", "project_k", "project_v", "project_o", "ff_up", "ff_down"]
    assert whole.cycles == pytest.approx(attention.cycles + sum(whole.operators[p].cycles for p in products))
    computes = {p: whole.operators[p].computes for p in products}
    assert computes["project_q"] == 32 * 32 * 32 and computes["ff_up"] == 32 * 32 * 64


def test_products_of_one_shape_are_mapped_once_and_cost_alike():
    found = estimate(BLOCK, "block").operators
    assert found["project_k"].cycles == found["project_v"].cycles
    assert found["project_k"].energy_pj == found["project_v"].energy_pj


def test_a_model_is_its_kinds_of_layer():
    whole = estimate(MODEL, "model")
    assert whole.layers == 5
    assert [(kind.times, kind.name) for kind in whole.kinds][0][0] == 3
    assert sum(kind.cycles for kind in whole.kinds) == pytest.approx(whole.cycles)
    assert sum(kind.energy_pj for kind in whole.kinds) == pytest.approx(whole.energy_pj)
    assert sum(kind.computes for kind in whole.kinds) == sum(w.computes for w in whole.operators.values())


def test_layers_that_attend_alike_are_evaluated_once(monkeypatch):
    seen = []
    run = NativeEngine.run

    def counting(self, task):
        seen.append(task.einsum.name)
        return run(self, task)

    monkeypatch.setattr(NativeEngine, "run", counting)
    twice = Model("twice", stack=((3, Layer(2, 32, 16, 64)), (2, Layer(2, 32, 16, 96))), tokens=32)
    estimate(twice, "model")
    assert seen.count("logit") == 1


def test_widths_that_only_products_have_are_said():
    (note,) = [n for n in estimate(replace(LAYER, widths={"W": 8})).notes if "--level block" in n]
    assert note == "widths of W are of products around the attention: --level block has them"
    for widths in ({}, {"Q": 8}):
        assert not any("--level block" in note for note in estimate(replace(LAYER, widths=widths)).notes)


def test_requests_of_a_step_attend_one_after_the_other():
    model = flat.find_model("gpt2").serving(flat.Requests(2, 64), flat.Requests(1, 32, queries=4))
    whole = flat.estimate(model, PLATFORM, "flat-r16", elementwise="none")
    assert any("the mapping and its capacity are of the attention of" in note for note in whole.notes)
    assert whole.dataflow == "flat-r16"
    names = [kind.name for kind in whole.kinds]
    assert sum("attention of" in name for name in names) == 2 and any("products" in name for name in names)
    assert sum(kind.cycles for kind in whole.kinds) == pytest.approx(whole.cycles)


def test_the_engine_that_evaluated_is_said():
    answer = estimate()
    assert evaluated_by("native", "built in", answer) is answer
    other = evaluated_by("timeloop", "timeloop 1.0", answer, "in a container")
    assert isinstance(other, Estimate) and other.engine == "timeloop"
    assert other.notes[-2:] == ("operators evaluated by timeloop 1.0", "in a container")
