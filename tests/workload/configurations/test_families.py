"""Five families, fields as published: what is understood, and the products of one new token by hand.

A multiply-accumulate for every weight that a token passes, and two for every key and element of a head: one
to score it, one to add its value.
"""

from __future__ import annotations

import pytest
from published_configurations import DEEPSEEK

from flat_plugin import estimate
from flat_plugin.workload import describe

MISTRAL = dict(
    model_type="mistral",
    architectures=["MistralForCausalLM"],
    hidden_size=4096,
    intermediate_size=14336,
    num_hidden_layers=32,
    num_attention_heads=32,
    num_key_value_heads=8,
    max_position_embeddings=32768,
    sliding_window=4096,
    vocab_size=32000,
    hidden_act="silu",
    rope_theta=10000.0,
    tie_word_embeddings=False,
    torch_dtype="bfloat16",
)
GEMMA = dict(
    model_type="gemma3",
    architectures=["Gemma3ForConditionalGeneration"],
    boi_token_index=255999,
    mm_tokens_per_image=256,
    text_config=dict(
        model_type="gemma3_text",
        hidden_size=2560,
        intermediate_size=10240,
        num_hidden_layers=34,
        sliding_window=1024,
        rope_scaling=dict(factor=8.0, rope_type="linear"),
    ),
    vision_config=dict(
        model_type="siglip_vision_model",
        hidden_size=1152,
        image_size=896,
        intermediate_size=4304,
        num_attention_heads=16,
        num_hidden_layers=27,
        patch_size=14,
        vision_use_head=False,
    ),
)
GPT_OSS = dict(
    model_type="gpt_oss",
    architectures=["GptOssForCausalLM"],
    hidden_size=2880,
    intermediate_size=2880,
    num_hidden_layers=24,
    num_attention_heads=64,
    num_key_value_heads=8,
    head_dim=64,
    num_local_experts=32,
    num_experts_per_tok=4,
    experts_per_token=4,
    sliding_window=128,
    layer_types=["sliding_attention", "full_attention"] * 12,
    max_position_embeddings=131072,
    vocab_size=201088,
    attention_bias=True,
    swiglu_limit=7.0,
    quantization_config=dict(
        quant_method="mxfp4",
        modules_to_not_convert=[
            "model.layers.*.self_attn",
            "model.layers.*.mlp.router",
            "model.embed_tokens",
            "lm_head",
        ],
    ),
)
WHISPER = dict(
    model_type="whisper",
    architectures=["WhisperForConditionalGeneration"],
    d_model=1280,
    encoder_layers=32,
    encoder_attention_heads=20,
    encoder_ffn_dim=5120,
    decoder_layers=32,
    decoder_attention_heads=20,
    decoder_ffn_dim=5120,
    num_hidden_layers=32,
    num_mel_bins=128,
    max_source_positions=1500,
    max_target_positions=448,
    vocab_size=51866,
    is_encoder_decoder=True,
)


def per_token(model, seq):
    """Multiply-accumulates of one new token behind ``seq`` - 1 others, at model level."""
    answer = estimate(model, "cloud", "base", seq=seq, queries=1, level="model")
    return done(answer)


def done(answer):
    """All multiply-accumulates. Where tiles do not divide a length, Timeloop's model and ours round them."""
    return pytest.approx(sum(work.computes for work in answer.operators.values()), rel=1e-5)


def test_mistral(read):
    model = read(MISTRAL)
    line = describe(model, 8192).line
    assert "32 decoder layers × 32 heads, 8 KV heads, D 128, queries 8192, keys 8192" in line
    assert "causal,window=4096" in line
    assert "hidden 4096, feed-forward 14336 (gated)" in line
    layer = 2 * 4096 * 4096 + 2 * 4096 * 1024 + 3 * 4096 * 14336
    for seq, keys in ((1024, 1024), (8192, 4096)):
        hand = 32 * (layer + 2 * 32 * 128 * keys) + 4096 * 32000
        assert per_token(model, seq) == hand


def test_gemma_3(read):
    model = read(GEMMA)
    line = describe(model, 8192).line
    assert "29 decoder layers × 8 heads, 4 KV heads, D 256" in line
    assert "5 decoder layers × 8 heads" in line
    assert "causal,window=1024" in line
    layer = 2 * 2560 * 2048 + 2 * 2560 * 1024 + 3 * 2560 * 10240
    attention = 2 * 8 * 256 * (29 * 1024 + 5 * 8192)
    assert per_token(model, 8192) == 34 * layer + attention + 2560 * 262208


def test_gpt_oss(read):
    model = read(GPT_OSS)
    line = describe(model, 8192).line
    assert line.count("12 decoder layers × 64 heads, 8 KV heads, D 64") == 2
    assert "causal,window=128" in line
    assert "hidden 2880, feed-forward 2880 (gated), 4 of 32 experts" in line
    assert "4.25-bit WE" in line
    layer = 2 * 2880 * 4096 + 2 * 2880 * 512 + 2880 * 32 + 4 * 3 * 2880 * 2880
    attention = 2 * 64 * 64 * (12 * 128 + 12 * 8192)
    assert per_token(model, 8192) == 24 * layer + attention + 2880 * 201088


def test_deepseek_v3(read):
    """Of 671 B weights 37 B are those of a token (arXiv 2412.19437)."""
    model = read(DEEPSEEK).decoding()
    line = describe(model, 4096).line
    assert "3 decoder layers × 128 heads, D 192, E 128" in line
    assert "58 decoder layers" in line
    assert "feed-forward 18432 (gated)" in line
    assert "feed-forward 2048 (gated), 8 of 256 experts, shared feed-forward 2048" in line
    down, up = 7168 * (1536 + 512 + 64), 1536 * 128 * 192 + 512 * 128 * (128 + 128)
    attention = down + up + 128 * 128 * 7168
    dense, expert = 3 * 7168 * 18432, 3 * 7168 * 2048
    passed = 61 * attention + 3 * dense + 58 * (9 * expert + 7168 * 256) + 7168 * 129280
    assert passed == pytest.approx(37e9, rel=0.02)
    # The expansion of all keys' latents is not a weight of the token: one key has all of them.
    products = sum(
        times * each * einsum.operations
        for times, block in model.blocks(1)
        for each, einsum in block.around()
    )
    assert products + 7168 * 129280 == passed


def test_whisper(read):
    model = read(WHISPER)
    line = describe(model).line
    assert "32 encoder layers × 20 heads, D 64, queries 1500, keys 1500" in line
    assert "32 decoder layers × 20 heads, D 64, queries 448, keys 448" in line
    assert "32 cross layers × 20 heads, D 64, queries 448, keys 1500" in line
    square, wide = 1280 * 1280, 2 * 1280 * 5120
    # A step: self-attention and its four projections, cross attention to cached keys and two, feed-forward.
    step = 32 * (4 * square + 2 * 1280 * 448 + 2 * square + 2 * 1280 * 1500 + wide) + 1280 * 51866
    answer = estimate(model, "cloud", "base", queries=1, level="model")
    assert done(answer) == step
    # All of it: the convolutions, the encoder, and the decoder with the keys of every encoder token.
    convolutions = 3000 * 1280 * 128 * 3 + 1500 * 1280 * 1280 * 3
    encoder = 32 * 1500 * (4 * square + 2 * 1280 * 1500 + wide)
    decoder = 32 * (448 * (4 * square + wide + 2 * square) + 1500 * 2 * square)
    scores = 32 * 448 * 2 * 1280 * (448 + 1500)
    answer = estimate(model, "cloud", "base", level="model", mask="full")
    whole = convolutions + encoder + decoder + scores + 1280 * 51866
    assert done(answer) == whole
