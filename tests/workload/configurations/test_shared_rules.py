"""Rules that families share: heads and widths, kinds of layers, gaps, patches, the output head."""

import pytest
from toy_fields import toy

from flat_plugin.errors import FlatError
from flat_plugin.workload.configurations import shared_rules as rules
from flat_plugin.workload.configurations.shared_rules import Reading
from flat_plugin.workload.layer import Layer


def test_the_width_of_a_head():
    assert rules.head_dim_of(toy(), 64, 4) == 16
    assert rules.head_dim_of(toy(head_dim=24), 64, 4) == 24
    assert rules.head_dim_of(toy(d_kv=24), 64, 4, "d_kv") == 24
    assert rules.head_dim_of(toy(head_dim=24), 64, 4, None) == 16
    with pytest.raises(FlatError, match="num_attention_heads: hidden_size 64 is not a mult.*a divisor of 64"):
        rules.head_dim_of(toy(), 64, 5)
    assert rules.even_head_dim(toy(head_dim=16), 64, 4) == 16
    with pytest.raises(FlatError, match="head_dim: the class shares the width out.*expected 16"):
        rules.even_head_dim(toy(head_dim=24), 64, 4)


def test_key_value_heads():
    assert rules.kv_heads_of(toy(), 4) == 4
    assert rules.kv_heads_of(toy(num_key_value_heads=2), 4) == 2
    assert rules.kv_heads_of(toy(groups=1), 4, "groups") == 1
    for wrong in (3, 8):
        with pytest.raises(FlatError, match="num_attention_heads 4 is not a multiple.*a divisor of 4"):
            rules.kv_heads_of(toy(num_key_value_heads=wrong), 4)


def test_a_plain_layer():
    assert rules.plain_layer(toy(head_dim=24), 96, kind="encoder") == Layer(4, 64, 16, 96, kind="encoder")
    assert rules.plain_layer(toy(), None, gated=True) == Layer(4, 64, 16, gated=True)


def test_gaps():
    window = rules.window_gap(toy(reach=8), "reach", 8, "--seq 8")
    assert (window.path, window.value, window.window, window.expected) == ("reach", 8, 8, "--seq 8")
    assert (window.level, window.touches("attention", 8), window.touches("model", 9)) == (
        "attention",
        False,
        True,
    )
    never = rules.never(toy(odd=3), "odd", "why", "block")
    assert (never.reason, never.level, never.path, never.value) == ("why", "block", "odd", 3)
    others = rules.others_gap(toy(odd=3), "odd", 5, "Mamba")
    assert (others.reason, others.level) == ("5 layers are Mamba layers, which are not modelled", "block")


def test_what_shapes_experts_is_read_with_their_gap():
    f = toy(num_experts=8, num_experts_per_tok=2, moe_layer_freq=1)
    gap = rules.experts_gap(f, "num_experts")
    assert (gap.level, gap.path, gap.value) == ("block", "num_experts", 8)
    assert f.idle == ["num_experts_per_tok", "moe_layer_freq", "num_experts"]


def test_every_layer_is_of_a_kind_that_is_known():
    rules.full_only(toy())
    rules.full_only(toy(layer_types=["full_attention", "sliding_attention"] * 2))
    rules.full_only(toy(layer_types=["odd"] * 4), ("odd",))
    with pytest.raises(
        FlatError, match="layers of the kind 'odd' are not known here.*full_attention or slid"
    ):
        rules.full_only(toy(layer_types=["odd"] * 4))
    with pytest.raises(FlatError, match="layer_types: 3 kinds for 4 layers"):
        rules.full_only(toy(layer_types=["full_attention"] * 3))


def test_a_list_has_an_entry_a_layer():
    rules.matching(toy(), "layer_types", [1, 2], 2)
    with pytest.raises(FlatError, match="layer_types: 2 entries for 3 layers"):
        rules.matching(toy(), "layer_types", [1, 2], 3)


def test_whole_patches_of_an_image():
    assert rules.patches_of(toy(image_size=32, patch_size=8)) == 16
    assert rules.patches_of(toy(image_size=[32, 16], patch_size=[8, 4])) == 4 * 4
    f = toy(image_size=33, patch_size=8)
    assert (rules.patches_of(f), len(f.remarks)) == (16, 1)
    assert "4 x 4 whole patches" in f.remarks[0]
    assert rules.patches_of(toy(image_size=8, patch_size=8)) == 1
    for sizes in (dict(image_size=8, patch_size=9), dict(image_size=[32, 8], patch_size=[8, 9])):
        with pytest.raises(FlatError, match="patch_size: a patch is larger than the image.*at most 8"):
            rules.patches_of(toy(**sizes))


def test_the_output_head_of_what_writes():
    decoder = Reading(((4, Layer(4, 64, 16, kind="decoder")),))
    encoder = Reading(((4, Layer(4, 64, 16, kind="encoder")),))

    def widths(reading, **fields):
        return [
            (p.width_in, p.width_out)
            for s in rules.with_head(toy(**fields), reading).beside
            for p in s.products
        ]

    assert widths(decoder, vocab_size=100) == [(64, 100)]
    assert widths(decoder, vocab_size=100, word_embed_proj_dim=24) == [(24, 100)]
    assert widths(decoder, vocab_size=100, architectures=["OPTForCausalLM"]) == [(64, 100)]
    assert widths(decoder, vocab_size=100, architectures=["T5ForConditionalGeneration"]) == [(64, 100)]
    assert widths(decoder, vocab_size=100, architectures=["OPTModel"]) == []
    assert widths(decoder) == widths(encoder, vocab_size=100) == []
    (section,) = rules.with_head(toy(vocab_size=100), decoder).beside
    assert (section.sort, section.last, section.kind) == ("head", True, "decoder")
