"""What tiles of rows touch of chosen keys: by hand, and against every choice that there is."""

from itertools import combinations, permutations, product

import numpy as np
import pytest

from flat_plugin.errors import FlatError
from flat_plugin.workload.attention import Attention
from flat_plugin.workload.mask import Mask, mask_of
from flat_plugin.workload.selection import Select
from flat_plugin.workload.touched_selection import (
    choices_of,
    is_bound,
    least_selected,
    needed_selected,
    selected_by,
)
from flat_plugin.workload.unions import Unions


def touched(text, rows, queries=8, keys=8):
    found = mask_of(text).tiles(queries, keys, rows)
    return found.rows.tolist(), found.keys.tolist(), found.every


def test_rows_touch_at_most_what_they_choose_and_what_they_may_see():
    assert touched("topk=3", 1) == ([1] * 8, [3] * 8, 8)  # all rows together see 8
    assert touched("topk=3", 2) == ([2] * 4, [6] * 4, 8)
    assert touched("topk=3", 4) == ([4] * 2, [8] * 2, 8)
    assert touched("causal,topk=3", 2) == ([2] * 4, [2, 4, 6, 6], 8)
    assert touched("topk=3:tile", 4) == ([4] * 2, [3] * 2, 6)
    assert touched("topk=3:4", 2) == ([2] * 4, [3] * 4, 8)
    assert touched("topk=3:4", 8) == ([8], [6], 6)
    assert touched("causal,topk=4,page=4", 1) == ([1] * 8, [4] * 8, 8)
    assert touched("causal,topk=4,page=4", 2, keys=10, queries=10)[1] == [4, 4, 8, 8, 8]


def test_only_what_is_not_known_is_a_bound():
    assert is_bound(mask_of("causal,topk=3"), 8, 8, 2)
    assert not is_bound(mask_of("causal,topk=3"), 8, 8, 1)
    assert not is_bound(mask_of("causal,topk=8"), 8, 8, 8)  # every query chooses all
    assert not is_bound(mask_of("causal,topk=3:tile"), 8, 8, 4)
    assert not is_bound(mask_of("causal"), 8, 8, 4)


def test_needed_scores_are_those_of_the_chosen_keys():
    def needed(text):
        return mask_of(text).needed(8, 8)

    assert needed("topk=3") == 24
    assert needed("causal,topk=3") == 1 + 2 + 6 * 3
    assert needed("causal,topk=100") == needed("causal") == 36
    assert needed("causal,window=2,topk=3") == needed("causal,window=2")
    assert needed("causal,topk=4,page=4") == 8 * 4


def test_no_limit_takes_rows_to_choose_different_keys():
    layer = Attention(1, 1, 8, 8, 4, mask=mask_of("causal,topk=3"))
    assert (layer.needed_keys, layer.needed_rows, layer.least_scores) == (3, 8, 21)
    together = Attention(1, 1, 8, 8, 4, mask=mask_of("causal,topk=3:4"))
    assert (together.needed_keys, together.needed_rows, together.least_scores) == (3, 2, 6)


def all_choices(seen, chosen, together):
    """Every way in which queries choose: of each query the keys that are chosen and that it sees."""
    groups = [seen[first : first + together] for first in range(0, len(seen), together)]
    ways = []
    for group in groups:
        visible = range(max(group))
        found = combinations(visible, min(chosen, len(visible)))
        ways.append([(frozenset(each),) * len(group) for each in found])
    parts = [frozenset(range(each)) for each in seen]
    chosen_by = (sum(way, ()) for way in product(*ways))
    return [tuple(key & part for key, part in zip(way, parts, strict=True)) for way in chosen_by]


def unions(choice, rows):
    return [frozenset().union(*choice[first : first + rows]) for first in range(0, len(choice), rows)]


@pytest.mark.parametrize("rows", [1, 2, 3, 4])
@pytest.mark.parametrize("together", [1, 2])
@pytest.mark.parametrize("causal", [True, False])
def test_no_choice_touches_more_and_one_touches_as_much(rows, together, causal):
    text = f"topk=2:{together}" if together > 1 else "topk=2"
    mask = mask_of(f"causal,{text}" if causal else text)
    found = selected_by(mask, 4, 4, rows)
    seen = [1, 2, 3, 4] if causal else [4] * 4
    tiles = [unions(choice, rows) for choice in all_choices(seen, 2, together)]
    count = len(tiles[0])
    assert found.keys.tolist() == [max(len(each[i]) for each in tiles) for i in range(count)]
    so_far = [max(len(frozenset().union(*each[: i + 1])) for each in tiles) for i in range(count)]
    assert (np.cumsum(found.fresh) >= so_far).all()
    if together == 1:
        assert np.cumsum(found.fresh).tolist() == so_far
    for i in range(1, count):
        assert found.kept[i] <= min(len(each[i] & each[i - 1]) for each in tiles)
        assert not found.same[i] or all(each[i] == each[i - 1] for each in tiles)
    if not is_bound(mask, 4, 4, rows):
        assert len({tuple(map(len, each)) for each in tiles}) == 1


@pytest.mark.parametrize("rows", [1, 2, 3])
@pytest.mark.parametrize("causal", [True, False])
def test_scores_of_keys_alone_are_one_order_for_all_queries(rows, causal):
    """Of every order of the keys, each query takes the first two that it sees."""
    mask = mask_of(f"{'causal,' if causal else ''}topk=2,index=keysx8")
    found = selected_by(mask, 4, 4, rows)
    seen = [1, 2, 3, 4] if causal else [4] * 4
    tiles = []
    for order in permutations(range(4)):
        chosen = [frozenset([key for key in order if key < each][:2]) for each in seen]
        tiles.append(unions(chosen, rows))
    count = len(tiles[0])
    assert found.keys.tolist() == [max(len(each[i]) for each in tiles) for i in range(count)]
    for i in range(1, count):
        assert found.kept[i] <= min(len(each[i] & each[i - 1]) for each in tiles)
        assert found.same[i] == all(each[i] == each[i - 1] for each in tiles)
    assert is_bound(mask, 4, 4, rows) == (causal and rows > 1)


def test_choices_of_queries_that_choose_together():
    one = choices_of(mask_of("causal,topk=2"), 5, 5, 1)
    assert (one.seen.tolist(), one.chosen.tolist(), one.rows.tolist()) == (
        [1, 2, 3, 4, 5],
        [1, 2, 2, 2, 2],
        [1] * 5,
    )
    two = choices_of(mask_of("causal,topk=2:2"), 5, 5, 2)
    assert (two.seen.tolist(), two.chosen.tolist(), two.rows.tolist()) == ([2, 4, 5], [2, 2, 2], [2, 2, 1])
    assert needed_selected(mask_of("causal,topk=2:2"), 5, 5) == 10


@pytest.mark.parametrize(("text", "together"), [("causal,topk=2", 1), ("topk=2", 1), ("causal,topk=2:2", 2)])
def test_no_selection_needs_less(text, together):
    """The fewest keys that all queries need, and their scores, over every choice.

    Where queries choose together, one of them may be the only one that sees what they choose.
    """
    least = least_selected(mask_of(text), 4, 4)
    seen = [1, 2, 3, 4] if text.startswith("causal") else [4] * 4
    visible = all_choices(seen, 2, together)
    assert least.keys == min(len(frozenset().union(*way)) for way in visible)
    assert least.scores <= min(sum(map(len, way)) for way in visible)
    assert least.rows <= min(sum(map(bool, way)) for way in visible)
    if together == 1:
        assert (least.scores, least.rows) == (min(sum(map(len, way)) for way in visible), 4)


def test_the_last_page_may_be_a_part_of_one():
    """Ten keys are pages of 4, 4 and 2: the least that a page holds is 2."""
    assert least_selected(mask_of("topk=4,page=4"), 3, 10).keys == 2
    assert least_selected(mask_of("topk=4,page=4"), 3, 12).keys == 4
    assert least_selected(mask_of("topk=12,page=4"), 3, 10).keys == 10


def traced(*keys, rows=2):
    """Of 8 causal queries that choose 3 keys each, so many keys of every tile."""
    unions = Unions("unions.csv", ((rows, keys),))
    return Mask(causal=True, select=Select(3, unions=unions))


def test_a_trace_says_what_a_tile_touches():
    mask, plain = traced(2, 4, 5, 3), mask_of("causal,topk=3")
    assert mask.tiles(8, 8, 2).keys.tolist() == [2, 4, 5, 3]
    assert mask.tiles(8, 8, 4).keys.tolist() == plain.tiles(8, 8, 4).keys.tolist() == [4, 8]
    assert (is_bound(mask, 8, 8, 2), is_bound(mask, 8, 8, 4)) == (False, True)
    assert mask.needed(8, 8) == plain.needed(8, 8)


@pytest.mark.parametrize("keys", [(2, 3, 3, 3), (2, 4, 6, 6)])
def test_the_fewest_and_the_most_that_a_trace_may_have(keys):
    """Rows 0 and 1 see 1 and 2 keys, which they all choose; others as few as one chooses, as many as both."""
    assert traced(*keys).tiles(8, 8, 2).keys.tolist() == list(keys)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ((2, 4, 5), r"rows 2: wrong number of tiles \(got 3\); expected 4 for 8 queries"),
        ((2, 4, 7, 3), r"rows 2: tile 2 cannot have so many \(got 7\); expected 3 to 6 keys"),
        ((2, 4, 2, 3), r"rows 2: tile 2 cannot have so many \(got 2\); expected 3 to 6 keys"),
        ((1, 4, 5, 3), r"rows 2: tile 0 cannot have so many \(got 1\); expected 2 keys"),
    ],
)
def test_a_trace_of_other_choices(keys, said):
    with pytest.raises(FlatError, match=said):
        traced(*keys).tiles(8, 8, 2)


def test_windows_may_have_queries_that_need_other_keys():
    """Behind a window of 3 every query sees its own keys; the least of those together is one of them."""
    together = least_selected(mask_of("window=1:1,topk=2:4"), 4, 4)
    assert (together.keys, together.rows, together.scores) == (2, 1, 2)
    alone = least_selected(mask_of("window=1:1,topk=2"), 4, 4)
    assert (alone.keys, alone.rows, alone.scores) == (2, 4, 8)
