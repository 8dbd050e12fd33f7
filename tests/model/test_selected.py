"""Selected keys against loops over real random selections: what is given is counted exactly, what is not is
bounded, and never from below."""

import random
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from mask_pairs import needs
from mask_walk import ENERGIES, MACHINE, Walk, mapping_of, tiles_of

from flat_plugin.api import estimate
from flat_plugin.model.layer import Setting, attention_estimate
from flat_plugin.model.masked import masked_layer
from flat_plugin.model.operator import evaluate_operator
from flat_plugin.workload.attention import Attention
from flat_plugin.workload.blocks import Blocks
from flat_plugin.workload.mask import Mask, parse_mask
from flat_plugin.workload.selection import Select

FLOWS = ("held", "grouped", "unfused", "streamed", "online")


def machine(block):
    """DRAM that is read by rows of so many words."""
    dram = replace(MACHINE.memories[0], block_size=block)
    return replace(MACHINE, memories=(dram, *MACHINE.memories[1:]))


class Gathering(Walk):
    """The walk of selections: keys and values come as whole rows of DRAM, and an index for each choice."""

    def __init__(self, layer, flow, rows, chunk, block, **buffer):
        self.block, self.widths = block, {"K": layer.head_dim, "V": layer.value_dim}
        super().__init__(layer, flow, rows, chunk, **buffer)
        pairs = sum(
            needs(layer.mask, layer.queries, layer.keys, m, n)
            for m in range(layer.queries)
            for n in range(layer.keys)
        )
        each = 2 * (1 if flow == "grouped" else layer.group)  # for K and V, for query heads one by one
        self._add("indices", layer.batch * layer.kv_heads * each * pairs, ("DRAM", "reads"))

    def _add(self, tensor, words, *places):
        for place in places:
            read = words
            if tensor in self.widths and place == ("DRAM", "reads"):
                width = self.widths[tensor]
                read = words // width * -(-width // self.block) * self.block
            super()._add(tensor, read, place)


def estimated(layer, mapping, block):
    hardware = machine(block)
    widest = masked_layer(layer, hardware, mapping, ENERGIES).widest
    results = [evaluate_operator(e, hardware, mapping[e.name], ENERGIES) for e in widest.einsums()]
    return attention_estimate("layer", layer, hardware, mapping, results, ENERGIES, Setting())


def words_of(answer):
    return {
        (tensor, level, kind): words
        for tensor, moved in answer.traffic.items()
        for number, level in enumerate(("DRAM", "Buffer"))
        for kind, words in zip(("reads", "writes"), moved.level(number), strict=True)
        if words
    }


@st.composite
def cases(draw):
    queries, keys = draw(st.integers(1, 9)), draw(st.integers(1, 9))
    kv, group = draw(st.integers(1, 2)), draw(st.integers(1, 3))
    causal, side = draw(st.booleans()), draw(st.integers(0, 9))
    structure = draw(st.sampled_from((Mask(), Mask(causal=True), Mask(causal, (side, side)))))
    chosen, together = draw(st.integers(1, 6)), draw(st.sampled_from((1, 1, 2, 3)))
    chance = random.Random(draw(st.integers(0, 9999)))
    lines = [["0"] * keys for _ in range(queries)]
    for first in range(0, queries, together):
        rows = range(first, min(first + together, queries))
        seen = [n for n in range(keys) if any(needs(structure, queries, keys, m, n) for m in rows)]
        for n in chance.sample(seen, min(chosen, len(seen))):
            for m in rows:
                lines[m][n] = "01"[needs(structure, queries, keys, m, n)]
    pattern = Blocks(1, 1, tuple("".join(line) for line in lines))
    sizes = (
        draw(st.integers(1, 2)),
        kv * group,
        queries,
        keys,
        draw(st.integers(1, 5)),
        draw(st.integers(1, 5)),
    )
    exact = Attention(*sizes, kv, Mask(blocks=pattern, select=Select(None)))
    assume(exact.needed_scores)
    bound = replace(exact, mask=replace(structure, select=Select(chosen, together)))
    rows = draw(st.integers(1, queries))
    if queries % rows:
        rows = 1  # Timeloop counts the last of three tiles as a whole one
    return exact, bound, draw(st.sampled_from(FLOWS)), rows, draw(st.sampled_from((1, 2, 4, 8)))


@settings(max_examples=1500, deadline=None, suppress_health_check=(HealthCheck.too_slow,))
@given(cases())
def check_given(case):
    layer, _, flow, rows, block = case
    chunk = 1 if flow in ("streamed", "online") else None
    answer = estimated(layer, mapping_of(layer, flow, rows, chunk), block)
    walk = Gathering(layer, flow, rows, chunk, block)
    work = answer.operators
    assert {name: work[name].computes for name in ("logit", "attend")} == {
        name: walk.work[name] for name in ("logit", "attend")
    }
    assert work["softmax"].energy["SoftmaxUnit", "compute"] == walk.work["softmax"]
    assert words_of(answer) == pytest.approx({place: n for place, n in walk.words.items() if n}, abs=1e-6)


@settings(max_examples=1500, deadline=None, suppress_health_check=(HealthCheck.too_slow,))
@given(cases())
def check_bound(case):
    exact, layer, flow, rows, block = case
    chunk = 1 if flow in ("streamed", "online") else None
    answer = estimated(layer, mapping_of(layer, flow, rows, chunk), block)
    structure = replace(layer, mask=replace(layer.mask, select=None))
    tiles = [keys for _, keys in tiles_of(structure, rows)]
    select, most = layer.mask.select, []
    for first, keys in zip(range(0, layer.queries, rows), tiles, strict=True):
        choices = {m // select.together for m in range(first, min(first + rows, layer.queries))}
        most.append(min(len(keys), select.keys * len(choices)))
    room, seen = max(most), len(set().union(*tiles)) if len(tiles) > 1 else 0
    walk = Gathering(exact, flow, rows, chunk or room, block, room=room, seen=seen)
    assert layer.needed_scores >= exact.needed_scores
    for name in ("logit", "attend"):
        assert answer.operators[name].computes >= walk.work[name]
    assert answer.operators["softmax"].energy["SoftmaxUnit", "compute"] >= walk.work["softmax"]
    found = words_of(answer)
    if layer.mask.select.together > 1:
        del walk.words["indices", "DRAM", "reads"]  # queries that choose together have one list of them
    for place, words in walk.words.items():
        assert found.get(place, 0) >= words - 1e-6, place
    limits = answer.limits
    assert limits.compulsory_dram_words <= sum(
        n for (_, level, _), n in walk.words.items() if level == "DRAM"
    )


@pytest.mark.parametrize("part", range(2))
def test_given_selections_are_counted_exactly(part):
    check_given()


@pytest.mark.parametrize("part", range(2))
def test_a_bound_is_never_below_a_selection(part):
    check_bound()


@pytest.mark.parametrize(("text", "said"), [("causal,topk=64", True), ("topk=80", True), ("topk=63", False)])
def test_a_choice_of_all_keys_says_that_it_leaves_nothing_out(text, said):
    layer = Attention(1, 2, 64, 64, 16, mask=parse_mask(text))
    notes = estimate(layer, "edge", "flat-r8").notes
    assert any("leaves nothing out" in note for note in notes) is said
