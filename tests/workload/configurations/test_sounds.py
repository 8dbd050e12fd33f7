"""Encoders of sound, in small: the convolutions before them by hand."""

import pytest
from toy_fields import masks, toy

from flat_plugin.errors import FlatError
from flat_plugin.workload.configurations import sounds
from flat_plugin.workload.products import Linear

WAVE = dict(
    conv_dim=[8, 12],
    conv_kernel=[10, 3],
    conv_stride=[5, 2],
    num_conv_pos_embeddings=16,
    num_conv_pos_embedding_groups=4,
)


def outputs(section, tokens):
    """Positions that come out of every convolution."""
    return [einsum.sizes["P"] for _, einsum in section.over([(1, tokens)])]


def test_the_second_convolution_of_whisper_halves_the_length():
    section = sounds.halved(toy(num_mel_bins=80), 64)
    assert section.weights == 80 * 64 * 3 + 64 * 64 * 3
    assert outputs(section, 10) == [20, 10]


def test_frames_are_stacked():
    section = sounds.stacked(toy(num_mel_bins=80, subsampling_factor=4), 64)
    assert section.products == (Linear("frame_projection", 4 * 80, 64),)


def test_gates_halve_the_channels_and_convolutions_the_length():
    fields = dict(num_conv_layers=2, conv_kernel_sizes=[5, 3], conv_channels=32)
    fields |= dict(input_feat_per_channel=80, input_channels=1)
    section = sounds.gated_halvings(toy(**fields), 64)
    assert [product.weights for product in section.products] == [80 * 32 * 5, 16 * 128 * 3]
    assert outputs(section, 10) == [20, 10]
    with pytest.raises(FlatError, match="conv_kernel_sizes: 1 kernels for 2 layers"):
        sounds.gated_halvings(toy(**fields | dict(conv_kernel_sizes=[5])), 64)


def test_convolutions_without_padding_give_what_their_inputs_hold():
    """7 tokens of the last: a stride of 2 and a kernel of 3 take (7 - 1) · 2 + 3 = 15 positions."""
    convolutions = sounds.unpadded((1, 8, 12), (10, 3), (5, 2))
    assert [convolution.weights for convolution in convolutions] == [8 * 10, 8 * 12 * 3]
    assert [convolution.over(1, 7)[1].sizes["P"] for convolution in convolutions] == [15, 7]
    three = sounds.unpadded((1, 1, 1, 1), (4, 10, 3), (2, 5, 2))
    assert three[0].over(1, 7)[1].sizes["P"] == (15 - 1) * 5 + 10


@pytest.mark.parametrize("given", [None, [], [8, 0], [8, True], [8, 2**50], ["8"]])
def test_sizes_are_a_list_of_sizes(given):
    with pytest.raises(FlatError, match="conv_dim: not the sizes of convolutions"):
        sounds.sizes(toy(conv_dim=given), "conv_dim")
    assert sounds.sizes(toy(conv_dim=[8, 12]), "conv_dim") == [8, 12]


def test_wav2vec():
    reading = sounds.speech(toy(**WAVE))
    assert masks(reading) == [(4, "encoder", "full")]
    convolutions, projection = reading.beside
    assert convolutions.weights == 8 * 10 + 8 * 12 * 3 + 64 * 64 // 4 * 16
    assert projection.products == (Linear("feature_projection", 12, 64),)
    (*_, positions) = sounds.speech(toy(**WAVE, conv_pos_kernel_size=5), repeated=True).beside[0].products
    assert (positions.weights, positions.times) == (16 * 64 * 64 // 4 * 5, 16)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"num_conv_pos_embedding_groups": 5}, "groups do not divide the channels"),
        ({"conv_stride": [5]}, "conv_kernel: 2 kernels for 2 convolutions"),
    ],
)
def test_convolutions_that_do_not_fit(fields, message):
    with pytest.raises(FlatError, match=message):
        sounds.speech(toy(**WAVE | fields))


def test_adapters_are_gaps():
    assert sounds.adapters(toy()) == ()
    inner, behind = sounds.adapters(toy(adapter_attn_dim=16, add_adapter=True))
    assert (inner.path, inner.level) == ("adapter_attn_dim", "block")
    assert (behind.path, behind.level, behind.linear) == ("add_adapter", "model", False)


def test_the_encoder_of_whisper_by_itself():
    reading = sounds.audio(toy(num_mel_bins=80, max_source_positions=15), tokens="max_source_positions")
    assert (reading.tokens, masks(reading)) == (15, [(4, "encoder", "full")])
    fields = dict(num_mel_bins=80, num_key_value_heads=2, head_dim=8, length=15)
    ((_, layer),) = sounds.audio(toy(**fields), tokens="length", shared_heads=True, own_head_dim=True).stack
    assert (layer.kv_heads, layer.head_dim) == (2, 8)
    ((_, layer),) = sounds.audio(toy(**fields | {"num_key_value_heads": 4}), tokens="length").stack
    assert (layer.kv_heads, layer.head_dim) == (4, 16)
    with pytest.raises(FlatError, match="num_key_value_heads: the class has a key/value head"):
        sounds.audio(toy(**fields), tokens="length")


def test_the_first_layer_reads_stacked_frames():
    fields = dict(fsmn_kernel_size=11, num_mel_bins=8, num_stacked_frames=7)
    reading = sounds.fun_asr(toy(**fields))
    (once, first), (times, layer) = reading.stack
    assert (once, times) == (1, 3)
    assert first.linear_weights == 3 * 56 * 64 + 64 * 64 + 2 * 64 * 96
    assert layer.convolution_weights == 64 * 11
    assert len(sounds.fun_asr(toy(**fields, num_hidden_layers=1)).stack) == 1
