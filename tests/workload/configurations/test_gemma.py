"""Gemma, in small: windows to one side or both, and heads that differ by layer."""

import pytest
from toy_fields import masks, toy

from flat_plugin.errors import FlatError
from flat_plugin.workload.configurations.gemma import gemma, gemma4
from flat_plugin.workload.configurations.windows import all_but_every
from flat_plugin.workload.products import Linear

G4 = dict(head_dim=16, num_key_value_heads=2, sliding_window=8, sliding_window_pattern=2)


def sizes(reading):
    return [(times, layer.head_dim, layer.kv_heads, str(layer.own)) for times, layer in reading.stack]


def test_gemma_is_causal_unless_it_says_otherwise():
    assert masks(gemma(toy())) == [(4, "decoder", "causal")]
    assert masks(gemma(toy(use_bidirectional_attention=True))) == [(4, "encoder", "full")]
    windows = all_but_every(2)
    fields = dict(sliding_window=8)
    assert masks(gemma(toy(**fields), windows=windows)) == [
        (2, "decoder", "causal,window=8"),
        (2, "decoder", "causal"),
    ]
    both = gemma(toy(**fields, use_bidirectional_attention=True), windows=windows)
    assert masks(both) == [(2, "encoder", "window=4:4"), (2, "encoder", "full")]


def test_layers_that_see_every_key_have_wider_heads():
    reading = gemma4(toy(**G4))
    assert sizes(reading) == [(2, 16, 2, "causal,window=8"), (2, 512, 2, "causal")]
    assert (reading.tokens, reading.gaps, reading.beside) == (512, (), ())
    assert sizes(gemma4(toy(**G4, global_head_dim=32)))[1][1] == 32


def test_the_last_layer_sees_every_key_whatever_the_file_says():
    kinds = dict(layer_types=["sliding_attention"] * 4)
    assert sizes(gemma4(toy(**G4, **kinds))) == [(3, 16, 2, "causal,window=8"), (1, 512, 2, "causal")]
    for wrong in (["sliding_attention"] * 3, ["conv"] * 4):
        with pytest.raises(FlatError, match="layer_types"):
            gemma4(toy(**G4, layer_types=wrong))


def test_key_value_heads_of_layers_without_a_window():
    few = dict(num_global_key_value_heads=1)
    assert sizes(gemma4(toy(**G4, **few)))[1][2] == 2  # unless keys are values, or the class says so
    assert sizes(gemma4(toy(**G4), global_kv_heads=1))[1][2] == 1
    reading = gemma4(toy(**G4, **few, attention_k_eq_v=True))
    assert sizes(reading)[1][2] == 1
    assert [gap.level for gap in reading.gaps] == ["attention", "block"]


def test_both_sides():
    reading = gemma4(toy(**G4), encodes=True)
    assert masks(reading) == [(2, "encoder", "window=4:4"), (2, "encoder", "full")]
    assert masks(gemma4(toy(**G4, use_bidirectional_attention="all"))) == masks(reading)
    assert masks(gemma4(toy(**G4, use_bidirectional_attention="vision")))[0][1] == "decoder"
    with pytest.raises(FlatError, match="use_bidirectional_attention: unknown kind of mask"):
        gemma4(toy(**G4, use_bidirectional_attention=True))


def test_sizes_of_single_layers():
    own = {"1": {"head_dim": 24}, "3": {"head_dim": 32, "num_key_value_heads": 4}}
    assert sizes(gemma4(toy(**G4, per_layer_config=own))) == [
        (2, 16, 2, "causal,window=8"),
        (1, 24, 2, "causal"),
        (1, 32, 4, "causal"),
    ]
    for wrong in (
        [1],
        {"4": {}},
        {"x": {}},
        {"1": {"width": 3}},
        {"1": {"head_dim": True}},
        {"1": {"head_dim": 0}},
    ):
        with pytest.raises(FlatError, match="per_layer_config: "):
            gemma4(toy(**G4, per_layer_config=wrong))
    with pytest.raises(FlatError, match="num_key_value_heads: 4 heads do not share 3"):
        gemma4(toy(**G4, per_layer_config={"1": {"num_key_value_heads": 3}}))


def test_inputs_of_every_layer():
    reading = gemma4(toy(**G4, hidden_size_per_layer_input=8))
    assert reading.stack[0][1].others == (
        Linear("per_layer_gate", 64, 8),
        Linear("per_layer_projection", 8, 64),
    )
    assert reading.beside[0].products == (Linear("per_layer_inputs", 64, 4 * 8),)


def test_what_some_models_do_besides():
    (shared,) = gemma4(toy(**G4, num_kv_shared_layers=2)).gaps
    assert (shared.path, shared.level) == ("num_kv_shared_layers", "block")
    (experts,) = gemma4(toy(**G4, enable_moe_block=True, num_experts=4)).gaps
    assert (experts.path, experts.level) == ("num_experts", "block")
