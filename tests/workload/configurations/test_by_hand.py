"""Layers that loop, differ or merge tokens, in small: their kinds, and their weights by hand."""

import pytest

from flat_plugin.errors import FlatError


def test_layers_that_run_several_times(read):
    """Dory: halves of layers in turn; 2 + 3 × 4 + 2 layers run, of which 8 have weights of their own."""
    halves = ["sliding_attention", "mlp"] * 6 + ["full_attention", "mlp"] * 2
    sizes = dict(hidden_size=64, num_attention_heads=4, num_key_value_heads=2, head_dim=16, vocab_size=None)
    sizes |= dict(intermediate_size=96, sliding_window=32, n_recurrent_loops=3, layer_types=halves)
    counts = dict(num_hidden_layers=16, n_input_layers=4, n_recurrent_layers=8, n_output_layers=4)
    model = read(sizes | counts, model_type="dory", max_position_embeddings=256)
    assert [(times, str(layer.own)) for times, layer in model.stack] == [
        (14, "causal,window=32"),
        (2, "causal"),
    ]
    own = 64 * 64 * 3 + 2 * 64 * 32 + 3 * 64 * 96
    assert model.linear_weights == 8 * own
    with pytest.raises(FlatError, match="n_input_layers: an odd number of halves"):
        read(sizes | counts, model_type="dory", n_input_layers=3)
    with pytest.raises(FlatError, match="not the sum of"):
        read(sizes | counts, model_type="dory", n_input_layers=2)


def test_windows_that_differ_by_layer(read):
    sizes = dict(hidden_size=64, num_attention_heads=4, num_key_value_heads=2, head_dim=16, embedding_rank=8)
    sizes |= dict(intermediate_size=96, num_hidden_layers=7, max_position_embeddings=256, sliding_window=5)
    model = read(sizes, model_type="neomme", per_layer_config={"02": {"sliding_window": 9}})
    assert [(times, str(layer.own)) for times, layer in model.stack] == [
        (4, "window=5:5"),
        (1, "window=9:9"),
        (2, "full"),
    ]
    assert model.linear_weights == 7 * (3 * 64 * 64 + 2 * 64 * 32 + 2 * 64 * 96)
    for given in ([1], {"7": {"sliding_window": 9}}, {"2": {}}, {"x": {"sliding_window": 9}}):
        with pytest.raises(FlatError, match="per_layer_config"):
            read(sizes, model_type="neomme", per_layer_config=given)


def test_tokens_that_are_merged_on_the_way(read):
    sizes = dict(hidden_size=64, num_attention_heads=4, intermediate_size=96, num_hidden_layers=5)
    sizes |= dict(image_size=32, patch_size=4, num_channels=3, window_kernel_size=[2, 2])
    model = read(sizes, model_type="minicpmv4_7_vision", insert_layer_id=1)
    assert [(times, layer.split) for times, layer in model.stack] == [
        (2, (1, 64)),
        (1, (16, 4)),
        (3, (1, 16)),
    ]
    layer, merger = 4 * 64 * 64 + 2 * 64 * 96, 4 * 64 * 64 + 256 * 1024 + 1024 * 64
    assert model.linear_weights == 5 * layer + merger
    last = model.sections()[-1][1]
    assert sum(times * einsum.operations for times, einsum in last) == 16 * (256 * 1024 + 1024 * 64)
    assert len(read(sizes, model_type="minicpmv4_7_vision", insert_layer_id=-1).stack) == 1
    with pytest.raises(FlatError, match="insert_layer_id"):
        read(sizes, model_type="minicpmv4_7_vision", insert_layer_id="one")


def test_windows_of_an_image_of_any_size(read):
    sizes = dict(hidden_size=64, num_attention_heads=4, intermediate_size=96, num_hidden_layers=4)
    sizes |= dict(patch_size=4, patch_temporal=2, pos_emb_height=8)
    model = read(sizes, model_type="muse_spark_vision")
    (gap,) = model.gaps
    assert not gap.touches("model", 64) and gap.touches("attention", 65)
    assert model.weights["embedding"] == 2 * 3 * 16 * 64
    full = read(sizes, model_type="muse_spark_vision", layer_types=["full_attention"] * 4)
    assert not full.gaps
