"""A few of many iterations that stand for all: what they cost is linear in between.

Kinds that follow each other with as many more keys each time go through the tiles of keys: the rest of a
tile grows, and with every whole one begins anew. What an iteration costs is linear in the rest, in the tiles
of each memory and in their number, but for the first and the last of each.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import gcd, prod

import numpy as np

from flat_plugin.model.iteration_kinds import Kinds
from flat_plugin.model.mapping_batch import Array

FEW = 256  # kinds of iterations that are all counted
_NEXT = 1.5  # how much further each node is from where a stretch begins


@dataclass(frozen=True)
class Nodes:
    """Kinds that are counted, for how many iterations each stands, and the gaps between them.

    ``left`` and ``right`` are positions in ``index``: between these two are ``between`` more kinds, each of
    which stands for ``times`` iterations.
    """

    index: Array  # [nodes]
    weights: Array  # [nodes]
    left: Array  # [gaps]
    right: Array  # [gaps]
    between: Array  # [gaps]
    times: Array  # [gaps]

    def __len__(self) -> int:
        return len(self.index)


Run = tuple[int, int, int]  # start, stop, step of the keys
Line = tuple[Array, float]  # places one after the other at the same distances, and how often they come


def nodes(kinds: Kinds, runs: Sequence[Run], extents: Sequence[int]) -> Nodes:
    """Nodes of these kinds.

    Args:
        runs: of :func:`runs_of`.
        extents: keys in a tile of each memory, innermost first.
    """
    if len(kinds) <= FEW:
        none = np.zeros(0, dtype=int)
        return Nodes(np.arange(len(kinds)), kinds.times.astype(float), none, none, none, none)
    lines = [
        (start + where, often)
        for start, stop, step in runs
        for where, often in _of_run(kinds.keys[start:stop], step, extents)
    ]
    index = np.concatenate([where for where, _ in lines])
    often = np.repeat([often for _, often in lines], [len(where) for where, _ in lines]) * kinds.times[index]
    gaps = np.concatenate([_gaps(where) for where, _ in lines])
    weights = often * (1 + gaps / 2 + np.concatenate(([0], gaps[:-1])) / 2)
    left = np.flatnonzero(gaps > 0)
    return Nodes(index, weights, left, left + 1, gaps[left], often[left])


def _gaps(where: Array) -> Array:
    """How many places are left out behind each; the places' distances are multiples of the first."""
    steps = np.diff(where)
    return np.append(steps // max(1, steps.min(initial=1 << 62)) - 1, 0) if len(steps) else np.zeros(1, int)


def runs_of(kinds: Kinds) -> Iterator[Run]:
    """Kinds that differ by the same amounts, and not in rows or number."""
    columns = np.stack((kinds.rows, kinds.times, kinds.keys, kinds.before, kinds.kept, kinds.known))
    steps = np.diff(columns, axis=1)
    start, count = 0, len(kinds)
    turning = np.flatnonzero((steps[:, 1:] != steps[:, :-1]).any(axis=0)) + 1
    for stop in (*turning.tolist(), count - 1):
        if stop <= start:
            continue
        if steps[:2, start].any():  # rows or repetitions change: each by itself
            yield from ((n, n + 1, 0) for n in range(start, stop))
        else:
            yield start, stop, int(steps[2, start])
        start = stop
    yield start, count, 0


def _of_run(keys: Array, step: int, extents: Sequence[int]) -> Iterator[Line]:
    """The lines of kinds whose keys grow by ``step`` each time."""
    if step <= 0:
        yield np.arange(len(keys)) if step else _places(len(keys)), 1.0
        return
    first = 0
    tiles: list[int] = []
    for extent in (*sorted(set(extents)), None):
        last = len(keys) if extent is None else int(np.searchsorted(keys, extent, side="right"))
        if last > first:
            yield from _of_stretch(first, last, int(keys[first]), step, tiles)
            first = last
        tiles.append(extent or 1)


def _of_stretch(first: int, last: int, keys: int, step: int, tiles: Sequence[int]) -> Iterator[Line]:
    """The lines of kinds that have at least one whole tile of each of these sizes (innermost first)."""
    tiles = [size for size in tiles if step % size or keys % size]  # the others are always whole
    sizes = [size for size in tiles if size > step]
    if any(size % step for size in tiles) or keys % step:
        period = np.lcm.reduce([size // gcd(size, step) for size in tiles] or [1])
        yield from _by_rest(first, last, int(period))
        return
    periods, inside = [], 1
    for size in sizes:
        if (size // step) % inside:
            yield from _by_rest(first, last, size // step)
            return
        periods.append(size // step // inside)
        inside = size // step
    yield from _of_tiles(first, last, keys // step - 1, periods)


def _of_tiles(first: int, last: int, at: int, periods: Sequence[int]) -> Iterator[Line]:
    """The lines of kinds that go through tiles within tiles: of the tiles of all that are whole, and of what
    is before and behind them, which is a part of one.

    Args:
        at: place of the first, if a tile of all began at 0.
        periods: kinds, or tiles of the size before, in a tile of each size, innermost first.
    """
    if last == first:
        return
    inside = prod(periods)
    lead = min(-at % inside, last - first)
    begins, count = first + lead, (last - first - lead) // inside
    ends = begins + count * inside
    if periods:
        yield from _of_tiles(first, begins, at, periods[:-1])
        yield from _of_tiles(ends, last, at + ends - first, periods[:-1])
    if count:
        for offset, often in _offsets(periods):
            yield begins + offset + inside * _places(count), often


def _offsets(periods: Sequence[int]) -> Iterator[tuple[int, float]]:
    """Places within the tiles, and for how many each stands."""
    if not periods:
        yield 0, 1.0
        return
    *inner, outer = periods
    inside = int(np.prod(inner))
    for place, often in _weighted(outer):
        for offset, times in _offsets(inner):
            yield offset + inside * place, often * times


def _weighted(count: int) -> Iterator[tuple[int, float]]:
    """Places of a linear function whose last value is apart, and for how many each stands."""
    places = np.unique([p for p in (0, 1, count // 2, count - 2, count - 1) if 0 <= p < count])
    gaps = np.diff(places) - 1
    weights = 1 + np.append(gaps, 0) / 2 + np.append(0, gaps) / 2
    yield from zip(places.tolist(), weights.tolist(), strict=True)


def _by_rest(first: int, last: int, period: int) -> Iterator[Line]:
    """The lines of every rest in turn."""
    for rest in range(min(period, last - first)):
        yield first + rest + period * _places((last - first - 1 - rest) // period + 1), 1.0


def _places(count: int) -> Array:
    """Some of the numbers below ``count``, the further apart the larger they are."""
    places, at = {0, 1, 2, count - 2, count - 1}, 2.0
    while at < count:
        places.add(int(at))
        at *= _NEXT
    return np.array(sorted(place for place in places if 0 <= place < count))
