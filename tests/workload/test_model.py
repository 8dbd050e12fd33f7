from __future__ import annotations

from dataclasses import replace

import pytest

from flat_plugin.errors import FlatError
from flat_plugin.workload.attention import Attention
from flat_plugin.workload.block import Block
from flat_plugin.workload.layer import Layer
from flat_plugin.workload.mask import Mask
from flat_plugin.workload.model import Model
from flat_plugin.workload.model_section import Section
from flat_plugin.workload.products import Linear


def model(**changes):
    sizes = dict(layers=2, heads=8, hidden=512, head_dim=64, feed_forward=2048)
    return Model("toy", **(sizes | changes))


def test_attention_at_a_sequence_length():
    assert model().attention(4096, batch=64) == Attention(64, 8, 4096, 4096, 64)


def test_attention_of_a_decode_step():
    assert model(kv_heads=2).attention(4096, queries=1) == Attention(1, 8, 1, 4096, 64, kv_heads=2)


def test_own_sequence_length_is_the_default():
    assert model(tokens=1500).attention().keys == 1500
    with pytest.raises(FlatError, match="seq: toy has no sequence length.*number of tokens"):
        model().attention()


def test_block():
    expected = Block(Attention(3, 8, 128, 128, 64), 512, 2048, gated=True)
    assert model(gated=True).block(128, batch=3) == expected


def test_kv_heads_default_to_heads():
    assert model() == model(kv_heads=8)


@pytest.mark.parametrize("seq", [0, -5, 1.5, True])
def test_bad_sequence_length(seq):
    with pytest.raises(FlatError, match="seq: .*positive"):
        model().attention(seq)


@pytest.mark.parametrize("batch", [0, -5, True])
def test_bad_batch(batch):
    with pytest.raises(FlatError, match="^batch: .*positive"):
        model().attention(8, batch)


@pytest.mark.parametrize("queries", [0, -5])
def test_bad_queries(queries):
    with pytest.raises(FlatError, match="queries: .*positive"):
        model().attention(8, queries=queries)


@pytest.mark.parametrize(
    "changes",
    [
        {"layers": 0},
        {"heads": -8},
        {"hidden": 512.0},
        {"head_dim": None},
        {"feed_forward": "2048"},
        {"kv_heads": 3},
        {"kv_heads": 0},
        {"gated": 1},
        {"tokens": 0},
        {"source": None},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_every_field_is_checked(changes):
    """Fields of another kind are refused before the model has a name."""
    with pytest.raises(FlatError, match=rf"^(toy\.)?{next(iter(changes))}: "):
        model(**changes)


def test_a_model_has_a_name():
    with pytest.raises(FlatError, match="model.name"):
        Model("", 1, 1, 1, 1, 1)


def test_a_model_that_decodes():
    step = model(kv_heads=2).decoding()
    assert (step.name, step.queries) == ("toy-decode", 1)
    assert step.attention(4096, batch=3) == Attention(3, 8, 1, 4096, 64, kv_heads=2)
    assert step.block(4096, 3) == Block(step.attention(4096, 3), 512, 2048, cached=True)
    assert model(tokens=128).decoding(8).block().attention.queries == 8


def test_its_name_says_how_many_tokens_are_new():
    assert model().decoding(8).name == "toy-decode8"
    assert model().decoding(8).decoding() == model().decoding()


def test_a_step_has_no_more_new_tokens_than_tokens():
    assert model().decoding(4).attention(4).queries == 4
    with pytest.raises(FlatError, match="at most the 4 keys"):
        model().decoding(5).block(4)


@pytest.mark.parametrize("queries", [0, -1, 1.5, True, "1"])
def test_bad_numbers_of_new_tokens(queries):
    with pytest.raises(FlatError, match="queries"):
        model().decoding(queries)


def test_layers_that_differ():
    pair = Model(
        "pair",
        tokens=16,
        source_tokens=40,
        stack=(
            (6, Layer(8, 512, 64, 2048, kind="encoder")),
            (4, Layer(8, 512, 64, 2048, kind="decoder")),
            (4, Layer(8, 512, 64, kind="cross")),
        ),
    )
    assert pair.layers == 10
    assert [(times, b.attention.queries, b.attention.keys) for times, b in pair.blocks()] == [
        (6, 40, 40),
        (4, 16, 16),
        (4, 16, 40),
    ]
    assert {b.attention.keys for _, b in pair.blocks(32)} == {32}
    assert pair.linear_weights == 10 * (4 * 512**2 + 2 * 512 * 2048) + 4 * 4 * 512**2


def test_a_step_of_decoding_leaves_the_encoder_out():
    layers = ((2, Layer(2, 8, 4, 16, kind="encoder")), (3, Layer(2, 8, 4, 16, kind="decoder")))
    step = Model("pair", tokens=16, stack=(*layers, (3, Layer(2, 8, 4, kind="cross")))).decoding()
    (_, decoder), (_, cross) = step.blocks()
    assert [e.name for e in cross.operators()] == ["project_q", "logit", "attend", "project_o"]
    assert decoder.attention.queries == cross.attention.queries == 1


def test_windows_and_frames_are_sequences_of_their_own():
    cut = Model("cut", tokens=64, stack=((2, Layer(2, 8, 4, 16, split=(4, 16))), (1, Layer(2, 8, 4, 16))))
    (_, windows), (_, whole) = cut.blocks(batch=3)
    assert (windows.attention.batch, windows.attention.keys) == (12, 16)
    assert (whole.attention.batch, whole.attention.keys) == (3, 64)
    with pytest.raises(FlatError, match="seq: cut attends within windows or frames"):
        cut.blocks(64)


def test_sizes_beside_a_stack_change_its_only_layer():
    stacked = Model("one", stack=((2, Layer(8, 512, 64, 2048)),))
    assert replace(stacked, layers=5).layers == 5  # type: ignore[call-arg]  # fields of its only layer
    assert replace(stacked, hidden=256).hidden == 256  # type: ignore[call-arg]  # fields of its only layer
    with pytest.raises(FlatError, match=r"two\.hidden: its layers differ"):
        Model("two", hidden=8, stack=((1, Layer(8, 512, 64)), (1, Layer(4, 512, 64))))


def test_products_beside_the_layers():
    section = Section("projection", (Linear("project", 5, 8),))
    model = Model("toy", 2, 4, 8, 2, 16, tokens=10, beside=(section,))
    ((found, ((times, project),)),) = model.sections(batch=3)
    assert (found, times, project.sizes) == (section, 1, {"M": 30, "N": 8, "K": 5})
    assert model.linear_weights == Model("toy", 2, 4, 8, 2, 16).linear_weights + 40


def test_weights_that_layers_share_count_once():
    assert Model("toy", 12, 4, 8, 2, 16, distinct=1).linear_weights * 12 == (
        Model("toy", 12, 4, 8, 2, 16).linear_weights
    )


def test_a_mask_for_every_layer_but_cross_attention():
    layer = Layer(8, 512, 64, 2048, kind="decoder")
    pair = Model("pair", stack=((2, layer), (2, Layer(8, 512, 64, None, kind="cross"))), tokens=16)
    masks = [block.attention.mask for _, block in pair.masked(Mask(causal=True)).blocks()]
    assert [str(mask) for mask in masks] == ["causal", "full"]
