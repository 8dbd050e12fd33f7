"""Experts: which layers have them, of what width, and how many are chosen; as published."""

from __future__ import annotations

import pytest

from flat_plugin.errors import FlatError

PLAIN = dict(hidden_size=64, num_attention_heads=4, num_key_value_heads=2, intermediate_size=96)
PLAIN |= dict(num_hidden_layers=8, max_position_embeddings=4096, head_dim=16)


def kinds(model):
    """(layers, width between the feed-forward layers, experts, chosen, shared width)."""
    return [
        (times, layer.feed_forward, *((e.number, e.chosen, e.shared) if (e := layer.experts) else ()))
        for times, layer in model.stack
    ]


LATENT = dict(q_lora_rank=24, kv_lora_rank=16, qk_nope_head_dim=16, qk_rope_head_dim=8, v_head_dim=16)
DEEPSEEK = dict(n_routed_experts=32, num_experts_per_tok=4, moe_intermediate_size=40, n_shared_experts=2)
DEEPSEEK |= dict(first_k_dense_replace=3)
QWEN = dict(num_experts=16, num_experts_per_tok=4, moe_intermediate_size=40)
LLAMA4 = dict(
    num_local_experts=4, num_experts_per_tok=1, intermediate_size_mlp=128, attention_chunk_size=None
)
ERNIE = dict(moe_num_experts=8, moe_k=2, moe_intermediate_size=40, moe_num_shared_experts=2)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (
            dict(model_type="mixtral", num_local_experts=8, num_experts_per_tok=2),
            [(8, 96, 8, 2, None)],
        ),
        (DEEPSEEK | LATENT | dict(model_type="deepseek_v3"), [(3, 96), (5, 40, 32, 4, 80)]),
        (DEEPSEEK | dict(model_type="glm4_moe"), [(3, 96), (5, 40, 32, 4, 80)]),
        (QWEN | dict(model_type="qwen3_moe"), [(8, 40, 16, 4, None)]),
        (
            QWEN | dict(model_type="qwen3_moe", mlp_only_layers=[0, 2], decoder_sparse_step=1),
            [(2, 96), (6, 40, 16, 4, None)],
        ),
        (
            QWEN | dict(model_type="qwen2_moe", shared_expert_intermediate_size=56, decoder_sparse_step=2),
            [(4, 96), (4, 40, 16, 4, 56)],
        ),
        (LLAMA4 | dict(model_type="llama4_text"), [(8, 96, 4, 1, 96)]),
        (
            LLAMA4 | dict(model_type="llama4_text", interleave_moe_layer_step=2),
            [(4, 128), (4, 96, 4, 1, 96)],
        ),
        (
            ERNIE | dict(model_type="ernie4_5_moe", moe_layer_start_index=1, moe_layer_end_index=6),
            [(2, 96), (6, 40, 8, 2, 80)],
        ),
    ],
)
def test_experts_of_the_layers(read, fields, expected):
    assert kinds(read(PLAIN | fields)) == expected


def test_no_experts_are_plain_layers(read):
    assert kinds(read(PLAIN | QWEN | dict(model_type="qwen3_moe", num_experts=0))) == [(8, 96)]


def test_more_chosen_than_there_are(read):
    with pytest.raises(FlatError, match=r"num_experts_per_tok: more than the 16 experts"):
        read(PLAIN | QWEN | dict(model_type="qwen3_moe", num_experts_per_tok=17))


def test_experts_in_every_so_many_layers_are_refused_where_the_class_has_them_in_all(read):
    fields = PLAIN | DEEPSEEK | LATENT | dict(model_type="deepseek_v3")
    assert read(fields | dict(moe_layer_freq=1)).stack == read(fields).stack
    with pytest.raises(FlatError, match="moe_layer_freq: experts in every so many layers"):
        read(fields | dict(moe_layer_freq=2))


def test_weights_that_a_router_chooses_from_are_told_apart(read):
    model = read(PLAIN | QWEN | dict(model_type="qwen3_moe", vocab_size=100))
    assert model.weights["linear"] == 8 * 2 * 64 * 16 * (4 + 2)
    assert model.weights["experts"] == 8 * (16 * 3 * 64 * 40 + 64 * 16)
    assert model.weights["head"] == 64 * 100


def test_latent_projections(read):
    model = read(PLAIN | DEEPSEEK | LATENT | dict(model_type="deepseek_v3"))
    down, up = 64 * (24 + 16 + 8), 24 * 4 * 24 + 16 * 4 * (16 + 16)
    (_, dense), *_ = model.stack
    assert dense.linear_weights == down + up + 4 * 16 * 64 + 3 * 64 * 96
