"""From operators to a layer, a block and a model: what is added up, and what waits for what."""

from dataclasses import replace

import pytest
from four_cores import CHIP, LAYER, answer

import flat_plugin as flat
from flat_plugin.errors import FlatError, InvalidMapping
from flat_plugin.model.estimate import Scored
from flat_plugin.model.layer import Setting, added, joined, preceded, repeated, with_operators
from flat_plugin.model.operator_work import Traffic, Work

PROJECT = Work("project_q", 50.0, {"MAC": 50.0}, {("MAC", "compute"): 9.0}, {"A": Traffic.at(0, 5, 1)}, 640)
SLOW = replace(PROJECT, name="slow", cycles=10.0**6, busy={"DRAM": 10.0**6})


@pytest.fixture(scope="module")
def attention():
    return answer(softmax="serial")


@pytest.mark.parametrize("field", ["softmax", "overflow", "skip", "elementwise"])
def test_settings_are_of_a_few_choices(field):
    with pytest.raises(FlatError, match=f"{field}: unknown choice"):
        Setting(**{field: "other"})


def test_a_layer(attention):
    assert attention.cycles == answer(softmax="free").cycles + attention.busy["SoftmaxUnit"]
    computes = 2 * LAYER.softmax_elements * 4
    assert attention.utilization == computes / 16 / attention.cycles
    assert attention.energy_pj == pytest.approx(sum(attention.energy.values()))
    assert attention.seconds == attention.cycles * CHIP.cycle_seconds
    assert attention.scores == Scored(LAYER.softmax_elements, LAYER.softmax_elements)
    assert attention.level == "attention"


def test_softmax_may_be_overlapped_or_free():
    overlapped, free = answer(softmax="overlapped"), answer(softmax="free")
    assert overlapped.cycles == free.cycles  # the units are not the busiest
    assert list(free.operators) == ["logit", "attend"]


def test_what_does_not_fit_is_refused_with_its_inequality():
    memories = (*CHIP.memories[:2], replace(CHIP.memories[2], capacity=100), CHIP.memories[3])
    with pytest.raises(InvalidMapping, match="flat-r2 does not fit: L1: .* > 100 words") as refused:
        answer(chip=replace(CHIP, memories=memories))
    assert (refused.value.level, refused.value.tile, refused.value.capacity) == ("L1", 176, 100)


def test_operators_that_choose_keys_come_before(attention):
    found = preceded(attention, [PROJECT], CHIP)
    assert found.cycles == attention.cycles + 50
    assert list(found.operators)[0] == "project_q"
    assert (found.level, found.bound, found.scores) == ("attention", attention.bound, attention.scores)
    assert preceded(attention, [SLOW], CHIP).bound == "DRAM"


def test_a_block_is_attention_and_the_operators_around_it(attention):
    block = with_operators(attention, [PROJECT, SLOW], CHIP)
    assert (block.level, block.cycles, block.bound) == ("block", attention.cycles + 50 + 10**6, "DRAM")
    assert with_operators(attention, [PROJECT], CHIP).bound == attention.bound
    assert block.energy_pj == pytest.approx(attention.energy_pj + 18)
    assert block.traffic["project_q.A"].dram == 6
    assert block.busy["MAC"] == attention.busy["MAC"] + 50
    computes = 2 * LAYER.softmax_elements * 4 + 2 * 640
    assert block.utilization == pytest.approx(computes / 16 / block.cycles)


def test_a_model_is_its_layers(attention):
    model = repeated(with_operators(attention, [PROJECT], CHIP), 12, CHIP)
    assert (model.level, model.layers) == ("model", 12)
    assert model.cycles == 12 * (attention.cycles + 50)
    assert model.energy_pj == pytest.approx(12 * (attention.energy_pj + 9))
    assert model.scores.needed == 12 * LAYER.softmax_elements
    assert with_operators(model, [PROJECT], CHIP).level == "model"


def test_stacks_follow_each_other(attention):
    block = with_operators(attention, [PROJECT], CHIP)
    few, many = repeated(block, 2, CHIP), repeated(block, 3, CHIP)
    both = added([few, many], CHIP)
    assert (both.layers, both.cycles) == (5, few.cycles + many.cycles)
    assert both.operators["logit"].computes == 5 * LAYER.softmax_elements * 4
    assert both.scores.needed == 5 * LAYER.softmax_elements
    assert both.energy_pj == pytest.approx(few.energy_pj + many.energy_pj)


def test_estimates_of_a_step_are_joined(attention):
    slow = replace(attention, cycles=10.0**6, bound="DRAM", notes=("one",))
    both = joined([replace(attention, notes=("one", "two")), slow], CHIP)
    assert (both.cycles, both.bound, both.notes) == (attention.cycles + 10**6, "DRAM", ("one", "two"))
    assert joined([attention], CHIP) is attention
    assert joined([attention, replace(attention, scores=None)], CHIP).scores is None
    assert not joined([attention, replace(attention, fits=False)], CHIP).fits


def test_work_that_a_mask_leaves_out_is_counted_where_nothing_is_skipped():
    layer = flat.parse_attention("B=1,H=2,M=64,N=64,D=16")
    skipped, every = (
        flat.estimate(layer, "edge", "flat-r16", mask="causal", skip=s) for s in ("tiles", "none")
    )
    assert skipped.scores.touched == 2 * 16 * (16 + 32 + 48 + 64)
    assert every.scores.touched == 2 * 64 * 64
    assert skipped.scores.needed == every.scores.needed == 2 * 64 * 65 // 2


def test_scores_that_overflow_go_out_and_back():
    layer = flat.parse_attention("B=1,H=1,M=512,N=512,D=16")
    spilled = flat.estimate(layer, "edge", "flat-h", set={"buffer_kb": 256}, overflow="spill")
    assert list(spilled.operators) == ["logit", "overflow", "softmax", "attend"]
    assert any("of S overflows to DRAM" in note for note in spilled.notes)
