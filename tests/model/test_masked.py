"""Layers with masks against loops that test every pair of a query and a key.

FLAT_EXAMPLES=25000 tries ten times as many as usual.
"""

import os
from fractions import Fraction

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

EXAMPLES = int(os.environ.get("FLAT_EXAMPLES", "2500"))
BITS = (None, 4, 4.25, 8, 12, 16, 32)  # of a word; those of the memories are of 16
FLOWS = ("held", "streamed", "grouped", "online", "unfused")


@st.composite
def masks(draw, queries, keys):
    sizes = st.integers(0, max(queries, keys) + 2)
    kind = draw(st.sampled_from(("causal", "window", "both", "chunk", "blocks", "full")))
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
        return Mask(causal=True, offset=offset, prefix=draw(sizes))
    if kind == "chunk":
        chunk = (draw(st.integers(1, keys)), draw(sizes))
        return Mask(draw(st.booleans()), None, draw(sizes), draw(sizes), offset, chunk=chunk)
    window = draw(st.tuples(sizes, sizes))
    return Mask(kind == "both", window, draw(sizes), draw(sizes), offset)


@st.composite
def cases(draw):
    most = draw(st.sampled_from((4, 10, 10, 24)))
    queries, keys = draw(st.integers(1, most)), draw(st.integers(1, most))
    kv, group = draw(st.integers(1, 2)), draw(st.integers(1, 3))
    d, e = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    mask = draw(masks(queries, keys))
    bits = {name: draw(st.sampled_from(BITS)) for name in draw(st.sets(st.sampled_from("QKSVO")))}
    widths = {name: width for name, width in bits.items() if width is not None}
    layer = Attention(draw(st.integers(1, 2)), kv * group, queries, keys, d, e, kv, mask, widths=widths)
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


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=(HealthCheck.too_slow,))
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
    check_bits(layer, answer, walk)


def check_bits(layer, answer, walk):
    """Bytes of the outermost memory are those of the words' own bits, and its energy is that of rows."""
    bits = {name: Fraction(layer.widths.of(name) or 16) for name in "QKSVO"}
    moved = dict.fromkeys(bits, 0)
    for (tensor, level, _), words in walk.words.items():
        moved[tensor] += words if level == "DRAM" else 0
    assert answer.dram_bytes == sum(words * bits[name] / 8 for name, words in moved.items())
    each = [
        (tensor, energy / 100)
        for work in answer.operators.values()
        for (component, tensor), energy in work.energy.items()
        if component == "DRAM" and tensor != "leak"
    ]
    for name, words in moved.items():
        rows = sum(energy for tensor, energy in each if tensor == name)
        whole = bits[name] % 16 == 0  # else the last row that an iteration moves may be taken in part
        exact = float(words * bits[name] / 16)
        assert rows == pytest.approx(exact) if whole else exact <= rows * (1 + 1e-9)
        assert rows <= exact + 4 * len(tiles_of(layer, 1)) * layer.batch * layer.heads + 1e-9


@pytest.mark.parametrize("part", range(4))
def test_every_pair_of_a_query_and_a_key(part):
    """2,500 layers each: masks, shapes, tiles, widths, dataflows."""
    check_walk()
