"""What tiles of rows touch of the keys where these are chosen: how many at most, for which is not known.

The keys that the rows of a tile choose are together at most the sum of what each choice takes, and at most
those that any of them may see. Where every row chooses all that it may see they are just these.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from flat_plugin.workload.key_spans import Array
from flat_plugin.workload.mask import Mask
from flat_plugin.workload.selection import Select
from flat_plugin.workload.touched import Touched, check_entries, keys_of_rows, touched_by


@dataclass(frozen=True)
class Choices:
    """What queries that choose together choose, one entry a choice, in order; some may see no key.

    Attributes:
        seen: keys that any of the queries may see.
        chosen: of these, those that are chosen.
        rows: queries.
    """

    seen: Array  # [choices]
    chosen: Array  # [choices]
    rows: Array  # [choices]


@lru_cache(maxsize=4)
def choices_of(mask: Mask, queries: int, keys: int, rows: int) -> Choices:
    """The choices of queries, of which ``rows`` choose together.

    Raises:
        FlatError: more than 2^22 of them.
    """
    select = _select(mask)
    seen = keys_of_rows(mask, queries, keys, rows)
    chosen = seen if select.keys is None else np.minimum(seen, select.keys)
    sizes = np.minimum(rows, queries - np.arange(0, queries, rows))
    return Choices(seen, chosen, sizes)


@lru_cache(maxsize=4)
def selected_by(mask: Mask, queries: int, keys: int, rows: int) -> Touched:
    """What tiles of ``rows`` rows touch at most, in order; a tile whose rows choose all that they may see, or
    whose keys are given, touches just these.

    Raises:
        FlatError: more than 2^22 tiles or rows.
    """
    select = _select(mask)
    touched = touched_by(mask, queries, keys, rows)
    if select.keys is None:
        return touched
    touched = _one_by_one(touched)
    tiles = _tiles(mask, queries, keys, rows)
    most = np.minimum(touched.keys, select.keys + _further(mask, tiles))
    most = _given(mask, queries, keys, rows, most)
    exact = tiles.exact & (most == touched.keys)
    before = np.concatenate(([False], exact[:-1]))
    kept = np.where(exact & before, touched.kept, 0)
    same = touched.same & exact & before
    if select.scores_keys:
        kept, same = _in_turn(mask, most, touched.fresh)
    around, fresh = touched.around if exact.all() else 0, _fresh(most, touched.fresh)
    return Touched(touched.rows, most, kept, fresh, same, touched.times, around)


def _in_turn(mask: Mask, most: Array, seen: Array) -> tuple[Array, Array]:
    """[tiles]: keys that the tile before chooses too, at least, and whether it chooses just the same.

    By scores of keys alone, what a query chooses beside the one before is a key that it sees anew. Where all
    keys are seen from the first row on, all choose the same.
    """
    later = np.arange(len(most)) > 0
    return np.where(later, np.maximum(0, most - seen), 0), later & (seen == 0) & (not mask.causal)


def is_bound(mask: Mask, queries: int, keys: int, rows: int) -> bool:
    """Whether what tiles of ``rows`` rows touch is known as at most so much, and not as just so much."""
    if mask.select is None or mask.select.keys is None:
        return False
    if mask.select.unions and mask.select.unions.of(rows) is not None:
        return False
    if mask.select.scores_keys and not mask.causal:  # all queries choose the same
        return False
    tiles = _tiles(mask, queries, keys, rows)
    return bool((~tiles.exact & ((tiles.choices > 1) | tiles.part)).any())


def _further(mask: Mask, tiles: _Tiles) -> Array:
    """[tiles]: keys that choices beside the first one of a tile may add.

    By scores of keys alone a query that sees one key more than the one before takes that one at most, and one
    that sees the same takes none.
    """
    select = _select(mask)
    if select.scores_keys:
        return tiles.choices - 1 if mask.causal else np.zeros_like(tiles.choices)
    return (tiles.choices - 1) * (select.keys or 0)


def _given(mask: Mask, queries: int, keys: int, rows: int, most: Array) -> Array:
    """Keys of the tiles that see any, as a trace has them; at most so many where it has none of this height.

    Raises:
        FlatError: the trace is of another number of tiles, or of more or fewer keys than there can be.
    """
    unions = _select(mask).unions
    given = None if unions is None else unions.of(rows)
    if unions is None or given is None:
        return most
    seen = keys_of_rows(mask, queries, keys, rows)
    if len(given) != len(seen):
        raise unions.error("wrong number of tiles", rows, len(given), f"{len(seen)} for {queries} queries")
    found = np.array(given, np.int64)
    one = choices_of(mask, queries, keys, _select(mask).rows(rows)).chosen
    together = _select(mask).rows(rows)
    tops = np.maximum.reduceat(one, np.minimum(np.arange(0, queries, rows) // together, len(one) - 1))
    bound = np.zeros_like(seen)
    bound[seen > 0] = most
    for wrong in np.flatnonzero((found > bound) | (found < np.minimum(tops, bound)))[:1]:
        fewest, most_keys = min(tops[wrong], bound[wrong]), bound[wrong]
        expected = f"{most_keys} keys" if fewest == most_keys else f"{fewest} to {most_keys} keys"
        raise unions.error(f"tile {wrong} cannot have so many", rows, given[wrong], expected)
    return np.asarray(found[seen > 0])


@dataclass(frozen=True)
class _Tiles:
    """Tiles of rows that see a key.

    Attributes:
        choices: that their rows take part in.
        exact: whether each of these choices is of all that may be seen, or there is one of the whole tile.
        part: whether its rows see a part alone of what the queries that choose with them see.
    """

    choices: Array  # [tiles]
    exact: Array  # [tiles], bool
    part: Array  # [tiles], bool


def _tiles(mask: Mask, queries: int, keys: int, rows: int) -> _Tiles:
    select = _select(mask)
    of_tiles = keys_of_rows(mask, queries, keys, rows)
    first = np.arange(0, queries, rows)[of_tiles > 0]
    if select.together is None:
        one = np.ones_like(first)
        return _Tiles(one, one > 0, one < 1)
    of_choices = keys_of_rows(mask, queries, keys, select.together)
    last = np.minimum(first + rows, queries) - 1
    start, stop = first // select.together, last // select.together + 1
    sums = np.concatenate(([0], np.cumsum(of_choices > (select.keys or keys))))
    return _Tiles(stop - start, sums[stop] == sums[start], of_tiles[of_tiles > 0] < of_choices[start])


def _fresh(most: Array, seen: Array) -> Array:
    """[tiles]: keys that no tile before touches, at most so that all up to a tile are bounded: by what the
    tiles touch, and by the keys that may be seen up to there."""
    sums, so_far = np.cumsum(most), np.cumsum(seen)
    least = np.minimum(0, np.minimum.accumulate(so_far - sums))
    return np.diff(sums + least, prepend=0)


def needed_selected(mask: Mask, queries: int, keys: int) -> int:
    """Scores of chosen keys."""
    choices = choices_of(mask, queries, keys, _select(mask).rows(1))
    return int((choices.chosen * choices.rows).sum())


@dataclass(frozen=True)
class Least:
    """What any selection needs: scores of a head, queries that need a key, and keys that they need."""

    scores: int
    rows: int
    keys: int


@lru_cache(maxsize=64)
def least_selected(mask: Mask, queries: int, keys: int) -> Least:
    """What no selection is below.

    All queries may choose the same keys; where several choose together, one of them may be the only one that
    sees what they choose; and the last page may be a part of one.
    """
    select = _select(mask)
    alone = select.together == 1 or (not mask.causal and mask.window is None)
    choices = choices_of(mask, queries, keys, select.rows(1) if alone else select.rows(queries))
    missing = np.where(choices.chosen < choices.seen, -keys % select.page, 0)
    chosen = np.maximum(choices.chosen - missing, np.minimum(choices.chosen, 1))
    rows = choices.rows if alone else np.ones_like(choices.rows)
    return Least(int((chosen * rows).sum()), int(rows[chosen > 0].sum()), int(chosen.max(initial=0)))


def _one_by_one(touched: Touched) -> Touched:
    """Every tile as an entry of its own, for what is chosen depends on all before it."""
    check_entries(int(touched.times.sum()))
    parts = ("rows", "keys", "kept", "fresh", "same")
    rows, keys, kept, fresh, same = (np.repeat(getattr(touched, name), touched.times) for name in parts)
    return Touched(rows, keys, kept, fresh, same, np.ones_like(rows), touched.around)


def _select(mask: Mask) -> Select:
    assert mask.select is not None
    return mask.select
