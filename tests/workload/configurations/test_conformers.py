"""Conformers, in small: the products beside their attention, and the tokens that they leave."""

import pytest
from toy_fields import SIZES, masks, toy

from flat_plugin import estimate
from flat_plugin.errors import FlatError
from flat_plugin.workload.configurations import conformers

BANDS = dict(
    num_mel_bins=32,
    conv_kernel_size=9,
    subsampling_factor=4,
    subsampling_conv_kernel_size=3,
    subsampling_conv_stride=2,
    subsampling_conv_channels=5,
)
WAVE = dict(
    conv_depthwise_kernel_size=31,
    conv_dim=[8, 8],
    conv_kernel=[10, 3],
    conv_stride=[5, 2],
    position_embeddings_type="relative",
)


def weights(products):
    return {product.name: product.weights for product in products if product.weights}


def only(reading):
    ((_, layer),) = reading.stack
    return layer


def test_products_beside_attention():
    """Two halves of a feed-forward pair more, a convolution between two of single tokens, and positions."""
    layer = only(conformers.parakeet(toy(**BANDS, head_dim=8)))
    assert weights(layer.others) == {
        "first_ff_up": 64 * 96,
        "first_ff_down": 96 * 64,
        "position_projection": 64 * 4 * 8,
        "conv_in": 64 * 128,
        "depthwise_conv": 64 * 9,
        "conv_out": 64 * 64,
    }
    with pytest.raises(FlatError, match="num_key_value_heads: the class has a key/value head"):
        conformers.parakeet(toy(**BANDS, num_key_value_heads=2))


def test_convolutions_that_leave_a_quarter_of_the_frames_and_bands():
    (section,) = conformers.parakeet(toy(**BANDS)).beside
    assert weights(section.products) == {
        "subsampling1": 5 * 9,
        "subsampling2": 5 * 9,
        "subsampling2_mix": 5 * 5,
        "subsampling_out": 5 * 8 * 64,
    }
    # 10 tokens come of 19 or 20 positions of 16 bands, and these of 37 to 40 frames; the most are counted.
    first, second, _, out = (einsum for _, einsum in section.over([(1, 10)]))
    assert (first.sizes["P"], first.sizes["Q"]) == (16, 20)
    assert (second.sizes["P"], second.sizes["Q"]) == (8, 10)
    assert out.sizes["M"] == 10
    with pytest.raises(FlatError, match="num_mel_bins: its bands do not fit"):
        conformers.parakeet(toy(**BANDS | dict(num_mel_bins=30)))
    with pytest.raises(FlatError, match="subsampling_factor: no convolution divides the frames"):
        conformers.parakeet(toy(**BANDS | dict(subsampling_factor=1)))


def test_streams_see_their_chunk_and_those_before():
    """Chunks of 1 + 3 tokens; a window of 13 reaches 12 back, three chunks."""
    fields = toy(**BANDS, default_num_lookahead_tokens=3, sliding_window=13)
    assert masks(conformers.parakeet(fields, streams=True)) == [(4, "encoder", "chunk=4:3")]


@pytest.mark.parametrize(("kind", "scores"), [("relative", True), ("rotary", False), (None, False)])
def test_positions_of_wav2vec_conformers(kind, scores):
    reading = conformers.wav2vec2(toy(**WAVE | dict(position_embeddings_type=kind)))
    names = [product.name for product in only(reading).others]
    assert ("position_scores" in names) == bool(reading.gaps) == scores
    assert names[:5] == ["first_ff_up", "first_ff_down", "conv_in", "depthwise_conv", "conv_out"]
    products = 2 * 64 * 96 + 64 * 128 + 64 * 31 + 64 * 64
    assert sum(weights(only(reading).others).values()) == products + (64 * 64 if scores else 0)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"conv_depthwise_kernel_size": 30}, "an even kernel"),
        ({"position_embeddings_type": "absolute"}, "unknown kind of positions"),
    ],
)
def test_what_wav2vec_conformers_are_not(fields, message):
    with pytest.raises(FlatError, match=message):
        conformers.wav2vec2(toy(**WAVE | fields))


def test_a_decoder_reads_what_the_encoder_gives(read):
    encoder = dict(BANDS, hidden_size=32, num_attention_heads=2, num_hidden_layers=3, intermediate_size=40)
    fields = toy(encoder_config=encoder, num_key_value_heads=2)
    reading = conformers.transcriber(fields)
    assert masks(reading) == [(3, "encoder", "full"), (4, "decoder", "causal"), (4, "cross", "full")]
    assert weights(reading.beside[-1].products) == {"encoder_projection": 32 * 64}
    assert [layer.kv_heads for _, layer in reading.stack] == [2, 2, 2]
    with pytest.raises(FlatError, match=r"encoder_config\.model_type: another encoder is not modelled"):
        conformers.transcriber(toy(encoder_config=encoder | dict(model_type="whisper")))


GRANITE = dict(context_size=16, conv_expansion_factor=2, conv_kernel_size=15, num_mel_bins=10, vocab_size=50)


def test_granite_attends_within_chunks_and_halves_twice():
    reading = conformers.granite(toy(**GRANITE))
    assert {str(layer.own) for _, layer in reading.stack} == {"chunk=16"}
    assert [(times, layer.per) for times, layer in reading.stack] == [(1, 1), (1, 2), (2, 4)]
    halvings = [section for section in reading.beside if section.name == "halving"]
    assert [section.per for section in halvings] == [2, 4]
    last = reading.stack[-1][1]
    assert weights(last.others) == {
        "first_ff_up": 64 * 96,
        "first_ff_down": 96 * 64,
        "conv_in": 64 * 256,
        "depthwise_conv": 128 * 15,
        "conv_out": 128 * 64,
    }
    frames, middle = reading.beside[-2:]
    assert weights(frames.products) == {"frame_projection": 4 * 10 * 64}
    assert (middle.per, middle.weights) == (4, 2 * 64 * 50)
    with pytest.raises(FlatError, match="context_size: more tokens than positions"):
        conformers.granite(toy(**GRANITE | dict(context_size=513)))
    assert len(conformers.granite(toy(**GRANITE, num_hidden_layers=1)).beside) == 2


def test_layers_that_halve_the_tokens(read):
    fields = SIZES | dict(model_type="granite_speech5_encoder", subsample_layers=[1, 2], context_size=16)
    model = read(fields)
    assert [block.attention.keys for _, block in model.blocks(seq=101)] == [101, 101, 50, 25]
    halving = [einsums for section, einsums in model.sections(101) if section.name == "halving"]
    assert [dict(einsums[0][1].bounds)["P"] for einsums in halving] == [50, 25]
    for odd in ([0, 0], [4], ["0"], [True]):
        with pytest.raises(FlatError, match="subsample_layers"):
            read(fields | dict(subsample_layers=odd))


def test_relative_positions_stand_beside_the_attention(read):
    model = read(SIZES | dict(model_type="parakeet_encoder", num_mel_bins=32))
    with pytest.raises(FlatError, match="counted beside the attention"):
        estimate(model, "edge", "flat-r", seq=64)
    for level in ("block", "model"):
        assert "position_scores" in estimate(model, "edge", "flat-r", seq=64, level=level).operators
