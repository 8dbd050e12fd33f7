"""The iterations that a mask makes of a small layer, and their sums, written out by hand."""

from flat_plugin.mapspace.masked.iterations import (
    KEYS,
    NEW,
    NEW_TILES,
    ONE,
    ROWS,
    SCORES,
    SUMS,
    TILES,
    Iterations,
    blocks_of,
    iterations_of,
    without_rows_that_differ,
)
from flat_plugin.workload import Attention
from flat_plugin.workload.mask import mask_of


def layer(mask: str, queries: int = 8, keys: int = 8, heads: int = 1, kv_heads: int = 1) -> Attention:
    return Attention(1, heads, queries, keys, 8, kv_heads=kv_heads, mask=mask_of(mask))


def sums(iterations: Iterations, block: int) -> tuple[list[float], list[float]]:
    one, several = iterations.parts(block)
    return one.tolist(), several.tolist()


def test_tiles_of_rows_touch_more_and_more_keys() -> None:
    found = iterations_of(layer("causal"), 2, 1)
    assert found.kinds.keys.tolist() == [2, 4, 6, 8] and found.kinds.rows.tolist() == [2] * 4
    assert (found.rows, found.queries, found.keys, found.passes, found.heads) == (2, 8, 8, 1, 1)
    assert not found.alike and found.indices == 0
    assert (found.common_keys, found.common_rows) == (2, 2)


def test_sums_are_apart_for_those_of_one_tile_of_keys() -> None:
    assert tuple(range(SUMS)) == (ONE, ROWS, KEYS, SCORES, TILES, NEW, NEW_TILES)
    found = iterations_of(layer("causal"), 2, 1)  # of 2, 4, 6 and 8 keys, two of them new each time
    assert sums(found, 4) == ([2, 4, 6, 12, 6, 4, 4], [2, 4, 14, 28, 14, 4, 4])
    assert sums(found, 1) == ([0] * SUMS, [4, 8, 20, 40, 20, 8, 8])
    assert sums(found, 8) == ([4, 8, 20, 40, 20, 8, 8], [0] * SUMS)


def test_tiles_that_touch_the_same_keys_are_one_iteration_of_more_rows() -> None:
    """In chunks of 4: rows 0 to 3 need keys 0 to 3, rows 4 to 7 the others."""
    found = iterations_of(layer("chunk=4:0"), 2, 1)
    assert found.kinds.rows.tolist() == [4, 4] and found.kinds.keys.tolist() == [4, 4]
    assert sums(found, 4)[0] == [2, 8, 8, 32, 16, 8, 16]  # two tiles of rows come to every key


def test_scores_of_longer_iterations() -> None:
    found = iterations_of(layer("causal"), 2, 1)
    assert [found.scores(keys, 0) for keys in (0, 2, 4, 8)] == [40, 36, 28, 0]


def test_last_rows_that_are_few_are_no_longer_ones() -> None:
    """Tiles of 4 rows of 5: the last has one row, less than half of them."""
    found = iterations_of(layer("causal", 5, 5), 4, 1)
    assert found.kinds.rows.tolist() == [4, 1] and found.scores(0, 0) == 4 * 4


def test_a_mask_that_leaves_one_tile_is_alike() -> None:
    found = iterations_of(layer("causal"), 8, 1)
    assert found.alike and sums(found, 8)[0] == [1, 8, 8, 64, 8, 8, 8]


def test_heads_of_a_group_come_one_after_the_other() -> None:
    once = iterations_of(layer("causal", heads=4), 2, 1)
    twice = iterations_of(layer("causal", heads=4), 2, 2)
    assert (once.heads, twice.heads, twice.passes) == (4, 2, 2)
    assert sums(twice, 8)[0][SCORES] == 2 * sums(once, 8)[0][SCORES]


def test_chosen_keys_have_indices() -> None:
    assert iterations_of(layer("topk=2:1"), 2, 1).indices == 8 * 2
    assert iterations_of(layer("topk=2:2"), 2, 1).indices == 8 // 2 * 2


def test_rows_of_the_same_keys_are_a_dense_layer_of_these() -> None:
    step = without_rows_that_differ(layer("causal,window=4", 1, 64))
    assert step.mask.full and (step.queries, step.keys) == (1, 4)
    for mask in ("full", "causal", "topk=2:1"):
        assert without_rows_that_differ(layer(mask)) == layer(mask)


def test_one_tile_of_all_keys_is_enough() -> None:
    assert blocks_of([8, 1, 4, 2], 3) == [1, 2, 4]
    assert blocks_of([8, 1, 4, 2], 4) == [1, 2, 4]
    assert blocks_of([1, 2], 4) == [1, 2]


def test_rows_that_are_alike_are_one_iteration_of_all_heads() -> None:
    """Which of the heads of a group follow each other is left to the nest, as without a mask."""
    found = iterations_of(layer("full", heads=4, kv_heads=2), 2, 2)
    assert found.alike and (found.passes, found.heads) == (1, 2)
    assert (found.kinds.rows.tolist(), found.kinds.times.tolist()) == ([8], [1])
