"""Layers that see other tokens than the rest: chunks, global tokens, fewer positions, one image."""

import pytest

from flat_plugin import estimate
from flat_plugin.errors import FlatError
from flat_plugin.workload import describe
from flat_plugin.workload.mask import Mask

SIZES = dict(hidden_size=64, num_attention_heads=4, num_hidden_layers=4, intermediate_size=96)
LLAMA4 = SIZES | dict(
    model_type="llama4_text",
    num_key_value_heads=2,
    head_dim=16,
    num_local_experts=4,
    num_experts_per_tok=1,
    intermediate_size_mlp=128,
    attention_chunk_size=32,
)
IMAGE = dict(image_size=32, patch_size=8, num_hidden_layers=2, num_attention_heads=4, intermediate_size=40)


def kinds(model):
    return [(times, layer.kind, str(layer.own)) for times, layer in model.stack]


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({}, [(3, "decoder", "causal,chunk=32"), (1, "decoder", "causal")]),
        ({"no_rope_layer_interval": 2}, [(2, "decoder", "causal,chunk=32"), (2, "decoder", "causal")]),
        ({"no_rope_layers": [1, 0, 0, 0]}, [(1, "decoder", "causal,chunk=32"), (3, "decoder", "causal")]),
        (
            {"layer_types": ["full_attention", *["chunked_attention"] * 3]},
            [(1, "decoder", "causal"), (3, "decoder", "causal,chunk=32")],
        ),
        ({"attention_chunk_size": None}, [(4, "decoder", "causal")]),
    ],
)
def test_layers_within_chunks(read, fields, found):
    assert kinds(read(LLAMA4 | fields)) == found


def test_a_step_reads_its_own_chunk(read):
    model = read(LLAMA4).decoding()
    assert [entry["scores"] for entry in describe(model, seq=70).document["layers"]] == [4 * 6, 4 * 70]


@pytest.mark.parametrize("fields", [{"no_rope_layers": [1]}, {"layer_types": ["sliding_attention"] * 4}])
def test_chunks_of_no_layer(read, fields):
    with pytest.raises(FlatError, match="layers"):
        read(LLAMA4 | fields)


def test_a_global_token_is_seen_and_sees(read):
    fields = SIZES | dict(model_type="longformer", attention_window=8, max_position_embeddings=102)
    model = read(fields | dict(attention_window=[8, 8, 16, 16]))
    assert kinds(model) == [
        (2, "encoder", "window=4:4,sinks=1"),
        (2, "encoder", "window=8:8,sinks=1"),
        (4, "global", "full"),
    ]
    last = model.blocks()[-1][1]
    assert (last.attention.queries, last.attention.keys, model.layers) == (1, 100, 4)
    assert [einsum.name for einsum in last.projections()] == ["project_q", "project_k", "project_v"]
    masked = model.masked(Mask(causal=True))
    assert [layer.counted.causal for _, layer in masked.stack] == [True, True, False]


def test_deep_layers_with_fewer_positions(read):
    model = read(SIZES | dict(model_type="canine", max_position_embeddings=100, local_transformer_stride=16))
    assert [(n, block.attention.keys) for n, block in model.blocks()] == [(1, 100), (4, 25), (1, 100)]
    assert [(n, block.attention.keys) for n, block in model.blocks(seq=9)] == [(1, 9), (4, 2), (1, 9)]
    with pytest.raises(FlatError, match="no token is left"):
        model.blocks(seq=3)
    with pytest.raises(FlatError, match="of which a step is not modelled"):
        model.decoding().blocks()


def test_layers_that_halve_the_tokens(read):
    fields = SIZES | dict(model_type="granite_speech5_encoder", subsample_layers=[1, 2], context_size=16)
    model = read(fields)
    assert [block.attention.keys for _, block in model.blocks(seq=101)] == [101, 101, 50, 25]
    halving = [einsums for section, einsums in model.sections(101) if section.name == "halving"]
    assert [dict(einsums[0][1].bounds)["P"] for einsums in halving] == [50, 25]
    for odd in ([0, 0], [4], ["0"], [True]):
        with pytest.raises(FlatError, match="subsample_layers"):
            read(fields | dict(subsample_layers=odd))


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


def test_an_image_before_the_text_sees_itself(read):
    fields = SIZES | dict(model_type="git", max_position_embeddings=23, vocab_size=50)
    model = read(fields | dict(vision_config=IMAGE | dict(hidden_size=32)))
    assert kinds(model) == [(2, "encoder", "full"), (4, "decoder", "causal,prefix=17")]
    assert [block.attention.keys for _, block in model.blocks()] == [17, 40]
    assert model.blocks()[1][1].attention.needed_scores == 4 * (17 * 17 + sum(range(18, 41)))
    assert [layer.kind for _, layer in model.decoding().stack] == ["decoder"]


def test_relative_positions_stand_beside_the_attention(read):
    model = read(SIZES | dict(model_type="parakeet_encoder", num_mel_bins=32))
    with pytest.raises(FlatError, match="counted beside the attention"):
        estimate(model, "edge", "flat-r", seq=64)
    for level in ("block", "model"):
        assert "position_scores" in estimate(model, "edge", "flat-r", seq=64, level=level).operators
