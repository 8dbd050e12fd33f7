"""A step of decoding with a cache of keys and values, from the model to its figures."""

from __future__ import annotations

from dataclasses import replace

import pytest

from flat_plugin import estimate, find_model, search
from flat_plugin.workload.model import Model

GROUPED = replace(find_model("llama-3-8b"), layers=2)  # type: ignore[call-arg]  # fields of its only layer
PLAIN = Model("plain", layers=2, heads=4, hidden=256, head_dim=64, feed_forward=1024, tokens=512)
SEARCHED = ("flat-opt", "base-opt", "flash")
FLOWS = ("base", "flat-m", "flat-h", "flat-r", *SEARCHED)


def step(model, arch, flow, **options):
    """Any tiles of the plain model; of the other one those that divide, which are found sooner."""
    if model is GROUPED and flow in SEARCHED:
        options["factors"] = "perfect"
    return estimate(model.decoding(), arch, flow, softmax="overlapped", **{"seq": 1024} | options)


@pytest.mark.parametrize("arch", ["edge", "cloud"])
@pytest.mark.parametrize("model", [PLAIN, GROUPED], ids=lambda model: model.name)
@pytest.mark.parametrize("flow", FLOWS)
def test_every_dataflow_decodes(model, arch, flow):
    answer = step(model, arch, flow)
    assert answer.model == f"{model.name}-decode"
    keys_and_values = 2 * 1024 * model.kv_heads * model.head_dim
    assert answer.limits.compulsory_dram_words == keys_and_values + 2 * model.heads * model.head_dim
    assert answer.dram_words >= answer.limits.compulsory_dram_words
    assert answer.cycles >= answer.limits.cycles


@pytest.mark.parametrize("arch", ["edge", "cloud"])
@pytest.mark.parametrize("flow", ["base", "flat-h", "flat-opt", "flash"])
def test_every_sequence_has_a_cache_of_its_own(arch, flow):
    one, eight = (step(GROUPED, arch, flow, batch=batch) for batch in (1, 8))
    for tensor in ("K", "V"):
        assert eight.traffic[tensor].dram_reads == 8 * one.traffic[tensor].dram_reads


@pytest.mark.parametrize("flow", ["base", "flat-h", "flat-opt"])
def test_the_blocks_around_it_work_on_new_tokens(flow):
    """Projections and feed-forward layers of a step are those of a prompt of one token."""
    decoded = step(GROUPED, "cloud", flow, level="block")
    factors = "perfect" if flow in SEARCHED else None
    prompt = estimate(GROUPED, "cloud", flow, seq=1, level="block", factors=factors)
    around = [name for name in decoded.operators if name.startswith(("project_", "ff_"))]
    assert len(around) == 7
    for name in around:
        assert decoded.operators[name] == prompt.operators[name]
    assert decoded.operators["logit"].computes == 1024 * prompt.operators["logit"].computes


def test_a_model_repeats_the_step_of_a_block():
    block, model = (step(GROUPED, "edge", "flat-h", level=level) for level in ("block", "model"))
    beside = [work for name, work in model.operators.items() if name not in block.operators]
    assert model.operators["output_head"] in beside
    assert model.cycles == pytest.approx(2 * block.cycles + sum(work.cycles for work in beside))
    assert model.energy_pj == pytest.approx(2 * block.energy_pj + sum(work.energy_pj for work in beside))


def test_a_few_new_tokens_read_the_cache_once():
    one, four = (
        estimate(GROUPED.decoding(queries), "cloud", "flat-opt", seq=1024, factors="perfect")
        for queries in (1, 4)
    )
    assert four.operators["logit"].computes == 4 * one.operators["logit"].computes
    assert four.traffic["K"].dram_reads == one.traffic["K"].dram_reads


def test_the_search_finds_what_the_named_dataflow_finds():
    found = search(PLAIN.decoding(), "edge", dataflow="flat-opt", softmax="serial").estimate
    assert found.to_dict() == estimate(PLAIN.decoding(), "edge", "flat-opt").to_dict()


@pytest.mark.parametrize("name", ["bert-base", "vit-b-16", "whisper-base"])
def test_a_step_of_encoders_alone_is_noted(name):
    step = find_model(name).decoding()
    assert sum("encoder layers only:" in note for note in step.decoding(2).notes) == 1


def test_a_step_of_a_decoder_needs_no_note():
    assert not find_model("gpt2").decoding().notes
