"""Encoders of text, in small: which keys their layers see, their sizes, and their weights by hand."""

import pytest
from toy_fields import SIZES, masks, toy

from flat_plugin.errors import FlatError
from flat_plugin.workload.configurations import encoders
from flat_plugin.workload.mask import Mask
from flat_plugin.workload.products import Linear

SQUARE, PLAIN, GATED = 64 * 64, 2 * 64 * 96, 3 * 64 * 96


def only(reading):
    ((_, layer),) = reading.stack
    return layer


def paths(reading):
    return [(gap.path, gap.level) for gap in reading.gaps]


def test_bert():
    reading = encoders.bert(toy())
    assert (masks(reading), reading.tokens, reading.gaps) == ([(4, "encoder", "full")], 512, ())
    assert only(reading).linear_weights == 4 * SQUARE + PLAIN
    assert masks(encoders.bert(toy(is_decoder=True))) == [(4, "decoder", "causal")]
    assert masks(encoders.bert(toy(is_decoder=True), decodes=False)) == [(4, "encoder", "full")]
    assert paths(encoders.bert(toy(add_cross_attention=True))) == [("add_cross_attention", "block")]
    with pytest.raises(FlatError, match="adapters: layers of another kind"):
        encoders.bert(toy(adapters=True), without=("adapters",))


def test_positions_behind_the_padding():
    assert encoders.positions(toy(max_position_embeddings=None), True) is None
    assert encoders.positions(toy(pad_token_id=1), False) == 512
    assert encoders.positions(toy(pad_token_id=1), True) == 510
    assert encoders.positions(toy(pad_token_id=510), True) == 1
    with pytest.raises(FlatError, match="no position is left.*above 512"):
        encoders.positions(toy(pad_token_id=511), True)
    with pytest.raises(FlatError, match="pad_token_id: positions begin behind"):
        encoders.positions(toy(), True)


def test_towers_of_text():
    assert masks(encoders.clip_text(toy())) == [(4, "encoder", "causal")]
    assert masks(encoders.clip_text(toy(), causal=False)) == [(4, "encoder", "full")]
    (section,) = encoders.altclip_text(toy(pad_token_id=1, project_dim=24)).beside
    assert section.products == (Linear("transformation", 64, 24),)


def test_layers_that_share_weights_run_all():
    fields = dict(num_hidden_groups=2, inner_group_num=3)
    reading = encoders.albert(toy(**fields))
    assert (masks(reading), reading.distinct) == ([(12, "encoder", "full")], 6)
    assert reading.notes == ("the 12 layers that run share the weights of 6",)
    with pytest.raises(FlatError, match="num_hidden_groups: more groups than the 4 layers"):
        encoders.albert(toy(num_hidden_groups=5, inner_group_num=1))


def test_bottlenecks():
    """MobileBERT: narrow layers of 32, a bottleneck in and one out, four feed-forward pairs."""
    fields = dict(intra_bottleneck_size=32, num_feedforward_networks=4, use_bottleneck=True)
    shared = only(encoders.mobilebert(toy(**fields, key_query_shared_bottleneck=True)))
    attention = 3 * 32 * 32 + 32 * 64  # values come from the wide stream
    assert shared.linear_weights == attention + 2 * 64 * 32 + 32 * 64 + 4 * 2 * 32 * 96
    narrow = only(encoders.mobilebert(toy(**fields, use_bottleneck_attention=True)))
    assert narrow.linear_weights == 4 * 32 * 32 + 2 * 64 * 32 + 4 * 2 * 32 * 96
    assert paths(encoders.mobilebert(toy(**fields))) == [("key_query_shared_bottleneck", "block")]
    wide = only(encoders.mobilebert(toy(intra_bottleneck_size=32, num_feedforward_networks=1)))
    assert wide.linear_weights == 4 * SQUARE + PLAIN
    with pytest.raises(FlatError, match="num_attention_heads: the width 30 is not a multiple"):
        encoders.mobilebert(toy(**fields | dict(intra_bottleneck_size=30)))


def test_most_layers_of_modernbert_have_a_window():
    """The first of three sees every key; a window reaches half of it to either side, and its own key."""
    fields = dict(local_attention=8, num_hidden_layers=6)
    assert masks(encoders.modern(toy(**fields))) == [(2, "encoder", "full"), (4, "encoder", "window=4:4")]
    assert masks(encoders.modern(toy(**fields), decoder=True)) == [
        (2, "decoder", "causal"),
        (4, "decoder", "causal,window=5"),
    ]
    every = encoders.modern(toy(**fields, layer_types=["full_attention"] * 6))
    assert masks(every) == [(6, "encoder", "full")]
    assert only(every).linear_weights == 4 * SQUARE + GATED


def test_encoders_with_the_layers_of_llama():
    reading = encoders.gated_encoder(toy(num_key_value_heads=2))
    assert masks(reading) == [(4, "encoder", "full")]
    assert only(reading).linear_weights == 2 * SQUARE + 2 * 64 * 32 + GATED
    assert masks(encoders.gated_encoder(toy(), causal=True)) == [(4, "encoder", "causal")]
    assert masks(encoders.ultrabert(toy(sliding_window=8, num_hidden_layers=3))) == [
        (2, "encoder", "window=4:4"),
        (1, "encoder", "full"),
    ]
    assert masks(encoders.ultrabert(toy())) == [(4, "encoder", "full")]


@pytest.mark.parametrize(("activation", "gated"), [("", True), ("swiglu", True), ("gelu", False)])
def test_the_activation_says_the_gate(activation, gated):
    fields = dict(activation_function=activation, intermediate_size=None)
    layer = only(encoders.nomic(toy(**fields)))
    assert (layer.gated, layer.feed_forward) == (gated, 256)
    with pytest.raises(FlatError, match="activation_function: unknown activation"):
        encoders.nomic(toy(activation_function="tanhglu"))


def test_attention_that_is_approximated_is_a_gap():
    assert paths(encoders.approximate(toy(hashes=4), name="hashes", why="hashed")) == [
        ("hashes", "attention")
    ]


def test_proteins_have_positions_by_a_table_or_rotary():
    fields = dict(pad_token_id=1)
    assert encoders.esm(toy(**fields, position_embedding_type="absolute")).tokens == 510
    assert encoders.esm(toy(**fields, position_embedding_type="rotary")).tokens == 512
    with pytest.raises(FlatError, match="is_folding_model"):
        encoders.esm(toy(**fields, is_folding_model=True))


def test_a_global_token_is_seen_and_sees(read):
    fields = SIZES | dict(model_type="longformer", attention_window=8, max_position_embeddings=102)
    model = read(fields | dict(attention_window=[8, 8, 16, 16]))
    assert masks(model) == [
        (2, "encoder", "window=4:4,sinks=1"),
        (2, "encoder", "window=8:8,sinks=1"),
        (4, "global", "full"),
    ]
    last = model.blocks()[-1][1]
    assert (last.attention.queries, last.attention.keys, model.layers) == (1, 100, 4)
    assert [einsum.name for einsum in last.projections()] == ["project_q", "project_k", "project_v"]
    masked = model.masked(Mask(causal=True))
    assert [layer.counted.causal for _, layer in masked.stack] == [True, True, False]


@pytest.mark.parametrize("window", [7, [8, 8], [8, 8, 8, 7], [8, 8, 8, 0], [8, 8, 8, "8"]])
def test_windows_of_longformer_are_even_and_one_a_layer(window):
    with pytest.raises(FlatError, match="attention_window: not an even window for every layer"):
        encoders.longformer(toy(attention_window=window, pad_token_id=1))


def test_random_blocks_matter_beyond_the_length_that_is_attended_to_in_full():
    fields = dict(block_size=8, num_random_blocks=3)
    (gap,) = encoders.big_bird(toy(**fields, attention_type="block_sparse")).gaps
    assert gap.window == (5 + 2 * 3) * 8
    assert not encoders.big_bird(toy(**fields, attention_type="original_full")).gaps
    with pytest.raises(FlatError, match="attention_type: unknown kind of attention"):
        encoders.big_bird(toy(**fields, attention_type="sparse"))


def test_relative_attention_and_a_convolution_are_gaps_of_deberta():
    assert paths(encoders.deberta(toy())) == []
    assert paths(encoders.deberta(toy(relative_attention=True, conv_kernel_size=3))) == [
        ("relative_attention", "attention"),
        ("conv_kernel_size", "block"),
    ]


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


def test_every_other_window_is_long_where_the_file_says_none_of_its_own():
    kinds = ["sliding_attention", "sliding_attention", "full_attention", "sliding_attention"]
    reading = encoders.neomme(toy(embedding_rank=8, sliding_window=5, layer_types=kinds))
    assert masks(reading) == [
        (2, "encoder", "window=5:5"),
        (1, "encoder", "window=1024:1024"),
        (1, "encoder", "full"),
    ]
    with pytest.raises(FlatError, match="sliding_window: a layer that slides has no window"):
        encoders.neomme(toy(embedding_rank=8, layer_types=kinds))


def test_deep_layers_with_fewer_positions(read):
    model = read(SIZES | dict(model_type="canine", max_position_embeddings=100, local_transformer_stride=16))
    assert [(n, block.attention.keys) for n, block in model.blocks()] == [(1, 100), (4, 25), (1, 100)]
    assert [(n, block.attention.keys) for n, block in model.blocks(seq=9)] == [(1, 9), (4, 2), (1, 9)]
    with pytest.raises(FlatError, match="no token is left"):
        model.blocks(seq=3)
    with pytest.raises(FlatError, match="of which a step is not modelled"):
        model.decoding().blocks()


def test_characters_are_convolved_to_fewer_positions_and_back():
    fields = dict(downsampling_rate=4, local_transformer_stride=16, upsampling_kernel_size=3)
    reading = encoders.canine(toy(**fields))
    assert [str(layer.own) for _, layer in reading.stack] == ["chunk=16", "full", "full"]
    assert [(section.weights, section.per) for section in reading.beside] == [
        (64 * 64 * 4, 4),
        (2 * 64 * 64 * 3, 1),
    ]


def test_queries_attend_to_an_image_in_some_layers():
    fields = dict(cross_attention_frequency=3, encoder_hidden_size=80)
    reading = encoders.qformer(toy(**fields))
    assert masks(reading) == [(4, "decoder", "full"), (2, "cross", "full")]
    cross = reading.stack[1][1]
    assert cross.linear_weights == 2 * SQUARE + 2 * 80 * 64
    assert paths(encoders.qformer(toy(**fields, use_qformer_text_input=True))) == [
        ("use_qformer_text_input", "block")
    ]
