"""Which layers attend within a window, of files as published and of what their classes fill in."""

from __future__ import annotations

import pytest

from flat_plugin.errors import FlatError
from flat_plugin.workload.mask import FULL
from flat_plugin.workload.resolve import resolve

SIZES = dict(hidden_size=64, num_attention_heads=4, num_key_value_heads=2, head_dim=16, intermediate_size=96)
SIZES |= dict(num_hidden_layers=12, max_position_embeddings=4096)


def masks(model):
    return {str(layer.own): times for times, layer in model.stack}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (dict(model_type="llama"), {"causal": 12}),
        (dict(model_type="mistral", sliding_window=64), {"causal,window=64": 12}),
        (dict(model_type="mistral", sliding_window=None), {"causal": 12}),
        (dict(model_type="gemma2", sliding_window=64), {"causal,window=64": 6, "causal": 6}),
        (dict(model_type="gemma3_text", sliding_window=64), {"causal,window=64": 10, "causal": 2}),
        (
            dict(model_type="gemma3_text", sliding_window=64, sliding_window_pattern=4),
            {"causal,window=64": 9, "causal": 3},
        ),
        (dict(model_type="olmo3", sliding_window=64), {"causal,window=64": 9, "causal": 3}),
        (dict(model_type="cwm", sliding_window=64), {"causal,window=64": 9, "causal": 3}),
        (
            dict(model_type="exaone4", sliding_window=64, sliding_window_pattern="LLG"),
            {"causal,window=64": 8, "causal": 4},
        ),
        (dict(model_type="qwen2", use_sliding_window=False, sliding_window=64), {"causal": 12}),
        (
            dict(model_type="qwen2", use_sliding_window=True, sliding_window=64, max_window_layers=5),
            {"causal": 5, "causal,window=64": 7},
        ),
        (dict(model_type="modernbert", local_attention=128), {"full": 4, "window=64:64": 8}),
        (dict(model_type="bert"), {"full": 12}),
    ],
)
def test_masks_of_the_layers(read, fields, expected):
    assert masks(read(SIZES | fields)) == expected


def test_a_list_has_the_kind_of_every_layer(read):
    kinds = ["sliding_attention", "full_attention", "full_attention"] * 4
    model = read(SIZES | dict(model_type="gemma3_text", sliding_window=64, layer_types=kinds))
    assert masks(model) == {"causal,window=64": 4, "causal": 8}


def test_local_and_global_layers_of_gpt_neo(read):
    kinds = [[["global", "local"], 6]]
    fields = dict(model_type="gpt_neo", window_size=64, attention_types=kinds)
    assert masks(read(SIZES | fields)) == {"causal": 6, "causal,window=64": 6}
    with pytest.raises(FlatError, match="attention_types: not the kind of every layer"):
        read(SIZES | fields | {"attention_types": [[["global"], 5]]})


def test_blocks_differ_by_their_mask(read):
    model = read(SIZES | dict(model_type="gemma2", sliding_window=64))
    with pytest.raises(FlatError, match="the blocks differ"):
        resolve(model, 128, level="block")
    assert resolve(model.masked(FULL), 128, level="block").layers == 6


def test_own_masks_are_counted(read):
    for model in (
        read(SIZES | dict(model_type="gemma2", sliding_window=64)),
        read(SIZES | dict(model_type="llama")),
    ):
        assert all(layer.counted == layer.own and layer.own.causal for _, layer in model.stack)


def test_a_window_of_0_is_none_and_said_to_be(read):
    model = read({"model_type": "mistral", "sliding_window": 0, **SIZES})
    assert masks(model) == {"causal": 12}
    assert "sliding_window: 0 is no window" in model.notes
