"""Hybrids, in small: how many layers attend, and what stands in place of the others.

What the others multiply is counted in ``test_mixers.py``.
"""

import pytest
from toy_fields import SIZES, toy

from flat_plugin.errors import FlatError
from flat_plugin.workload.configurations import hybrids
from flat_plugin.workload.products import Linear

MAMBA = dict(mamba_d_state=8, mamba_expand=2, mamba_dt_rank=4, mamba_d_conv=4)
MAMBA_2 = dict(MAMBA, mamba_n_heads=8, mamba_n_groups=2, mamba_d_head=16)
DELTA = dict(
    linear_num_key_heads=2,
    linear_num_value_heads=4,
    linear_key_head_dim=8,
    linear_value_head_dim=16,
    linear_conv_kernel_dim=4,
)
SQUARE, GATED = 64 * 64, 3 * 64 * 96
MIXER = (Linear("mixer", 64, 10),)


def only(reading):
    ((times, layer),) = reading.stack
    return times, layer


def others(reading):
    """Layers that do not attend."""
    return {section.name: section.times for section in reading.beside}


def test_layers_beside_those_that_attend():
    reading = hybrids.hybrid(toy(), 1, "odd", "which", feed_forward=96, mixer=MIXER)
    times, layer = only(reading)
    assert (times, layer.linear_weights) == (1, 4 * SQUARE + GATED)
    assert others(reading) == {"odd layers": 3}
    assert reading.beside[0].weights == 3 * (64 * 10 + GATED)
    bare = hybrids.hybrid(toy(), 1, "odd", "which", feed_forward=None, mixer=MIXER)
    assert bare.beside[0].weights == 3 * 64 * 10
    assert not hybrids.hybrid(toy(), 4, "odd", "which", feed_forward=96, mixer=MIXER).beside


def test_layers_that_are_not_modelled_are_a_gap():
    (gap,) = hybrids.hybrid(toy(which=3), 1, "odd", "which", feed_forward=96).gaps
    assert (gap.level, gap.path, gap.reason[:23]) == ("block", "which", "3 layers are odd layers")
    assert not hybrids.hybrid(toy(), 4, "odd", "which", feed_forward=96).gaps
    with pytest.raises(FlatError, match="which: no layer attends: there is nothing to fuse"):
        hybrids.hybrid(toy(), 0, "odd", "which", feed_forward=96)


def test_experts_gates_and_heads():
    def read(**fields):
        options = dict(feed_forward=96, experts="num_experts", gate=True)
        return hybrids.hybrid(toy(head_dim=8, **fields), 4, "odd", "which", **options)

    assert [gap.path for gap in read(num_experts=2).gaps] == ["num_experts"]
    assert not read(num_experts=1).gaps
    assert only(read())[1].others == (Linear("attention_gate", 64, 4 * 8),)
    with pytest.raises(FlatError, match="head_dim"):
        hybrids.hybrid(toy(head_dim=8), 4, "odd", "which", feed_forward=96, own_head_dim=False)


@pytest.mark.parametrize(("period", "offset", "attending"), [(4, 1, 1), (2, 0, 2), (3, 0, 2), (1, 0, 4)])
def test_one_layer_of_every_period(period, offset, attending):
    fields = toy(**MAMBA, attn_layer_period=period, attn_layer_offset=offset)
    assert only(hybrids.jamba(fields))[0] == attending
    which = ", ".join(str(i) for i in range(4) if i % period == offset)
    assert fields.remarks == [f"attn_layer_offset: with attn_layer_period layers {which} attend"]


def test_a_list_of_the_layers_that_attend():
    reading = hybrids.bamba(toy(**MAMBA_2, attn_layer_indices=[3, 0]))
    assert (only(reading)[0], others(reading)) == (2, {"Mamba layers": 2})
    for wrong in ([4], [-1], [1, 1], ["1"], [1.0]):
        with pytest.raises(FlatError, match="attn_layer_indices: not layers of the model"):
            hybrids.bamba(toy(**MAMBA_2, attn_layer_indices=wrong))
    with pytest.raises(FlatError, match="nothing to fuse"):
        hybrids.bamba(toy(**MAMBA_2))


def test_granite_takes_the_shared_width_and_experts_are_a_gap():
    kinds = ["mamba", "attention", "mamba", "attention"]
    fields = dict(MAMBA_2, layer_types=kinds, shared_intermediate_size=80)
    times, layer = only(hybrids.granite(toy(**fields)))
    assert (times, layer.feed_forward) == (2, 80)
    (gap,) = hybrids.granite(toy(**fields, num_local_experts=4)).gaps
    assert gap.path == "num_local_experts"
    bare = hybrids.granite(toy(**fields | dict(shared_intermediate_size=0, num_local_experts=4)))
    assert only(bare)[1].feed_forward is None
    with pytest.raises(FlatError, match="shared_intermediate_size: no feed-forward layers"):
        hybrids.granite(toy(**fields | dict(shared_intermediate_size=0)))


def test_a_pattern_repeats_and_attention_has_a_window():
    fields = dict(block_types=["recurrent", "attention", "attention"], attention_window_size=8)
    fields |= dict(lru_width=64, conv1d_width=4)
    times, layer = only(hybrids.recurrent_gemma(toy(**fields)))
    assert (times, layer.feed_forward, str(layer.own)) == (2, 48, "causal,window=8")
    with pytest.raises(FlatError, match="intermediate_size: an odd number"):
        hybrids.recurrent_gemma(toy(**fields, intermediate_size=97))
    for wrong in (None, [], ["mamba"]):
        with pytest.raises(FlatError, match="block_types: not a pattern of layers"):
            hybrids.recurrent_gemma(toy(**fields | dict(block_types=wrong)))


LFM = dict(conv_L_cache=3, block_multiple_of=50)


def test_lfm_rounds_its_width():
    kinds = dict(LFM, layer_types=["conv", "full_attention"] * 2)
    width = lambda **fields: only(hybrids.lfm2(toy(**kinds | fields)))[1].feed_forward  # noqa: E731
    assert width() == 96
    assert width(block_ff_dim=80) == 80
    assert width(block_auto_adjust_ff_dim=True) == 64
    adjusted = dict(block_auto_adjust_ff_dim=True, block_ffn_dim_multiplier=1.5)
    assert width(**adjusted) == 100  # 96, up to a multiple of 50
    assert width(**adjusted, block_ff_dim=75) == 100  # 50 and a half more, up to 100


@pytest.mark.parametrize(
    ("fields", "attending"),
    [
        ({"layer_types": ["conv", "full_attention"] * 2, "full_attn_idxs": [0]}, 2),
        ({"full_attn_idxs": [0, 3, 9]}, 2),
        ({}, 4),
    ],
)
def test_which_layers_of_lfm_attend(fields, attending):
    reading = hybrids.lfm2(toy(**LFM, **fields))
    assert only(reading)[0] == attending
    assert others(reading) == ({"convolution layers": 4 - attending} if attending < 4 else {})


def test_every_fourth_layer_attends_beside_linear_attention():
    assert only(hybrids.linear_hybrid(toy(**DELTA)))[0] == 1
    assert only(hybrids.linear_hybrid(toy(**DELTA, full_attention_interval=2)))[0] == 2
    kinds = ["linear_attention", "full_attention", "full_attention", "full_attention"]
    times, layer = only(hybrids.linear_hybrid(toy(**DELTA, layer_types=kinds), gate=False))
    assert (times, layer.others) == (3, ())
    for wrong, said in ((kinds[:3], "3 entries for 4 layers"), (["odd"] * 4, "the kind 'odd'")):
        with pytest.raises(FlatError, match=said):
            hybrids.linear_hybrid(toy(**DELTA, layer_types=wrong))


def test_shared_attention_of_zamba():
    """The first two layers never attend, the third does; of the rest those that the period says."""
    fields = dict(MAMBA, attn_layer_period=3, attn_layer_offset=1, n_mamba_heads=2, num_hidden_layers=8)
    times, layer = only(hybrids.zamba(toy(**fields)))
    assert (times, layer.head_dim, layer.query_hidden) == (3, 32, 128)  # layers 2, 4 and 7
    (gap,) = hybrids.zamba2(toy(**fields)).gaps
    assert (gap.path, gap.level) == ("layers_block_type", "block")
    listed = dict(layers_block_type=["mamba"] * 7 + ["hybrid"])
    assert only(hybrids.zamba(toy(**fields, **listed)))[0] == 1


def test_attention_and_mamba_side_by_side():
    times, layer = only(hybrids.parallel(toy(**MAMBA_2, mamba_d_ssm=128)))
    assert times == 4
    assert layer.others[0].width_in == 64


@pytest.mark.parametrize(
    ("fields", "attending"),
    [
        ({"hybrid_override_pattern": "M*-*E"}, 2),
        ({"hybrid_override_pattern": "***"}, 3),
        ({"hybrid_override_pattern": "M-", "layers_block_type": ["attention", "mlp"]}, 1),
    ],
)
def test_nemotron_has_layers_of_one_kind_each(fields, attending):
    reading = hybrids.nemotron_h(toy(**fields))
    times, layer = only(reading)
    assert (times, layer.feed_forward, str(layer.own)) == (attending, None, "causal")
    assert bool(reading.gaps) == (fields["hybrid_override_pattern"] != "***")
    window = hybrids.nemotron_h(toy(**fields, sliding_window=8))
    assert str(only(window)[1].own) == "causal,window=8"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"hybrid_override_pattern": "M*X"}, "hybrid_override_pattern: layers of the kind 'X'"),
        ({"hybrid_override_pattern": "M-E"}, "no layer attends"),
        ({"layers_block_type": []}, "layers_block_type: layers of the kind None"),
    ],
)
def test_patterns_that_are_not_understood(fields, message):
    with pytest.raises(FlatError, match=message):
        hybrids.nemotron_h(toy(**fields))


def test_images_with_convolutions():
    fields = dict(conv_kernel_size=3, patch_size=4, in_channels=3, temporal_patch_size=2)
    reading = hybrids.lfm3_vision(toy(**fields, layer_types=["conv", "full_attention"] * 2))
    times, layer = only(reading)
    assert (times, layer.kind, str(layer.own), reading.tokens) == (2, "encoder", "full", None)
    assert [section.name for section in reading.beside] == ["patch embedding", "convolution layers"]
    assert reading.beside[0].weights == 3 * 2 * 4 * 4 * SIZES["hidden_size"]
    with pytest.raises(FlatError, match="layer_types: missing field"):
        hybrids.lfm3_vision(toy(**fields))
