from __future__ import annotations

import json

import pytest

from flat_plugin.errors import FlatError
from flat_plugin.workload import Attention, Block, Layer, Model, describe, find_model, parse_mask
from flat_plugin.workload.gaps import Gap

PAIR = Model(
    "pair",
    tokens=16,
    source_tokens=40,
    stack=(
        (6, Layer(8, 512, 64, 2048, kind="encoder")),
        (4, Layer(8, 512, 64, 2048, kind="decoder")),
        (4, Layer(8, 512, 64, kind="cross")),
    ),
)


def test_a_line_says_what_was_understood():
    assert describe("llama-3-8b", 1024).line == (
        "llama-3-8b: 32 decoder layers × 32 heads, 8 KV heads, D 128, queries 1024, keys 1024, "
        "causal mask, hidden 4096, feed-forward 14336 (gated); plus output head"
    )
    assert describe("bert-base", batch=64).line == (
        "bert-base: 12 encoder layers × 12 heads, D 64, queries 512, keys 512, full mask, "
        "hidden 768, feed-forward 3072; batch 64"
    )


def test_one_query_sees_every_key_whatever_the_mask():
    assert "queries 1, keys 1024, causal mask, hidden" in describe(find_model("gpt2").decoding()).line


def test_sizes_given_by_hand():
    attention = Attention(2, 3, 5, 6, 7, value_dim=8)
    described = describe(attention)
    assert described.line == (
        "attention: 1 attention layer × 3 heads, D 7, E 8, queries 5, keys 6, full mask; batch 2"
    )
    assert described.document["linear_weights"] is None
    assert describe(Block(attention, 10, 20)).document["linear_weights"] == 3 * 10 * 2 * 15 + 2 * 200


def test_the_document():
    document = describe("gpt2").document
    assert json.loads(json.dumps(document)) == document
    assert document["linear_weights"] == 84_934_656
    assert document["layers"] == [
        {
            "times": 12,
            "kind": "decoder",
            "heads": 12,
            "kv_heads": 12,
            "head_dim": 64,
            "value_dim": 64,
            "joint": False,
            "latent": None,
            "hidden": 768,
            "feed_forward": 3072,
            "gated": False,
            "experts": None,
            "queries": 1024,
            "keys": 1024,
            "mask": "causal",
            "scores": 12 * 1024 * 1025 // 2,
            "causal": True,
            "own_mask": "causal",
        }
    ]
    assert (document["mask"], document["scores"]) == ("causal", 12 * 1024 * 1025 // 2)


def test_layers_that_differ_are_an_entry_each():
    layers = describe(PAIR).document["layers"]
    assert [(e["times"], e["kind"], e["queries"], e["keys"]) for e in layers] == [
        (6, "encoder", 40, 40),
        (4, "decoder", 16, 16),
        (4, "cross", 16, 40),
    ]
    assert [e["feed_forward"] for e in layers] == [2048, 2048, None]
    assert "4 cross layers × 8 heads" in describe(PAIR).line


def test_gaps_are_said_where_they_touch():
    window = Gap("windows are not modelled", "attention", "sliding_window", 4, window=4)
    experts = Gap("experts are not modelled", "block", "num_experts", 8)
    model = Model("toy", 2, 4, 8, 2, 16, gaps=(window, experts))
    assert [g["field"] for g in describe(model, 4).document["not_modelled"]] == ["num_experts"]
    assert [g["field"] for g in describe(model, 5).document["not_modelled"]] == [
        "sliding_window",
        "num_experts",
    ]
    assert describe(model, 4).document["linear_weights"] is None


def test_a_model_needs_a_length():
    with pytest.raises(FlatError, match="no sequence length"):
        describe(Model("toy", 2, 4, 8, 2, 16))


def test_a_mask_and_what_it_needs():
    found = describe(Attention(1, 2, 8, 8, 4, mask=parse_mask("causal,window=4")))
    assert "causal,window=4 mask" in found.line
    assert found.document["mask"] == "causal,window=4"
    assert found.document["scores"] == found.document["layers"][0]["scores"] == 2 * (4 * 8 - 6)
