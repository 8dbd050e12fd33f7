"""``estimate`` and ``explain``, as a user calls them."""

from math import prod

import pytest

import flat_plugin as flat
from flat_plugin import api
from flat_plugin.engines.native import NativeEngine
from flat_plugin.workload import parse_attention

BERT = "bert-base"
SMALL = parse_attention("B=1,H=4,M=128,N=96,D=32")

SETTINGS = [
    {"softmax": "serial"},
    {"softmax": "free"},
    {"softmax": "overlapped", "overflow": "spill", "dataflow": "flat-h"},
    {"dataflow": "base"},
    {"dataflow": "flash"},
]


def test_fusing_saves_the_trips_of_the_scores():
    base = flat.estimate(BERT, "edge", "base", seq=512, softmax="free")
    fused = flat.estimate(BERT, "edge", "flat-r64", seq=512, softmax="free")
    scores = 12 * 512 * 512
    assert base.traffic["S"].dram == 2 * scores
    assert fused.traffic["S"].dram == 0
    assert fused.dram_words == fused.limits.compulsory_dram_words


def test_softmax_of_its_own_takes_the_scores_through_dram_twice_more():
    free = flat.estimate(BERT, "edge", "base", seq=512, softmax="free")
    serial = flat.estimate(BERT, "edge", "base", seq=512, softmax="serial")
    assert serial.dram_words - free.dram_words == 2 * 12 * 512 * 512


def test_serial_softmax_makes_the_array_wait():
    serial = flat.estimate(BERT, "edge", "flat-r64", seq=512, softmax="serial")
    overlapped = flat.estimate(BERT, "edge", "flat-r64", seq=512, softmax="overlapped")
    assert serial.bound == "MAC + SoftmaxUnit"
    assert serial.cycles - overlapped.cycles == pytest.approx(serial.busy["SoftmaxUnit"])


def test_what_does_not_fit_is_an_inequality_in_names_and_numbers():
    with pytest.raises(flat.InvalidMapping, match=r"S\[M512×N512\].*= 524,288 > 262,144 words"):
        flat.estimate(BERT, "edge", "flat-h", seq=512)


def test_spilling_takes_the_share_that_is_left_over_through_dram():
    spilled = flat.estimate(BERT, "edge", "flat-h", seq=512, overflow="spill", softmax="free")
    share = 1 - (262144 - (spilled.requirement.words - 512 * 512)) / (512 * 512)
    assert spilled.traffic["S"].dram_writes == pytest.approx(share * 12 * 512 * 512)
    assert not spilled.fits


@pytest.mark.parametrize("level", ["attention", "block", "model"])
@pytest.mark.parametrize("flow", ["base", "flat-r64"])
def test_totals_are_sums_of_parts(level, flow):
    found = flat.estimate(BERT, "edge", flow, seq=512, level=level).to_dict()
    components = sum(part["energy_pj"] for part in found["components"].values())
    operators = sum(part["energy_pj"] for part in found["operators"].values())
    assert components == pytest.approx(found["energy_pj"])
    assert operators == pytest.approx(found["energy_pj"])


def test_a_model_is_its_layers():
    block = flat.estimate("t5-small", "edge", "flat-r64", seq=512, level="block")
    model = flat.estimate("t5-small", "edge", "flat-r64", seq=512, level="model")
    assert model.cycles == 12 * block.cycles
    assert model.energy_pj == pytest.approx(12 * block.energy_pj)
    assert model.utilization == pytest.approx(block.utilization)


def test_keys_of_grouped_queries_are_fetched_once_a_group():
    layer = parse_attention("B=1,H=8,KV=2,M=128,N=128,D=32")
    found = flat.estimate(layer, "edge", "flat-r32", softmax="free")
    assert found.traffic["K"].dram_reads == 2 * 128 * 32
    assert found.traffic["Q"].dram_reads == 8 * 128 * 32


def test_streamed_keys_pass_by_once_a_row_tile():
    found = flat.estimate(BERT, "edge", "flat-r64", seq=512, stage=["Q", "S", "O"], softmax="free")
    assert found.traffic["K"].dram_reads == 512 // 64 * 12 * 512 * 64


def test_unknown_tensor_to_stage():
    with pytest.raises(flat.FlatError, match="unknown tensor"):
        flat.estimate(BERT, "edge", "flat-r64", seq=512, stage=["X"])


@pytest.mark.parametrize(("option", "value"), [("softmax", "no"), ("level", "layer"), ("overflow", "yes")])
def test_unknown_choices_name_the_right_ones(option, value):
    with pytest.raises(flat.FlatError, match="expected"):
        flat.estimate(BERT, "edge", "base", seq=512, **{option: value})


@pytest.mark.parametrize("architecture", ["edge", "cloud"])
@pytest.mark.parametrize("options", SETTINGS)
def test_an_explanation_adds_up_to_the_estimate(options, architecture):
    found = api.explain(BERT, architecture, **{"dataflow": "flat-r64", "seq": 512} | options)
    assert [step.name for step in found.steps] == list(found.estimate.operators)
    for step in found.steps:
        work = found.estimate.operators[step.name]
        assert step.energy_pj == pytest.approx(work.energy_pj, rel=1e-12)
        busy = {p.of.removesuffix(" busy"): p.value for p in step.products if p.unit == "cycles"}
        assert busy == pytest.approx({name: cycles for name, cycles in work.busy.items() if cycles})
        for product in step.products:
            value = prod(1 / f if what.startswith("/") else f for f, what in product.factors)
            assert product.value == pytest.approx(value, rel=1e-9), product.line


def test_an_explanation_of_smaller_last_tiles():
    layer = parse_attention("B=1,H=2,M=37,N=37,D=16")
    best = flat.search(layer, "edge", factors="imperfect", softmax="free")
    found = api.explain(layer, "edge", mapping=best.mapping, softmax="free")
    assert not best.mapping["logit"].perfect
    assert sum(step.energy_pj for step in found.steps) == pytest.approx(best.estimate.energy_pj, rel=1e-12)
    assert any("the last ones are smaller" in line for step in found.steps for line in step.lines())


@pytest.mark.parametrize("option", [{"dataflow": "nonsense"}, {"dataflow": "base"}, {"stage": ["S"]}])
@pytest.mark.parametrize("function", [flat.estimate, flat.explain])
def test_a_mapping_has_its_own_dataflow(function, option):
    (name,) = option
    mapping = flat.estimate(SMALL, "edge", "flat-r32").mapping
    with pytest.raises(flat.FlatError, match=f"{name}: the mapping has its own"):
        function(SMALL, "edge", mapping=mapping, **option)


@pytest.mark.parametrize("engine", ["native", NativeEngine()])
def test_an_engine_that_answers_at_once_has_no_time_limit(engine):
    with pytest.raises(flat.FlatError, match="time_limit: .*has (no|its own) time limit"):
        flat.estimate(SMALL, engine=engine, time_limit=5)


def test_experts_are_of_blocks():
    with pytest.raises(flat.FlatError, match="experts do not change the attention"):
        flat.estimate("mixtral-8x7b", "cloud", experts="all")


@pytest.mark.parametrize(("name", "other"), [("level", "model"), ("engine", "timeloop")])
def test_only_what_the_built_in_engine_says_of_attention_is_explained(name, other):
    only = {"level": "attention", "engine": "native"}[name]
    with pytest.raises(flat.FlatError, match=f"{name}: .*expected {only}"):
        flat.explain(SMALL, **{name: other})
