"""Steps of serving: requests together are what each is, and share the products' weights."""

import json
from dataclasses import replace

import pytest

import flat_plugin as flat
from flat_plugin.architecture import find_architecture
from flat_plugin.errors import FlatError, InvalidMapping
from flat_plugin.workload import Model, find_model
from flat_plugin.workload.requests import Requests

GPT2 = find_model("gpt2")
TOY = Model("toy", layers=3, heads=4, hidden=32, head_dim=8, feed_forward=64, kv_heads=2, kind="decoder")
MIXED = TOY.serving(Requests(4, 40), Requests(2, 24, 4), Requests(1, 48, 20))


def figures(answer):
    """All that an estimate says but for what its workload is called."""
    document = answer.to_dict()
    return {k: v for k, v in document.items() if k not in ("model", "workload", "step", "kinds")}


@pytest.mark.parametrize("level", ["attention", "block", "model"])
@pytest.mark.parametrize("flow", ["base", "flat-h", "flat-r"])
@pytest.mark.parametrize("number", [1, 5])
def test_requests_that_are_alike_are_a_batch(level, flow, number):
    step = flat.estimate(GPT2.serving(Requests(number, 200, 3)), "edge", flow, level=level)
    batch = flat.estimate(GPT2, "edge", flow, level=level, seq=200, queries=3, batch=number)
    assert figures(step) == figures(batch)


@pytest.mark.parametrize("name", ["deepseek-v2-lite", "gpt-oss-20b", "mixtral-8x7b"])
def test_experts_and_latent_attention_too(name):
    step = flat.estimate(find_model(name).serving(Requests(4, 300)), "edge")
    batch = flat.estimate(name, "edge", level="model", seq=300, queries=1, batch=4)
    assert figures(step) == figures(batch)


def test_a_step_counted_by_hand():
    answer = flat.estimate(MIXED, "edge", "flat-r1")
    tokens = 4 * 1 + 2 * 4 + 1 * 20
    # A token of a request needs the keys before it, and its own.
    scores = 4 * (4 * 40 + 2 * (21 + 22 + 23 + 24) + sum(range(29, 49)))
    assert answer.scores.needed == answer.scores.touched == 3 * scores
    for name in ("logit", "attend"):
        assert answer.operators[name].computes == 3 * scores * 8
    weights = {"project_q": 32 * 32, "project_k": 32 * 16, "project_v": 32 * 16, "project_o": 32 * 32}
    for name, count in (weights | {"ff_up": 32 * 64, "ff_down": 64 * 32}).items():
        assert answer.operators[name].computes == 3 * tokens * count
        assert answer.traffic[f"{name}.W"].dram == 3 * count  # once for the tokens of all requests
    assert (answer.step.requests, answer.step.tokens) == (7, tokens)
    cached = 4 * 40 + 2 * 24 + 48
    assert answer.step.cache_bytes == 3 * cached * 2 * (8 + 8) * 2
    each = answer.to_dict()["step"]
    assert each["energy_per_token_pj"] == answer.energy_pj / tokens
    assert each["tokens_per_second"] == tokens / answer.seconds


def test_a_step_is_the_sum_of_its_parts():
    answer = flat.estimate(MIXED, "edge", "base")
    assert len(answer.kinds) == 4 and answer.kinds[-1].name == "decoder layers, products"
    assert sum(kind.cycles for kind in answer.kinds) == pytest.approx(answer.cycles)
    assert sum(kind.energy_pj for kind in answer.kinds) == pytest.approx(answer.energy_pj)
    assert sum(kind.dram_words for kind in answer.kinds) == pytest.approx(answer.dram_words)
    alone = [flat.estimate(TOY.serving(each), "edge", "base", level="attention") for each in MIXED.requests]
    both = flat.estimate(MIXED, "edge", "base", level="attention")
    assert both.cycles == sum(each.cycles for each in alone)
    assert both.limits.compulsory_dram_words == sum(each.limits.compulsory_dram_words for each in alone)
    assert max(each.limits.cycles for each in alone) < both.limits.cycles <= both.cycles


def test_tokens_of_all_requests_choose_among_the_experts():
    step = find_model("mixtral-8x7b").serving(Requests(1, 64), Requests(1, 64, 8))
    answer = flat.estimate(step, "edge")
    assert answer.workload["layers"][0]["experts"]["fetched"] == round(8 * (1 - (1 - 2 / 8) ** 9))


def test_what_was_understood_is_said():
    answer = flat.estimate(MIXED, "edge", "flat-r")
    line = "requests 4 × 1 token of 40 keys, 2 × 4 tokens of 24 keys, 1 × 20 tokens of 48 keys"
    assert line in str(answer)
    assert answer.workload["requests"][1] == {"requests": 2, "queries": 4, "keys": 24}
    assert answer.workload["batch"] == 7
    assert answer.dataflow == "flat-r"  # each has rows of its own
    assert "the mapping and its capacity are of the attention of 4 × 1 token of 40 keys" in answer.notes


SHARED = TOY.serving(Requests(4, 40, 1, 32))


def test_what_requests_share_is_fetched_once():
    answer = flat.estimate(SHARED, "cloud", "flat-r", level="attention")
    apart = flat.estimate(TOY, "cloud", "flat-r", seq=40, queries=1, batch=4)
    keys = 32 + 4 * 8
    for name in "KV":
        assert answer.traffic[name].dram == keys * 2 * 8
        assert apart.traffic[name].dram == 4 * 40 * 2 * 8
    assert answer.scores.needed == apart.scores.needed == 4 * 4 * 40
    assert answer.limits.compulsory_dram_words < apart.limits.compulsory_dram_words
    assert flat.estimate(SHARED, "cloud", "flat-r").step.cache_bytes == 3 * keys * 2 * 16 * 2


def test_requests_that_are_cheaper_apart_say_so():
    model = find_model("gpt2").serving(Requests(64, 520, 1, 8))
    answer = flat.estimate(model, "edge", "flat-h", level="attention")
    assert any("fetches the shared keys by itself" in note for note in answer.notes)
    apart = flat.estimate("gpt2", "edge", "flat-h", seq=520, queries=1, batch=64)
    assert answer.cycles == apart.cycles


def test_a_window_that_does_not_reach_what_is_shared():
    answer = flat.estimate(SHARED, "cloud", "flat-r", level="attention", mask="causal,window=20")
    note = "where a mask selects keys or does not reach all, each request fetches the shared ones by itself"
    assert note in answer.notes
    apart = flat.estimate(TOY, "cloud", "flat-r", seq=40, queries=1, batch=4, mask="causal,window=20")
    assert figures(answer) | {"notes": ()} == figures(apart) | {"notes": ()}


def test_selected_keys_stay_selected():
    answer = flat.estimate(SHARED, "edge", "base", level="attention", mask="causal,topk=64")
    apart = flat.estimate(TOY, "edge", "base", seq=40, queries=1, batch=4, mask="causal,topk=64")
    assert figures(answer) | {"notes": ()} == figures(apart) | {"notes": ()}


PROJECTED, FED = 3 * (2 * 32 * 32 + 2 * 32 * 16), 3 * 2 * 32 * 64  # weights of three layers


@pytest.mark.parametrize(
    ("bits", "weights"),
    [
        (None, PROJECTED + FED),
        ("W=4", (PROJECTED + FED) // 4),
        ("WA=8,WF=4", PROJECTED // 2 + FED // 4),
    ],
)
def test_a_cache_that_the_outermost_memory_has_no_room_for(bits, weights):
    edge = find_architecture("edge")
    words = 3 * (4 * 40 + 2 * 24 + 48) * 2 * 16 + weights
    outer, *rest = edge.memories
    for capacity, fits in ((words, True), (words - 1, False)):
        small = replace(edge, memories=(replace(outer, capacity=capacity), *rest))
        if fits:
            assert flat.estimate(MIXED, small, bits=bits).step.cache_bytes
            continue
        with pytest.raises(InvalidMapping, match="the step does not fit DRAM: keys and values"):
            flat.estimate(MIXED, small, bits=bits)


def test_what_is_of_one_attention_layer_refuses_several():
    for call in (flat.explain, flat.search):
        with pytest.raises(FlatError, match="requests of a step have attention layers of their own"):
            call(MIXED, "edge", mask="full")
    assert flat.explain(TOY.serving(Requests(3, 40)), "edge", "flat-r").estimate.cycles


def test_a_sweep_of_steps(tmp_path):
    (tmp_path / "mix.yaml").write_text("mix: {model: gpt2, decode: [{requests: 2, seq: [64, 80]}]}")
    sweep = {"models": [{"mix": "mix.yaml", "name": "step"}, "gpt2"], "seq": [32], "level": "model"}
    sweep |= {"architectures": ["edge"], "dataflows": ["base"], "engine": "native"}
    file = tmp_path / "sweep.json"
    file.write_text(json.dumps({"sweep": sweep}))
    first, second = flat.plan(file).runs
    assert (first.question.workload.name, first.seq, first.batch) == ("step", 80, 4)
    assert (second.question.workload.name, second.seq, second.batch) == ("gpt2", 32, 1)
    assert not flat.run(file, output=tmp_path / "out").failed
