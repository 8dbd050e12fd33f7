"""What tiles of rows touch of the keys under a mask: how many, and how many the tile before touches too."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from flat_plugin.workload.blocks import Blocks
from flat_plugin.workload.mask import Mask
from flat_plugin.workload.spans import Array, Spans


@dataclass(frozen=True)
class Touched:
    """Tiles of rows in order, one entry a tile; a key is touched where at least one row needs it.

    Attributes:
        rows: of the tile; the last one may be smaller.
        keys: that the tile touches.
        kept: of these, those that the tile before touches as well; 0 of the first.
        same: whether the tile touches just what the one before does.
        every: keys that any tile touches.
        around: keys of the first tile that the last one touches as well.
    """

    rows: Array  # [tiles]
    keys: Array  # [tiles]
    kept: Array  # [tiles]
    same: Array  # [tiles], bool
    every: int
    around: int

    @property
    def scores(self) -> int:
        """Scores of all tiles, each of its rows against each of its keys."""
        return int((self.rows * self.keys).sum())


@lru_cache(maxsize=64)
def touched_by(mask: Mask, queries: int, keys: int, rows: int) -> Touched:
    """What tiles of ``rows`` rows touch, in order."""
    first = np.arange(0, queries, rows, dtype=np.int64)
    last = np.minimum(first + rows, queries)
    if mask.blocks:
        return _of_blocks(mask.blocks, first, last, keys)
    spans, rows_of = _spans(mask, first, last - 1, queries, keys), last - first
    kept, same = np.zeros(len(first), np.int64), np.zeros(len(first), dtype=bool)
    kept[1:] = spans[1:].common(spans[:-1])
    same[1:] = (kept == spans.keys)[1:] & (spans.keys[1:] == spans.keys[:-1])
    around = int(spans[:1].common(spans[-1:])[0])
    return Touched(rows_of, spans.keys, kept, same, spans.union(), around)


def needed_scores(mask: Mask, queries: int, keys: int) -> int:
    """Pairs of a query and a key that are needed.

    Between few places the number of a row's keys is linear in the row.
    """
    if mask.blocks:
        return int(_sides(queries, mask.blocks.rows) @ _table(mask.blocks) @ _sides(keys, mask.blocks.keys))
    begin = mask.begin(queries, keys)
    left, right = mask.window or (0, 0)
    heads = (0, mask.sinks, mask.tokens, keys)
    places = {p + shift for p in heads for shift in (0, left, -right)} | {keys + left, keys - right}
    near = {p + step - begin for p in places for step in (-1, 0, 1)}
    cuts = sorted({0, queries, *(p for p in near if 0 < p < queries)})
    first, last = np.array(cuts[:-1], np.int64), np.array(cuts[1:], np.int64) - 1
    ends = [_spans(mask, rows, rows, queries, keys).keys.tolist() for rows in (first, last)]
    lengths = (last - first + 1).tolist()
    return sum((a + b) * n // 2 for a, b, n in zip(*ends, lengths, strict=True))


def _spans(mask: Mask, first: Array, last: Array, queries: int, keys: int) -> Spans:
    """The keys that rows from ``first`` up to ``last`` (which is one of them) need.

    Rows follow each other by one, so what their windows reach together has no gaps.
    """
    begin = mask.begin(queries, keys)
    first, last = first + begin, last + begin
    reach = np.minimum(last + 1, keys) if mask.causal else np.full(len(first), keys, np.int64)
    if mask.window is None:
        return Spans(reach, reach, reach)
    left, right = mask.window
    start, stop = np.clip(first - left, 0, keys), np.minimum(last + 1 + right, keys)
    head = np.minimum(max(mask.sinks, mask.tokens), reach)
    if mask.tokens:
        whole = np.minimum(np.minimum(last, mask.tokens - 1) + 1, keys) if mask.causal else reach
        head = np.where(first < mask.tokens, np.maximum(head, whole), head)
    return Spans.of(head, start, stop)


def _of_blocks(blocks: Blocks, first: Array, last: Array, keys: int) -> Touched:
    """What tiles of rows touch, from ``first`` to before ``last``."""
    table, wide = _table(blocks), _sides(keys, blocks.keys)
    pairs, which = _distinct(first // blocks.rows, (last - 1) // blocks.rows + 1)
    sums = np.concatenate((np.zeros((1, table.shape[1]), np.int64), table.cumsum(axis=0)))
    hit = sums[pairs[1]] > sums[pairs[0]]  # [distinct tiles, blocks along the keys]
    (before, after), step = _distinct(which[:-1], which[1:])
    kept, same = np.zeros(len(first), np.int64), np.zeros(len(first), dtype=bool)
    kept[1:] = ((hit[before] & hit[after]) @ wide)[step]
    same[1:] = (hit[before] == hit[after]).all(axis=1)[step]
    around = int((hit[which[0]] & hit[which[-1]]) @ wide)
    return Touched(last - first, (hit @ wide)[which], kept, same, int(hit.any(axis=0) @ wide), around)


def _distinct(one: Array, other: Array) -> tuple[Array, Array]:
    """[2, distinct pairs], and which of them each is."""
    pairs, which = np.unique(np.stack((one, other)), axis=1, return_inverse=True)
    return pairs, which.reshape(-1)


def _table(blocks: Blocks) -> Array:
    """[rows of blocks, blocks along the keys]: 1 where needed."""
    text = np.frombuffer("".join(blocks.pattern).encode(), np.uint8)
    return (text == ord("1")).reshape(len(blocks.pattern), -1).astype(np.int64)


def _sides(length: int, side: int) -> Array:
    """Lengths of the blocks along one side; the last one may be cut off."""
    count = -(-length // side)
    sides = np.full(count, side, np.int64)
    sides[-1] = length - side * (count - 1)
    return sides
