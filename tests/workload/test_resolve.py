from __future__ import annotations

from dataclasses import replace

import pytest

from flat_plugin import estimate
from flat_plugin.errors import FlatError
from flat_plugin.workload import Attention, Layer, Linear, Model, find_model
from flat_plugin.workload.gaps import Gap
from flat_plugin.workload.model_section import Section
from flat_plugin.workload.resolve import kind_names, resolve

SIZES = dict(heads=4, hidden=64, head_dim=16, feed_forward=128)
PAIR = Model(
    "pair",
    tokens=32,
    stack=(
        (3, Layer(4, 64, 16, 128, kind="encoder")),
        (2, Layer(4, 64, 16, 128, kind="decoder")),
        (2, Layer(4, 64, 16, kind="cross")),
    ),
)


def gapped(gap):
    return Model("toy", layers=2, tokens=32, gaps=(gap,), **SIZES)


def test_a_gap_refuses_the_levels_that_it_touches():
    experts = gapped(Gap("experts are not modelled", "block", "num_experts", 8))
    assert resolve(experts).layers == 2
    for level in ("block", "model"):
        with pytest.raises(FlatError, match=r"num_experts: experts .*got 8.*expected --level attention"):
            resolve(experts, level=level)


def test_a_window_refuses_more_keys_than_it_has():
    window = gapped(Gap("windows are not modelled", "attention", "sliding_window", 16, window=16))
    assert resolve(window, 16, level="model").attention.keys == 16
    with pytest.raises(FlatError, match=r"sliding_window: .*at most 16 tokens \(--seq 16\)"):
        resolve(window, 17)


def test_a_level_of_layers_that_differ():
    assert resolve(PAIR, level="model").rest[1][0] == 2
    (note,) = resolve(PAIR).notes
    assert note == "attention of one of its 3 encoder layers; it also has 2 decoder layers, 2 cross layers"
    with pytest.raises(FlatError, match="differ: 3 encoder layers, 2 decoder layers, 2 cross layers"):
        resolve(PAIR, level="block")


def test_blocks_that_differ_are_told_apart():
    with pytest.raises(FlatError, match=r"21 decoder layers \(causal,window=4096 mask\), 21 decoder"):
        resolve(find_model("gemma-2-9b"), level="block")


def test_layers_without_a_difference_in_a_mask_or_width_have_names_of_their_own():
    layer = PAIR.stack[0][1]
    wide = replace(layer, feed_forward=2 * layer.feed_forward)
    assert kind_names([layer, wide]) == (
        f"encoder layers, {layer.feed_forward} feed-forward",
        f"encoder layers, {wide.feed_forward} feed-forward",
    )
    gated = replace(layer, gated=True)
    assert len({*kind_names([layer, wide, gated, replace(gated, heads=2 * layer.heads)])}) == 4


def test_a_note_on_one_kind_of_layer_names_it():
    notes = estimate("gpt-oss-20b", "cloud", "base", seq=4096, queries=1, level="model").notes
    idle = [note for note in notes if "no work" in note]
    assert [note.split(": ")[0] for note in idle] == [
        "decoder layers, causal,window=128 mask",
        "decoder layers, causal mask",
    ]


@pytest.mark.parametrize("flow", ["base", "flat-h", "flat-r"])
def test_layers_that_differ_are_added_up(flow):
    """The whole is the sum of models of one kind each."""
    whole = estimate(PAIR, "edge", flow, level="model")
    parts = [
        estimate(Model("part", tokens=32, stack=((times, layer),)), "edge", flow, level="model")
        for times, layer in PAIR.stack[:2]
    ]
    cross = Model("part", tokens=32, stack=((2, Layer(4, 64, 16, kind="encoder")),))
    parts.append(estimate(cross, "edge", flow, level="model"))
    assert whole.layers == 7
    assert whole.cycles == pytest.approx(sum(part.cycles for part in parts))
    assert whole.energy_pj == pytest.approx(sum(part.energy_pj for part in parts))
    assert whole.dram_words == pytest.approx(sum(part.dram_words for part in parts))
    for name, work in whole.operators.items():
        assert work.computes == sum(p.operators[name].computes for p in parts if name in p.operators)


def test_products_beside_the_layers_are_added_at_model_level():
    plain = Model("toy", layers=2, tokens=32, **SIZES)
    section = Section("projection", (Linear("project", 8, 64),))
    beside = Model("toy", layers=2, tokens=32, beside=(section,), **SIZES)
    without, whole = (estimate(model, "edge", "flat-h", level="model") for model in (plain, beside))
    assert whole.operators["project"].computes == 32 * 8 * 64
    assert whole.cycles == pytest.approx(without.cycles + whole.operators["project"].cycles)
    layers, projection = whole.kinds
    assert (layers.name, layers.times, layers.cycles) == ("self layers", 2, without.cycles)
    assert (projection.name, projection.computes) == ("projection", 32 * 8 * 64)
    assert whole.cycles == pytest.approx(layers.cycles + projection.cycles)
    assert estimate(beside, "edge", "flat-h").cycles == estimate(plain, "edge", "flat-h").cycles


def test_a_mapping_is_of_one_attention_layer():
    uneven = Model("uneven", tokens=32, stack=((1, Layer(4, 64, 16, 128)), (1, Layer(4, 64, 32, 128))))
    mapping = estimate(uneven, "edge", "flat-h").mapping
    with pytest.raises(FlatError, match="mapping: a mapping is of one attention layer"):
        estimate(uneven, "edge", mapping=mapping, level="model")


def test_sizes_by_hand_have_their_own_lengths():
    assert resolve(Attention(1, 2, 3, 4, 5)).block is None
    with pytest.raises(FlatError, match="seq: a layer that is given by its sizes"):
        resolve(Attention(1, 2, 3, 4, 5), seq=8)


@pytest.mark.parametrize(
    ("model", "names"),
    [
        ("llama-3-8b", ("decoder layers",)),
        ("t5-base", ("encoder layers", "decoder layers", "cross layers")),
        ("gemma-2-9b", ("decoder layers, causal,window=4096 mask", "decoder layers, causal mask")),
        ("deepseek-v3", ("decoder layers, dense", "decoder layers, experts")),
    ],
)
def test_kinds_of_one_name_are_told_apart(model, names):
    assert kind_names([layer for _, layer in find_model(model).stack]) == names
