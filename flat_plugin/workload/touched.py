"""What tiles of rows touch of the keys under a mask: how many, and how many the tile before touches too."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from flat_plugin.distinct import distinct_columns
from flat_plugin.errors import FlatError
from flat_plugin.workload.blocks import Blocks
from flat_plugin.workload.key_spans import Array, Spans
from flat_plugin.workload.mask import Mask

MOST_EXACT = (1 << 63) - 1  # of sums of 64 bits
MOST_ENTRIES = 1 << 22  # of tiles of rows: what arrays of them take stays below a gigabyte


@dataclass(frozen=True)
class Touched:
    """Tiles of rows that touch a key, in order; a key is touched where at least one row needs it. Tiles whose
    rows need none are left out. An entry stands for ``times`` tiles that follow each other and are alike.

    Attributes:
        rows: of the tile; the last one may be smaller.
        keys: that the tile touches.
        kept: of these, those that the tile before touches as well; 0 of the first.
        fresh: of the keys, those that no tile before touches.
        same: whether the tile touches just what the one before does.
        times: how many such tiles follow each other.
        around: keys of the first tile that the last one touches as well.
    """

    rows: Array  # [entries]
    keys: Array  # [entries]
    kept: Array  # [entries]
    fresh: Array  # [entries]
    same: Array  # [entries], bool
    times: Array  # [entries]
    around: int

    @property
    def every(self) -> int:
        """Keys that any tile touches."""
        return int((self.fresh * self.times).sum())

    @property
    def scores(self) -> int:
        """Scores of all tiles, each of its rows against each of its keys."""
        return int((self.rows * self.keys * self.times).sum())


@lru_cache(maxsize=4)  # arrays of up to four million entries each
def touched_by(mask: Mask, queries: int, keys: int, rows: int) -> Touched:
    """What tiles of ``rows`` rows touch, in order.

    Raises:
        FlatError: more than 2^22 entries are needed.
    """
    if mask.blocks:
        check_entries(-(-queries // rows))
        first = np.arange(0, queries, rows, dtype=np.int64)
        return _of_blocks(mask.blocks, first, np.minimum(first + rows, queries), keys)
    if mask.select and mask.select.page > 1:  # in whole pages nothing is linear in the row
        check_entries(-(-queries // rows))
        tiles = np.arange(-(-queries // rows))
        times = np.ones_like(tiles)
    else:
        tiles, times = _entries(mask, queries, keys, rows)
    spans = _of_tiles(mask, tiles, queries, keys, rows)
    some = spans.keys > 0
    spans, times = spans[some], times[some]
    rows_of = np.minimum(queries - tiles * rows, rows)[some]
    if not len(rows_of):
        return _nothing()
    kept, same = np.zeros(len(rows_of), np.int64), np.zeros(len(rows_of), dtype=bool)
    kept[1:] = spans[1:].common(spans[:-1])
    same[1:] = (kept == spans.keys)[1:] & (spans.keys[1:] == spans.keys[:-1])
    fresh, around = spans.fresh(), int(spans[:1].common(spans[-1:])[0])
    several = np.flatnonzero(times > 1)
    for values in (kept, same, fresh):  # the entry behind several tiles comes after one like itself
        values[several + 1] = values[several]
    return Touched(rows_of, spans.keys, kept, fresh, same, times, around)


def keys_of_rows(mask: Mask, queries: int, keys: int, rows: int) -> Array:
    """[tiles]: keys that each tile of ``rows`` rows may touch, those without any included.

    Raises:
        FlatError: more than 2^22 tiles.
    """
    check_entries(-(-queries // rows))
    first = np.arange(0, queries, rows, dtype=np.int64)
    last = np.minimum(first + rows, queries)
    if mask.blocks:
        hit, which = _hit(mask.blocks, first, last)
        return np.asarray((hit @ _sides(keys, mask.blocks.keys))[which])
    return _spans(mask, first, last - 1, queries, keys).keys


def check_entries(count: int) -> None:
    """Raise where there are more tiles, none like the one before, than fit."""
    if count > MOST_ENTRIES:
        raise FlatError(
            "more tiles of rows than are counted one by one",
            path="mask",
            value=count,
            expected=f"at most {MOST_ENTRIES:,}: taller tiles, or no mask",
        )


def most_touched(mask: Mask, queries: int, keys: int, rows: int) -> int:
    """Keys of the tile of ``rows`` rows that touches most."""
    if mask.blocks:
        return int(touched_by(mask, queries, keys, rows).keys.max(initial=0))
    tiles = np.concatenate(_stretches_of_tiles(mask, queries, keys, rows))  # the most is at an end of one
    return int(_of_tiles(mask, tiles, queries, keys, rows).keys.max())


def _of_tiles(mask: Mask, tiles: Array, queries: int, keys: int, rows: int) -> Spans:
    """The keys that tiles of rows touch, by their numbers."""
    return _spans(mask, tiles * rows, np.minimum((tiles + 1) * rows, queries) - 1, queries, keys)


def _entries(mask: Mask, queries: int, keys: int, rows: int) -> tuple[Array, Array]:
    """Tiles of rows that stand for all, and for how many each stands.

    Where the tiles of a stretch touch as many keys, the second stands for all but the first and the last.
    """
    own, first, last = _stretches_of_tiles(mask, queries, keys, rows)
    one, other = (_of_tiles(mask, tiles, queries, keys, rows).keys for tiles in (first, last))
    alike = (one == other) & (last - first >= 3)
    check_entries(len(own) + int((last - first + 1)[~alike].sum()))
    counts = np.where(alike, 4, last - first + 2)  # with the own tile behind each stretch
    which = np.repeat(np.arange(len(counts)), counts)
    place = np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts, counts)
    first, last, alike = first[which], last[which], alike[which]
    tiles = np.where(alike & (place > 1), last + place - 2, first + place)
    times = np.where(alike & (place == 1), last - first - 1, 1)
    return np.concatenate((own[:1], tiles)), np.concatenate((np.ones(1, np.int64), times))


def _stretches_of_tiles(mask: Mask, queries: int, keys: int, rows: int) -> tuple[Array, Array, Array]:
    """Tiles near the places where something changes, and the first and last tile of the stretches between
    them, which may be empty: there, what a tile touches begins and ends linearly in its number."""
    begin, count = mask.begin(queries, keys), -(-queries // rows)
    near = (_places(mask, queries, keys) - begin) // rows + np.arange(-2, 3)[:, None]
    own = _within(near, 0, count)
    return own, own[:-1] + 1, own[1:] - 1


def _within(values: Array, first: int, stop: int) -> Array:
    """The ends of a range, and the values inside it, in order and once each."""
    inside = np.sort(values[(values > first) & (values < stop - 1)])  # unique() takes longer
    found = np.concatenate(([first], inside, [stop - 1]))
    return found[np.concatenate(([True], found[1:] != found[:-1]))]


def _nothing() -> Touched:
    none = np.zeros(0, np.int64)
    return Touched(none, none, none, none, none.astype(bool), none, 0)


def needed_scores(mask: Mask, queries: int, keys: int) -> int:
    """Pairs of a query and a key that are needed."""
    if mask.blocks:
        return int(_sides(queries, mask.blocks.rows) @ _table(mask.blocks) @ _sides(keys, mask.blocks.keys))
    one, other, rows = _stretches(mask, queries, keys)
    if 2 * queries * keys > MOST_EXACT:
        return sum(
            (a + b) * n // 2 for a, b, n in zip(*(x.tolist() for x in (one, other, rows)), strict=True)
        )
    return int(((one + other) * rows // 2).sum())


def needed_rows(mask: Mask, queries: int, keys: int) -> int:
    """Queries that need a key."""
    if mask.blocks:
        return int(_sides(queries, mask.blocks.rows) @ _table(mask.blocks).any(axis=1))
    one, other, rows = _stretches(mask, queries, keys)
    empty = np.where((one == 0) & (other == 0), rows, (one == 0).astype(np.int64) + (other == 0))
    return int((rows - empty).sum())


def _stretches(mask: Mask, queries: int, keys: int) -> tuple[Array, Array, Array]:
    """Keys of the first row, of the last, and number of rows, of stretches in which they grow evenly.

    Between few places the number of a row's keys is linear in the row, and is 0 at an end or throughout.
    """
    near = _places(mask, queries, keys) - mask.begin(queries, keys) + np.arange(-1, 2)[:, None]
    cuts = _within(near, 0, queries + 1)
    first, last = cuts[:-1], cuts[1:] - 1
    one, other = (_spans(mask, rows, rows, queries, keys).keys for rows in (first, last))
    return one, other, last - first + 1


def _places(mask: Mask, queries: int, keys: int) -> Array:
    """Positions between which what a row needs begins and ends linearly in the row.

    Raises:
        FlatError: more chunks than fit.
    """
    if mask.shared:
        return np.arange(0, queries + 1, queries // mask.shared[0])
    left, right = mask.window or (0, 0)
    heads = (0, mask.sinks, mask.tokens, mask.prefix, keys)
    places = np.array([p + shift for p in heads for shift in (0, left, -right)], np.int64)
    if mask.chunk is None:
        return places
    size, first = mask.chunk[0], mask.begin(queries, keys)
    check_entries(queries // size)
    chunks = np.arange((first - mask.tokens) // size, (first + queries - mask.tokens) // size + 2)
    return np.concatenate((places, mask.tokens + chunks * size))


def needed_pairs(mask: Mask, first: Array, last: Array, columns: Array, queries: int, keys: int) -> Array:
    """[stretches of rows, columns]: whether a row from ``first`` up to ``last`` needs the key."""
    if mask.blocks:
        table, sides = _table(mask.blocks), mask.blocks
        sums = np.concatenate((np.zeros((1, table.shape[1]), np.int64), table.cumsum(axis=0)))
        hit = sums[last // sides.rows + 1] > sums[first // sides.rows]
        return np.asarray(hit[:, columns // sides.keys])
    spans = _spans(mask, first, last, queries, keys)
    head, start, stop = (edge[:, None] for edge in (spans.head, spans.start, spans.stop))
    return np.asarray((columns < head) | ((columns >= start) & (columns < stop)))


def _spans(mask: Mask, first: Array, last: Array, queries: int, keys: int) -> Spans:
    """The keys that rows from ``first`` up to ``last`` (which is one of them) need.

    Rows follow each other by one, so what their windows reach together has no gaps.
    """
    if mask.shared:
        return _of_requests(mask, mask.shared, first, last, queries, keys)
    begin = mask.begin(queries, keys)
    first, last = first + begin, last + begin
    page = mask.select.page if mask.select else 1
    return _parts(mask, first, last, keys).paged(page, keys)


def _parts(mask: Mask, first: Array, last: Array, keys: int) -> Spans:
    """The keys of rows that stand at positions from ``first`` up to ``last``."""
    reach = np.minimum(last + 1, keys) if mask.causal else np.full(len(first), keys, np.int64)
    if mask.window is None and mask.chunk is None:
        reach = np.where(first < mask.prefix, np.maximum(reach, min(mask.prefix, keys)), reach)
        return Spans(reach, reach, reach)
    if mask.chunk:
        start, stop = _chunks(mask.chunk, first - mask.tokens, last - mask.tokens)
        start, stop = np.clip(start + mask.tokens, 0, keys), np.minimum(stop + mask.tokens, reach)
    else:
        left, right = mask.window or (0, 0)
        start, stop = np.clip(first - left, 0, keys), np.minimum(last + 1 + right, keys)
    head = np.minimum(max(mask.sinks, mask.tokens), reach)
    if mask.tokens:
        whole = np.minimum(np.minimum(last, mask.tokens - 1) + 1, keys) if mask.causal else reach
        head = np.where(first < mask.tokens, np.maximum(head, whole), head)
    return Spans.of(head, start, stop)


def _chunks(chunk: tuple[int, int], first: Array, last: Array) -> tuple[Array, Array]:
    """Where the keys of rows begin and end that need their own chunk and some before it; positions are those
    behind the global ones, before which there is no chunk."""
    size, before = chunk
    first, last = np.maximum(first, 0), np.maximum(last, -1)
    return (first // size - before) * size, (last // size + 1) * size


def _of_requests(
    mask: Mask, shared: tuple[int, int], first: Array, last: Array, queries: int, keys: int
) -> Spans:
    """As :func:`_spans`: the keys in common, and those of the requests that rows from ``first`` are of.

    All rows of a request but the last one's are there up to its end, so there are no gaps.
    """
    number, common = shared
    rows, own = queries // number, (keys - common) // number
    start = common + first // rows * own
    behind = rows - 1 - last % rows if mask.causal else 0  # tokens of the last request that are not there yet
    stop = common + (last // rows + 1) * own - behind
    return Spans.of(np.full(len(first), common, np.int64), start, stop)


def _of_blocks(blocks: Blocks, first: Array, last: Array, keys: int) -> Touched:
    """What tiles of rows touch, from ``first`` to before ``last``."""
    table, wide = _table(blocks), _sides(keys, blocks.keys)
    hit, which = _hit(blocks, first, last)
    some = np.asarray(hit.any(axis=1))[which]
    first, last, which = first[some], last[some], which[some]
    if not len(which):
        return _nothing()
    (before, after), step = distinct_columns(np.stack((which[:-1], which[1:])))
    kept, same = np.zeros(len(first), np.int64), np.zeros(len(first), dtype=bool)
    kept[1:] = ((hit[before] & hit[after]) @ wide)[step]
    same[1:] = (hit[before] == hit[after]).all(axis=1)[step]
    around = int((hit[which[0]] & hit[which[-1]]) @ wide)
    so_far = np.logical_or.accumulate(table, axis=0) @ wide  # keys of these rows of blocks and those before
    fresh = np.diff(so_far[(last - 1) // blocks.rows], prepend=0)
    return Touched(last - first, (hit @ wide)[which], kept, fresh, same, np.ones_like(first), around)


def _hit(blocks: Blocks, first: Array, last: Array) -> tuple[Array, Array]:
    """[distinct tiles, blocks along the keys]: whether the tile touches them; and which of them each is."""
    table = _table(blocks)
    pairs, which = distinct_columns(np.stack((first // blocks.rows, (last - 1) // blocks.rows + 1)))
    sums = np.concatenate((np.zeros((1, table.shape[1]), np.int64), table.cumsum(axis=0)))
    hit: Array = np.asarray(sums[pairs[1]] > sums[pairs[0]])
    return hit, which


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
