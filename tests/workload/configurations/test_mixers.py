"""Layers that do not attend, by hand: Jamba, Bamba, Qwen3.5, RecurrentGemma and LFM2 in small."""

from __future__ import annotations

import pytest

from flat_plugin.errors import FlatError

SIZES = dict(hidden_size=64, num_attention_heads=4, num_key_value_heads=2, intermediate_size=96)
SIZES |= dict(num_hidden_layers=8, max_position_embeddings=512, vocab_size=None)


def section(model):
    found = next(section for section in model.beside if section.name.endswith("layers"))
    ((_, counted),) = [(s, c) for s, c in model.sections(seq=10, batch=3) if s is found]
    return found, {einsum.name: (times, einsum) for times, einsum in counted}


def test_mamba(read):
    fields = dict(attn_layer_period=4, attn_layer_offset=1, num_experts=1, mamba_d_state=8, mamba_expand=2)
    found, einsums = section(read(SIZES | fields, model_type="jamba", mamba_dt_rank=4, mamba_d_conv=4))
    assert (found.name, found.times) == ("Mamba layers", 6)
    # 128 channels: into them and their gates, four steps and two of 8 states, out again; feed-forward layers.
    linear = 64 * 256 + 128 * (4 + 16) + 4 * 128 + 128 * 64 + 3 * 64 * 96
    assert found.by_sort["linear"] == 6 * linear
    assert found.by_sort["convolution"] == 6 * 128 * 4
    _, update = einsums["mamba_update"]
    assert update.operations == 3 * 10 * 128 * 8
    assert update.words("Z") == 3 * 128 * 8  # the state at the end, of every channel


def test_mamba_2(read):
    fields = dict(attn_layer_indices=[2, 5], mamba_d_state=16, mamba_n_heads=8, mamba_n_groups=2)
    found, einsums = section(read(SIZES | fields, model_type="bamba", mamba_d_head="auto", mamba_d_conv=4))
    channels = 128 + 2 * 2 * 16
    linear = 64 * (128 + channels + 8) + 128 * 64 + 3 * 64 * 96
    assert (found.times, found.by_sort["linear"]) == (6, 6 * linear)
    assert einsums["mamba_read"][1].operations == 3 * 10 * 8 * 16 * 16  # 8 heads of 16 x 16
    assert einsums["mamba_read"][1].words("A") == 3 * 10 * 2 * 16  # queries of 2 groups
    with pytest.raises(FlatError, match="mamba_n_heads: 8 heads of 15 are not the 128 channels"):
        read(SIZES | fields, model_type="bamba", mamba_d_head=15)


def test_gated_delta_rule(read):
    fields = dict(linear_num_key_heads=2, linear_num_value_heads=4, linear_key_head_dim=8)
    fields |= dict(linear_value_head_dim=16, linear_conv_kernel_dim=4, full_attention_interval=4)
    found, einsums = section(read(SIZES | fields, model_type="qwen3_5_text", head_dim=16))
    channels = 2 * 16 + 64
    linear = 64 * (channels + 64) + 2 * 64 * 4 + 64 * 64 + 3 * 64 * 96
    assert (found.times, found.by_sort["linear"]) == (6, 6 * linear)
    states = [
        e for name, (_, e) in einsums.items() if name in ("linear_recall", "linear_update", "linear_read")
    ]
    assert [e.operations for e in states] == [3 * 10 * 4 * 8 * 16] * 3


def test_recurrence_of_single_elements(read):
    fields = dict(block_types=["recurrent", "recurrent", "attention"], attention_window_size=32, lru_width=64)
    model = read(SIZES | fields, model_type="recurrent_gemma", conv1d_width=4)
    found, einsums = section(model)
    assert (found.name, found.times) == ("recurrent layers", 6)
    assert (
        einsums["recurrent_gates"][0] * einsums["recurrent_gates"][1].operations == 6 * 2 * 30 * 4 * 16 * 16
    )
    assert str(model.first.own) == "causal,window=32"


def test_short_convolutions(read):
    kinds = ["conv", "conv", "full_attention", "conv"] * 2
    found, einsums = section(read(SIZES | dict(layer_types=kinds), model_type="lfm2", conv_L_cache=3))
    assert (found.name, found.times) == ("convolution layers", 6)
    assert einsums["short_conv"][1].operations == 3 * 10 * 64 * 3


def test_attention_and_mamba_in_every_layer(read):
    fields = dict(mamba_d_ssm=128, mamba_d_state=16, mamba_n_heads=8, mamba_d_head=16, mamba_n_groups=1)
    model = read(SIZES | fields, model_type="falcon_h1")
    names = [einsum.name for einsum in model.block(10).operators()]
    assert names[-5:] == ["mamba_in", "mamba_conv", "mamba_update", "mamba_read", "mamba_out"]
    assert model.weights["convolution"] == 8 * (128 + 32) * 4
    assert not model.gaps


def test_a_step_reads_and_writes_the_state(read):
    fields = dict(attn_layer_indices=[2], mamba_d_state=16, mamba_n_heads=8, mamba_n_groups=1)
    step = read(SIZES | fields, model_type="bamba").decoding()
    (_, counted), *_ = step.sections(seq=100)
    einsums = {einsum.name: einsum for _, einsum in counted}
    assert einsums["mamba_read"].words("X") == einsums["mamba_update"].words("Z") == 8 * 16 * 16
    assert einsums["mamba_in"].sizes["M"] == 1


def test_zamba(read):
    fields = dict(layers_block_type=["linear_attention"] * 5 + ["hybrid"] * 3, attention_head_dim=32)
    fields |= dict(mamba_d_state=8, mamba_d_conv=4, mamba_expand=2, mamba_dt_rank=4, n_mamba_heads=2)
    model = read(SIZES | fields, model_type="zamba", num_key_value_heads=4)
    ((times, layer),) = model.stack
    # Attention over the stream and the input side by side; what it gives, and Mamba's own, to the stream.
    mamba = 64 * 256 + 128 * 64
    attention = 3 * 128 * 128 + 128 * 64 + 3 * 64 * 96 + 64 * 64
    assert (times, layer.linear_weights) == (3, attention + mamba)
    found, einsums = section(model)
    assert (found.times, found.by_sort["linear"]) == (5, 5 * mamba)
    assert found.by_sort["convolution"] == 5 * (128 * 4 + 2 * 64 * (4 + 16) + 128 * 4)
    assert einsums["mamba_read"][1].words("A") == 3 * 10 * 2 * 8  # queries of 2 heads


def test_images_with_convolutions(read):
    fields = dict(layer_types=["conv"] * 6 + ["full_attention"] * 2, conv_kernel_size=3, patch_size=4)
    model = read(SIZES | fields, model_type="lfm3_vl_vision", in_channels=3, temporal_patch_size=2)
    found, einsums = section(model)
    assert (found.times, found.by_sort["convolution"]) == (6, 6 * 64 * 9)
    assert einsums["grid_conv"][1].operations == 3 * 10 * 64 * 9
    assert found.by_sort["linear"] == 6 * (4 * 64 * 64 + 3 * 64 * 96)
    assert model.weights["embedding"] == 3 * 2 * 16 * 64
