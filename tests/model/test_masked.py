"""Layers with masks against loops that test every pair of a query and a key."""

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from mask_walk import ENERGIES, MACHINE, Walk, mapping_of, tiles_of

from flat_plugin.model.layer import Setting, attention_estimate
from flat_plugin.model.masked import masked_layer
from flat_plugin.model.operator import evaluate_operator
from flat_plugin.workload.attention import Attention
from flat_plugin.workload.blocks import Blocks
from flat_plugin.workload.mask import Mask

FLOWS = ("held", "streamed", "grouped", "online", "unfused")


@st.composite
def masks(draw, queries, keys):
    sizes = st.integers(0, max(queries, keys) + 2)
    kind = draw(st.sampled_from(("causal", "window", "both", "blocks", "full")))
    if kind == "full":
        return Mask()
    if kind == "blocks":
        rows, side = draw(st.integers(1, queries)), draw(st.integers(1, keys))
        count, wide = -(-queries // rows), -(-keys // side)
        return Mask(
            blocks=Blocks(
                rows, side, tuple(draw(st.text("01", min_size=wide, max_size=wide)) for _ in range(count))
            )
        )
    offset = draw(st.none() | sizes)
    if kind == "causal":
        return Mask(causal=True, offset=offset)
    window = draw(st.tuples(sizes, sizes))
    return Mask(kind == "both", window, draw(sizes), draw(sizes), offset)


@st.composite
def cases(draw):
    queries, keys = draw(st.integers(1, 10)), draw(st.integers(1, 10))
    kv, group = draw(st.integers(1, 2)), draw(st.integers(1, 3))
    d, e = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    mask = draw(masks(queries, keys))
    layer = Attention(draw(st.integers(1, 2)), kv * group, queries, keys, d, e, kv, mask)
    assume(layer.needed_scores)
    flow, rows = draw(st.sampled_from(FLOWS)), draw(st.integers(1, queries))
    runs = mask.tiles(queries, keys, rows)
    if queries % rows and runs.same[-2:].all():  # Timeloop counts the last of three tiles as a whole one
        rows = 1
    lengths = {len(own) for _, own in tiles_of(layer, rows)}
    even = [c for c in range(1, keys + 1) if all(n % c == 0 or n <= 2 * c for n in lengths)]
    chunk = draw(st.sampled_from(even)) if flow in ("streamed", "online") else None
    return layer, flow, rows, chunk


def estimated(layer, mapping, **setting):
    widest = masked_layer(layer, MACHINE, mapping, ENERGIES).widest
    results = [evaluate_operator(e, MACHINE, mapping[e.name], ENERGIES) for e in widest.einsums()]
    return attention_estimate("layer", layer, MACHINE, mapping, results, ENERGIES, Setting(**setting))


@settings(max_examples=2500, deadline=None, suppress_health_check=(HealthCheck.too_slow,))
@given(cases())
def check_walk(case):
    layer, flow, rows, chunk = case
    answer = estimated(layer, mapping_of(layer, flow, rows, chunk))
    walk = Walk(layer, flow, rows, chunk)
    work = answer.operators
    assert {name: work[name].computes for name in ("logit", "attend")} == {
        name: walk.work[name] for name in ("logit", "attend")
    }
    assert work["softmax"].energy["SoftmaxUnit", "compute"] == walk.work["softmax"]
    found = {
        (tensor, level, kind): words
        for tensor, moved in answer.traffic.items()
        for number, level in enumerate(("DRAM", "Buffer"))
        for kind, words in zip(("reads", "writes"), moved.level(number), strict=True)
        if words
    }
    assert found == {place: words for place, words in walk.words.items() if words}


@pytest.mark.parametrize("part", range(4))
def test_every_pair_of_a_query_and_a_key(part):
    """2,500 layers each: masks, shapes, tiles, dataflows."""
    check_walk()
