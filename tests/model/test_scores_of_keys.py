"""Selection by scores of keys alone, against choices from random scores."""

import random

import numpy as np
import pytest

from flat_plugin import find_architecture
from flat_plugin.api import estimate
from flat_plugin.errors import FlatError
from flat_plugin.model.selection_cost import compared, gathered_indices
from flat_plugin.workload import Attention, parse_mask
from flat_plugin.workload.mask import mask_of


def unions(queries, keys, most, rows, causal, seed):
    """How many keys the rows of each tile choose together."""
    return [len(own) for own in chosen_sets(queries, keys, most, rows, causal, seed)]


def chosen_sets(queries, keys, most, rows, causal, seed):
    """Those keys."""
    scores = [random.Random(seed * 1000 + n).random() for n in range(keys)]
    start = max(0, keys - queries)
    chosen = []
    for m in range(queries):
        seen = range(min(m + start + 1, keys)) if causal else range(keys)
        chosen.append(set(sorted(seen, key=scores.__getitem__, reverse=True)[:most]))
    return [set().union(*chosen[first : first + rows]) for first in range(0, queries, rows)]


@pytest.mark.parametrize("seed", range(40))
def test_no_tile_chooses_more_than_is_counted(seed):
    draw = random.Random(seed)
    queries, keys, most = draw.randint(1, 20), draw.randint(1, 20), draw.randint(1, 12)
    rows, causal = draw.randint(1, queries), draw.random() < 0.7
    mask = mask_of(f"{'causal,' * causal}topk={most},index=keysx8")
    counted = mask.tiles(queries, keys, rows).keys.tolist()
    found = unions(queries, keys, most, rows, causal, seed)
    assert all(ours >= theirs for ours, theirs in zip(counted, found, strict=True))
    if not causal or rows == 1:
        assert counted == found


@pytest.mark.parametrize("seed", range(40))
def test_what_stays_from_tile_to_tile_is_there(seed):
    """No tile fetches more than is counted, if the keys of the tile before are still there."""
    draw = random.Random(seed)
    queries, keys, most = draw.randint(1, 20), draw.randint(1, 20), draw.randint(1, 12)
    rows, causal = draw.randint(1, queries), draw.random() < 0.7
    tiles = mask_of(f"{'causal,' * causal}topk={most},index=keysx8").tiles(queries, keys, rows)
    counted = (tiles.keys - tiles.kept).tolist()
    sets = chosen_sets(queries, keys, most, rows, causal, seed)
    found = [len(own - before) for before, own in zip([set(), *sets], sets, strict=False)]
    assert all(ours >= theirs for ours, theirs in zip(counted, found, strict=True))
    if not causal:
        assert counted == found


def test_without_a_mask_the_chosen_keys_are_fetched_once():
    layer = Attention(1, 4, 64, 64, 16, kv_heads=2, mask=parse_mask("topk=8,index=keysx16"))
    for dataflow in ("base", "flat-r8"):
        answer = estimate(layer, find_architecture("edge"), dataflow, set={"topk_lanes": 4})
        assert answer.traffic["K"].buffer_writes == answer.traffic["V"].buffer_writes == 2 * 8 * 16


def test_what_a_layer_takes():
    """Every key is scored once; the first query chooses, later ones compare one key with the chosen ones."""
    layer = Attention(1, 4, 64, 64, 16, kv_heads=2, mask=parse_mask("causal,topk=8,index=keysx16"))
    answer = estimate(layer, find_architecture("edge"), "flat-r8", set={"topk_lanes": 4})
    assert answer.operators["index"].computes == 2 * 64 * 16
    counts = [compared_one(1, 1), *(min(n, 8) for n in range(2, 65))]
    assert answer.operators["choose"].cycles >= 2 * sum(counts) / 4
    written = answer.operators["choose"].traffic["choose.indices"].level(0)[1]
    assert written == 2 * 64  # one key comes with each query
    assert gathered_indices(layer, 8) == 2 * (8 + 7 * (8 + 7))


def compared_one(seen, chosen):
    return float(compared(np.array([seen]), np.array([chosen]))[0])


def test_a_step_of_decoding_scores_the_new_keys():
    layer = Attention(1, 4, 1, 64, 16, kv_heads=2, mask=parse_mask("causal,topk=8,index=keysx16"))
    answer = estimate(layer, "edge", "flat-r", set={"topk_lanes": 4})
    assert answer.operators["index"].computes == 2 * 16
    assert answer.operators["choose"].traffic["choose.S"].level(0)[0] == 2 * 64


def test_all_queries_choose_the_same_without_a_mask():
    mask = mask_of("topk=8,index=keysx16")
    assert mask.tiles(64, 64, 16).keys.tolist() == [8] * 4
    assert str(mask) == "topk=8,index=keysx16"


@pytest.mark.parametrize(
    "text",
    [
        "window=8,topk=4,index=keysx8",
        "causal,chunk=8,topk=4,index=keysx8",
        "causal,prefix=2,topk=4,index=keysx8",
        "causal,topk=4:tile,index=keysx8",
        "causal,topk=4:2,index=keysx8",
        "causal,topk=4,page=2,index=keysx8",
        "causal,topk=4,index=keysx0",
    ],
)
def test_what_changes_the_choice_otherwise_is_refused(text):
    with pytest.raises(FlatError):
        mask_of(text)
