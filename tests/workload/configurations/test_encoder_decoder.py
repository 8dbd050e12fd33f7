"""Encoders and decoders with cross attention between them, in small: kinds, lengths and weights by hand."""

import pytest
from toy_fields import SIZES, masks, toy

from flat_plugin.errors import FlatError
from flat_plugin.workload.configurations import encoder_decoder as pairs

IMAGE = dict(image_size=32, patch_size=8, num_hidden_layers=2, num_attention_heads=4, intermediate_size=40)
BART = dict(
    d_model=64,
    encoder_layers=2,
    encoder_attention_heads=4,
    encoder_ffn_dim=96,
    decoder_layers=3,
    decoder_attention_heads=8,
    decoder_ffn_dim=80,
)
ATTENDING = dict(layers=2, attention_heads=4, ffn_dim=96)
T5 = dict(d_model=64, num_heads=4, d_kv=8, d_ff=96, num_layers=2)
SQUARE = 64 * 64


def test_bart():
    reading = pairs.bart(toy(**BART))
    assert masks(reading) == [(2, "encoder", "full"), (3, "decoder", "causal"), (3, "cross", "full")]
    encoder, decoder, cross = (layer for _, layer in reading.stack)
    assert (encoder.heads, decoder.heads, cross.heads) == (4, 8, 8)
    assert encoder.linear_weights == 4 * SQUARE + 2 * 64 * 96
    assert decoder.linear_weights == 4 * SQUARE + 2 * 64 * 80
    assert cross.linear_weights == 4 * SQUARE
    assert (reading.tokens, reading.source_tokens) == (512, 512)


def test_lengths_of_both_sides():
    fields = toy(**BART, source=101, target=30, halvings=2)
    reading = pairs.bart(fields, source="source", target="target", halvings="halvings")
    assert (reading.tokens, reading.source_tokens) == (30, 26)  # 101, 51, 26


def test_sound_that_is_padded_to_one_length(read):
    """Whisper's encoder sees 30 seconds whatever the text's length, and so do all queries of its decoder."""
    sides = {f"{side}_{name}": n for side in ("encoder", "decoder") for name, n in ATTENDING.items()}
    sounds = dict(model_type="whisper", d_model=64, max_source_positions=50, max_target_positions=30)
    model = read(sounds | sides | dict(num_mel_bins=8, vocab_size=10))
    for seq in (None, 12):
        sizes = [(block.attention.queries, block.attention.keys) for _, block in model.blocks(seq)]
        assert sizes == [(50, 50), (seq or 30, seq or 30), (seq or 30, 50)]
        ((_, products),) = [found for found in model.sections(seq) if found[0].name == "convolutions"]
        assert [einsum.sizes["P"] for _, einsum in products] == [100, 50]
        assert [norm.rows for _, norm in model.outer_norms(seq)] == [50, seq or 30]
    sizes = [(block.attention.queries, block.attention.keys) for _, block in model.decoding(1).blocks(12)]
    assert sizes == [(1, 12), (1, 50)]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"is_encoder_decoder": False}, "is_encoder_decoder: the decoder alone"),
        ({"is_decoder": True}, "is_decoder: the decoder alone"),
        ({"use_prompt": True}, "use_prompt: prompts of keys and values"),
        ({"decoder_attention_heads": 5}, "decoder_attention_heads: d_model 64 is not a multiple"),
    ],
)
def test_what_bart_is_not(fields, message):
    with pytest.raises(FlatError, match=message):
        pairs.bart(toy(**BART | fields))


def test_encoders_that_do_not_see_every_key_are_gaps_unless_they_do():
    options = dict(name="attention_type", why="blocks", dense="original_full")
    (gap,) = pairs.sparse_bart(toy(**BART, attention_type="block_sparse"), **options).gaps
    assert (gap.path, gap.level, gap.value) == ("attention_type", "attention", "block_sparse")
    assert not pairs.sparse_bart(toy(**BART, attention_type="original_full"), **options).gaps
    (experts,) = pairs.expert_bart(toy(**BART, num_experts=4)).gaps
    assert (experts.path, experts.level) == ("num_experts", "block")


def test_windows_in_barts_encoder():
    lengths = dict(max_encoder_position_embeddings=100, max_decoder_position_embeddings=20)
    reading = pairs.led(toy(**BART, **lengths, attention_window=[8, 16]))
    assert masks(reading) == [
        (1, "encoder", "window=4:4,sinks=1"),
        (1, "encoder", "window=8:8,sinks=1"),
        (2, "global", "full"),
        (3, "decoder", "causal"),
        (3, "cross", "full"),
    ]
    assert (reading.tokens, reading.source_tokens) == (20, 100)
    assert masks(pairs.led(toy(**BART, **lengths, attention_window=8)))[0] == (
        2,
        "encoder",
        "window=4:4,sinks=1",
    )
    for wrong in ([8, 8, 8], [8, 0], "8"):
        with pytest.raises(FlatError, match="attention_window"):
            pairs.led(toy(**BART, **lengths, attention_window=wrong))


def test_t5():
    reading = pairs.t5(toy(**T5, num_decoder_layers=3, n_positions=40))
    assert masks(reading) == [(2, "encoder", "full"), (3, "decoder", "causal"), (3, "cross", "full")]
    assert (reading.tokens, reading.source_tokens) == (40, None)
    assert reading.stack[0][1].linear_weights == 4 * 64 * 4 * 8 + 2 * 64 * 96
    assert [times for times, _ in pairs.t5(toy(**T5)).stack] == [2, 2, 2]
    assert pairs.t5(toy(**T5, experts=4), experts="experts").gaps[0].path == "experts"
    with pytest.raises(FlatError, match="is_encoder_decoder: one side alone"):
        pairs.t5(toy(**T5, is_encoder_decoder=False))


@pytest.mark.parametrize(
    ("projection", "gated"), [("relu", False), ("gated-gelu", True), ("gated-silu", True), ("gelu", False)]
)
def test_the_feed_forward_projection_says_the_gate(projection, gated):
    reading = pairs.t5(toy(**T5, feed_forward_proj=projection))
    assert [layer.gated for _, layer in reading.stack] == [gated, gated, False]


@pytest.mark.parametrize("projection", ["gate-gelu", "gated-gated-gelu", "gated-", "tanh"])
def test_other_projections_are_refused(projection):
    with pytest.raises(FlatError, match="feed_forward_proj: unknown kind"):
        pairs.t5(toy(**T5, feed_forward_proj=projection))


def test_patches_among_the_encoders_tokens():
    (section,) = pairs.t5(toy(**T5, image_size=32, patch_size=8), images=True).beside
    assert (section.rows, section.weights) == (16, 3 * 8 * 8 * 64)


def test_t5_for_long_inputs():
    local = pairs.longt5(toy(**T5, encoder_attention_type="local", local_radius=5))
    assert masks(local)[0] == (2, "encoder", "window=5:5")
    (gap,) = pairs.longt5(toy(**T5, encoder_attention_type="transient-global")).gaps
    assert gap.path == "encoder_attention_type"
    with pytest.raises(FlatError, match="unknown kind of attention"):
        pairs.longt5(toy(**T5, encoder_attention_type="global"))


MOONSHINE = dict(
    encoder_num_attention_heads=4,
    decoder_num_attention_heads=4,
    encoder_num_hidden_layers=2,
    decoder_num_hidden_layers=3,
)


def test_moonshine_has_a_gated_decoder_and_convolutions_of_its_own():
    reading = pairs.moonshine(toy(**MOONSHINE))
    assert masks(reading) == [(2, "encoder", "full"), (3, "decoder", "causal"), (3, "cross", "full")]
    assert [layer.gated for _, layer in reading.stack] == [False, True, False]
    (section,) = reading.beside
    assert section.weights == 127 * 64 + 7 * 64 * 128 + 3 * 128 * 64


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"pad_head_dim_to_multiple_of": 8}, "padded heads"),
        ({"encoder_num_attention_heads": 3}, "encoder_num_attention_heads: hidden_size 64 is not a multiple"),
        ({"decoder_num_attention_heads": 8}, "other heads than the encoder's"),
        ({"encoder_num_key_value_heads": 3}, "encoder_num_key_value_heads: 4 heads do not share them"),
        ({"encoder_num_key_value_heads": 2}, "other heads than the encoder's"),
    ],
)
def test_heads_of_moonshine(fields, message):
    with pytest.raises(FlatError, match=message):
        pairs.moonshine(toy(**MOONSHINE | fields))


@pytest.mark.parametrize("seq", [None, 30])
def test_an_image_has_its_own_length(read, seq):
    fields = SIZES | dict(model_type="idefics", cross_layer_interval=2, vocab_size=50)
    model = read(fields | dict(max_position_embeddings=40, vision_config=IMAGE | dict(embed_dim=32)))
    text = seq or 40
    found = [(n, b.attention.queries, b.attention.keys) for n, b in model.blocks(seq)]
    assert found == [(2, 17, 17), (4, text, text), (2, text, 17)]
    step = model.decoding()
    assert [(n, b.attention.queries, b.attention.keys) for n, b in step.blocks(seq)] == [
        (4, 1, text),
        (2, 1, 17),
    ]
    assert [section.name for section in step.beside] == ["output head"]


def test_layers_between_those_of_text_divide_them(read):
    fields = SIZES | dict(model_type="idefics", vocab_size=50, vision_config=IMAGE | dict(embed_dim=32))
    with pytest.raises(FlatError, match="cross_layer_interval: not a divisor of the 4 layers"):
        read(fields, cross_layer_interval=3)
    (gap,) = read(fields, cross_layer_interval=2, use_resampler=True).gaps
    assert (gap.path, gap.level) == ("use_resampler", "block")


def test_an_image_before_the_text_sees_itself(read):
    fields = SIZES | dict(model_type="git", max_position_embeddings=23, vocab_size=50)
    model = read(fields | dict(vision_config=IMAGE | dict(hidden_size=32)))
    assert masks(model) == [(2, "encoder", "full"), (4, "decoder", "causal,prefix=17")]
    assert [block.attention.keys for _, block in model.blocks()] == [17, 40]
    assert model.blocks()[1][1].attention.needed_scores == 4 * (17 * 17 + sum(range(18, 41)))
    assert [layer.kind for _, layer in model.decoding().stack] == ["decoder"]
