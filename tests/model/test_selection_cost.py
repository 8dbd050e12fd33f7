"""The top-k unit's comparisons, indices and words, against quickselect on every input."""

import random
from functools import cache
from itertools import pairwise

import numpy as np
import pytest

import flat_plugin as flat
from flat_plugin.errors import FlatError
from flat_plugin.model.selection_cost import compared, gathered_indices, index_bits
from flat_plugin.workload.attention import Attention
from flat_plugin.workload.mask import mask_of

LAYER = "B=2,H=4,KV=2,M=24,N=24,D=8"
INDEXED = "causal,topk=4,index=3x8"


@cache
def expected(n, k):
    """Mean comparisons to find the k-th of n: all others with a pivot, then the part that has it."""
    if n <= 1:
        return 0.0
    parts = (
        (expected(p - 1, k) if k < p else expected(n - p, k - p)) if k != p else 0.0 for p in range(1, n + 1)
    )
    return n - 1 + sum(parts) / n


@pytest.mark.parametrize("n", [1, 2, 3, 7, 20, 64, 65, 150])
def test_comparisons_are_those_of_quickselect_on_average(n):
    for k in range(1, n):
        (found,) = compared(np.array([n]), np.array([k]))
        assert found == pytest.approx(expected(n, k) + n, rel=1e-9)
    assert compared(np.array([n]), np.array([n])) == n  # all pass by
    assert compared(np.array([n]), np.array([0])) == n


def test_more_scores_take_more_comparisons():
    seen = np.array([2**e for e in range(4, 31)])
    assert all(1.9 < b / a < 2.1 for a, b in pairwise(compared(seen, np.full(27, 7)).tolist()[4:]))


@pytest.mark.parametrize("seed", range(30))
def test_every_tile_reads_the_list_of_every_choice_that_it_takes_part_in(seed):
    chance = random.Random(seed)
    queries, keys, rows = chance.randint(1, 12), chance.randint(1, 12), chance.randint(1, 12)
    together, chosen = chance.choice((1, 2, 3)), chance.randint(1, 6)
    text = f"{chance.choice(('causal,', ''))}topk={chosen}:{together}"
    layer = Attention(2, 6, queries, keys, 4, kv_heads=3, mask=mask_of(text))
    count = 0
    for first in range(0, queries, rows):
        for group in {m // together for m in range(first, min(first + rows, queries))}:
            last = min(group * together + together, queries) - 1 + max(0, keys - queries)
            count += min(chosen, min(last + 1, keys) if "causal" in text else keys)
    assert gathered_indices(layer, rows) == 6 * count


def test_an_index_is_as_wide_as_it_must_be():
    widths = {
        (keys, text): index_bits(Attention(1, 1, 1, keys, 4, mask=mask_of(text)))
        for keys, text in (
            (1, "topk=1"),
            (2, "topk=1"),
            (3, "topk=1"),
            (4096, "topk=1"),
            (4096, "topk=16,page=16"),
        )
    }
    assert list(widths.values()) == [1, 1, 2, 12, 8]


def estimate(mask, lanes=4, **options):
    changes = {"topk_lanes": lanes} if lanes else None
    return flat.estimate(flat.parse_attention(LAYER), "edge", "flat-r8", mask=mask, set=changes, **options)


def test_scores_of_the_index_and_what_chooses_by_them_come_before_the_attention():
    plain, answer = estimate("causal,topk=4", None), estimate(INDEXED)
    names = ["index", "index_weights", "choose"]
    assert list(answer.operators) == [*names, *plain.operators]
    before = [answer.operators[name] for name in names]
    assert answer.cycles == pytest.approx(plain.cycles + sum(work.cycles for work in before))
    seen = [p + 1 for p in range(24)]  # keys of each query, of one choice a sequence
    choose = answer.operators["choose"]
    assert choose.traffic["choose.S"].dram_reads == 2 * sum(seen)
    assert choose.traffic["choose.indices"].dram_writes == 2 * sum(min(n, 4) for n in seen)
    operations = 2 * sum(n + (expected(n, 4) if n > 4 else 0) for n in seen)
    assert choose.busy["TopkUnit"] == -(-operations // 4)
    index = answer.operators["index"]
    assert answer.operators["index_weights"].computes == index.computes // 8
    assert index.computes >= 2 * sum(seen) * 3 * 8
    assert index.traffic["index.S"].dram_writes * 3 * 8 == index.computes


def test_every_head_of_keys_may_choose_for_itself():
    shared, own = (estimate(f"causal,topk=4,index={index}").operators for index in ("2x8", "8"))
    for name in ("index", "choose"):  # two heads of keys, whose groups have two query heads
        assert own[name].computes == 2 * shared[name].computes
    assert own["choose"].busy["TopkUnit"] == pytest.approx(2 * shared["choose"].busy["TopkUnit"], abs=2)


def test_pages_have_one_index_key_each():
    one, four = (estimate(f"topk=4,page={page},index=2x8").operators["index"] for page in (1, 4))
    assert one.computes == 4 * four.computes


def test_lanes_and_widths_count():
    usual, wide = estimate(INDEXED), estimate(INDEXED, 64)
    assert wide.operators["choose"].busy["TopkUnit"] * 15 < usual.operators["choose"].busy["TopkUnit"]
    narrow = estimate(INDEXED + ",index_bits=8")
    assert narrow.operators["index"].traffic["index.K"].bits == 8
    assert narrow.dram_bytes < usual.dram_bytes
    assert narrow.energy_pj < usual.energy_pj


def test_without_a_unit_a_choice_is_refused_and_given_indices_are_not():
    with pytest.raises(FlatError, match="no top-k unit"):
        estimate(INDEXED, None)
    notes = estimate("causal,topk=4", None).notes
    assert any("what chose them is not counted" in note for note in notes)
    assert any("a bound" in note for note in notes)
    assert estimate("causal,topk=4", None).to_dict()["scores"]["bound"]


def test_energy_of_a_comparison_is_that_of_the_unit():
    unit = flat.estimate(flat.parse_attention(LAYER), "edge", "base", mask=INDEXED, set={"topk_lanes": 4})
    choose = unit.operators["choose"]
    each = choose.energy["TopkUnit", "compute"] / sum(
        2 * (n + (expected(n, 4) if n > 4 else 0)) for n in range(1, 25)
    )
    assert 0.001 < each < 0.1  # pJ: a comparator of 16 bits at 45 nm


@pytest.mark.parametrize("flow", ["base", "flat-r8", "flat-h"])
@pytest.mark.parametrize("structure", ["causal", "causal,window=9", "window=5:3,global=2"])
def test_who_chooses_all_keys_moves_and_computes_what_the_mask_does(flow, structure):
    """But for the indices: keys of 8 words fill rows of DRAM."""
    layer = flat.parse_attention(LAYER)
    plain = flat.estimate(layer, "edge", flow, mask=structure)
    chosen = flat.estimate(layer, "edge", flow, mask=f"{structure},topk=24")
    assert {name: work.computes for name, work in chosen.operators.items() if name != "indices"} == {
        name: work.computes for name, work in plain.operators.items()
    }
    moved = dict(chosen.traffic)
    assert moved.pop("indices").dram_reads > 0
    assert moved == plain.traffic
    assert chosen.scores == plain.scores


def test_first_keys_come_in_as_whole_rows():
    """Keys of 9 words take three rows of four words each: a third more than theirs."""
    layer = flat.Attention(1, 1, 4, 64, 9)
    plain, chosen = (
        flat.estimate(layer, "edge", "flat-h", softmax="free", mask=m) for m in ("full", "topk=64")
    )
    edge = flat.find_architecture("edge").memories[0].shared_bandwidth
    first = chosen.cycles - max(chosen.busy.values()) - (plain.cycles - max(plain.busy.values()))
    assert first == pytest.approx(64 * (12 - 9) / edge)
    assert chosen.traffic["K"].dram_reads == 64 * 12
