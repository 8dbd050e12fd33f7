"""Codecs of sound, in small: convolutions down to frames and up again, counted by hand."""

import pytest
from toy_fields import masks, toy

from flat_plugin.errors import FlatError
from flat_plugin.workload.configurations.codecs import mimi

FIELDS = dict(
    upsampling_ratios=[3, 2],
    num_filters=4,
    kernel_size=7,
    last_kernel_size=3,
    audio_channels=1,
    compress=2,
    residual_kernel_size=3,
    num_residual_layers=1,
    upsample_groups=64,
    sampling_rate=24,
    codebook_dim=10,
    codebook_size=20,
    num_quantizers=5,
    num_semantic_quantizers=1,
    vector_quantization_hidden_dimension=10,
)


def sections(**fields):
    return {section.name: section for section in mimi(toy(**FIELDS | fields)).beside}


def test_layers_in_the_encoder_and_in_the_decoder():
    assert masks(mimi(toy(**FIELDS))) == [(8, "decoder", "causal")]


def test_down_to_frames():
    """Channels 4, 8, 16, then the stream's; strides 2 and 3, the ratios from their end; 6 samples a frame."""
    residual = [4 * 2 * 3 + 2 * 4, 8 * 4 * 3 + 4 * 8]
    steps = [4 * 8 * 2 * 2, 8 * 16 * 2 * 3]
    encoder = sections()["encoder"]
    assert encoder.weights == 4 * 7 + sum(residual) + sum(steps) + 16 * 64 * 3
    samples = {einsum.name: einsum.sizes["P"] for _, einsum in encoder.over([(1, 10)])}
    assert samples["encode_in"] == samples["encode1_in"] == 60
    assert samples["encode1_down"] == samples["encode2_out"] == 30
    assert samples["encode2_down"] == samples["encode_out"] == 10


def test_and_up_again():
    """A transposed convolution has a kernel of twice its stride for every input."""
    residual = [8 * 4 * 3 + 4 * 8, 4 * 2 * 3 + 2 * 4]
    steps = [16 * 8 * 2 * 3, 8 * 4 * 2 * 2]
    decoder = sections()["decoder"]
    assert decoder.weights == 64 * 16 * 7 + sum(steps) + sum(residual) + 4 * 3
    samples = {einsum.name: einsum.sizes["P"] for _, einsum in decoder.over([(1, 10)])}
    assert (samples["decode_in"], samples["decode1_up"], samples["decode1_in"]) == (10, 10, 30)
    assert (samples["decode2_up"], samples["decode2_in"], samples["decode_out"]) == (30, 60, 60)


def test_further_convolutions_of_a_residual():
    plain = sections()["encoder"].weights
    past = sections(use_conv_shortcut=True)["encoder"].weights
    assert past - plain == 4 * 4 + 8 * 8
    assert sections(num_residual_layers=2)["encoder"].weights - plain == 4 * 2 * 3 + 8 + 8 * 4 * 3 + 32
    none = sections(num_residual_layers=0, compress=9)["encoder"]
    assert not any("_in" in product.name[6:] for product in none.products if product.name != "encode_in")


@pytest.mark.parametrize(
    ("fields", "stride"),
    [({}, 2), ({"frame_rate": 4.0}, None), ({"frame_rate": 2}, 2), ({"_frame_rate": 1.0}, 4)],
)
def test_frames_of_a_code(fields, stride):
    """24 samples a second and 6 a frame: 4 frames a second, or as many as codes."""
    found = sections(**fields).get("between frames and codes")
    assert (found and found.per) == stride
    if stride:
        fewer, more = found.products
        assert fewer.weights == 64 * 64 * 2 * stride
        assert more.weights == 64 * 2 * stride


def test_codes():
    """Five books of 20 entries, 10 wide; two ways in and two back."""
    found = sections()
    assert found["code books"].weights == 5 * 10 * 20
    assert found["code projections"].weights == 4 * 64 * 10
    assert (found["code books"].per, found["code projections"].per) == (2, 2)
    wide = dict(codebook_dim=64, vector_quantization_hidden_dimension=64)
    assert "code projections" not in sections(**wide)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"frame_rate": 5.0}, "more codes than frames"),
        ({"upsample_groups": 3}, "64 channels do not share them evenly"),
        ({"compress": 5}, "no channel is left of 4"),
        ({"codebook_dim": 11}, "not as wide as what is compared with it"),
        ({"num_semantic_quantizers": 5}, "as many as all.*below 5"),
        ({"upsampling_ratios": [3, 0]}, "not the sizes of convolutions"),
    ],
)
def test_what_does_not_fit_is_refused(fields, message):
    with pytest.raises(FlatError, match=message):
        sections(**fields)


def test_ratios_as_the_class_has_them():
    encoder = sections(upsampling_ratios=None)["encoder"]
    samples = {einsum.name: einsum.sizes["P"] for _, einsum in encoder.over([(1, 1)])}
    assert samples["encode_in"] == 8 * 6 * 5 * 4
