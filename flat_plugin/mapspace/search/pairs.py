"""Tiles with choices inside: which of them make a nest, and what it costs at least.

A choice fits a tile if its units' rows divide the tile's, or fill ragged tiles with no turn too many. That
is a matter of one dimension at a time, and of what lies in all units together along it (its *extent*).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from flat_plugin.mapspace.search.lines import Lines
from flat_plugin.mapspace.search.menu import Choices
from flat_plugin.mapspace.search.side import Side
from flat_plugin.mapspace.search.tiles import Tiles
from flat_plugin.mapspace.search.trips import Factors, ceil_div
from flat_plugin.model.mapping_batch import Array

_BLOCK = 1 << 20  # pairs of tiles and extents compared at once


@dataclass(frozen=True)
class Pairs:
    """A tile and a choice inside, one pair a column (``n``)."""

    tile: Array  # [n] which tile
    lines: Lines
    cost: Array  # [n] pJ, at least

    def __len__(self) -> int:
        return len(self.cost)


def pairs_of(side: Side, tiles: Tiles, choices: Choices, limits: Array, inside: Array) -> Iterator[Pairs]:
    """The pairs that may be nests and cost no more than each tile (``limits``) and each choice (``inside``)
    may, some at a time."""
    extents, lines = choices.extents, choices.lines
    fitting, block = Fitting(side, tiles, extents.rows), max(1, _BLOCK // max(1, len(extents)))
    for start in range(0, len(tiles.outside), block):
        few = tiles.take(np.arange(start, min(start + block, len(tiles.outside))))
        left = limits[start : start + block] - few.outside
        near = np.flatnonzero(extents.base + few.changes.min() * extents.word <= left.max())
        tile, extent = np.nonzero(fitting.divides(slice(start, start + block), near))
        extent = near[extent]
        cheap = extents.base[extent] + few.changes[tile] * extents.word[extent] <= left[tile]
        tile, extent = tile[cheap], extent[cheap]
        fits = fitting.has_room(tile + start, extent)
        tile, extent = tile[fits], extent[fits]
        for lot in _lots(np.diff(extents.starts)[extent]):
            which, line = extents.lines_of(extent[lot])
            where = tile[lot][which] + start
            cost = tiles.outside[where] + lines.base[line] + tiles.changes[where] * lines.word[line]
            kept = np.flatnonzero((cost <= limits[where]) & (cost <= inside[line]))
            if len(kept):
                yield Pairs(where[kept], lines.take(line[kept]), cost[kept])


def _lots(counts: Array) -> Iterator[slice]:
    """Parts of a list with about as many choices each."""
    total, start = np.cumsum(counts), 0
    while start < len(counts):
        before = int(total[start - 1]) if start else 0
        end = max(start + 1, int(np.searchsorted(total, before + _BLOCK, "right")))
        yield slice(start, end)
        start = end


class Fitting:
    """Which of some tiles and extents ([core, extents]) may make a nest that the innermost shared memory has
    room for."""

    def __init__(self, side: Side, tiles: Tiles, extents: Array) -> None:
        skeleton = tiles.part.skeleton
        self.side, self.keep = side, skeleton.keep
        whole = side.operator.structure.indexing[skeleton.stays] if skeleton.whole else ()
        known = side.operator.rows_of(tiles.part.tile)
        self._along: dict[int, tuple[Array, Array, Array, Array]] = {}
        for axis, chain in zip(tiles.part.table.axes, tiles.chains, strict=True):
            chains, which = np.unique(chain, return_inverse=True)
            for i, d in enumerate(axis.dimensions):
                values, of = np.unique(extents[d], return_inverse=True)
                turns, good = _turns(side, d, axis.trips[:, i, chains], values, known.get(d))
                if d in whole:
                    good = good & (turns == 1)
                rows = np.minimum(turns * values, side.operator.spread.sizes[d]).astype(float)
                self._along[d] = which, of, good[:, of], rows

    def divides(self, tiles: slice, extents: Array) -> Array:
        """[tiles, extents] whether loops and units make up the rows of each dimension."""
        fits: Array | None = None
        for which, _, good, _ in self._along.values():
            one = good[:, extents][which[tiles]]
            fits = one if fits is None else fits & one
        assert fits is not None
        return fits

    def has_room(self, tile: Array, extent: Array) -> Array:
        """[n] whether the innermost shared memory holds a tile with an extent."""
        op = self.side.operator
        if not op.shared:
            return np.ones(len(tile), dtype=bool)
        rows = {d: each[which[tile], of[extent]] for d, (which, of, _, each) in self._along.items()}
        room, copies = np.zeros(len(tile)), op.role.copies[op.shared - 1]
        held = op.spread.batch_inside(op.shared)
        for t, present in enumerate(op.structure.indexing):
            if self.keep[op.shared - 1][t] and copies[t]:
                room += copies[t] * held * np.prod([rows[d] for d in present], axis=0)
        return np.asarray(room <= self.side.capacity[op.shared - 1])


def _turns(side: Side, d: int, trips: Array, extents: Array, rows: int | None) -> tuple[Array, Array]:
    """[chains, extents]: turns of the innermost shared memory's loop along one dimension, and whether every
    loop around it is as long as it needs to be.

    Args:
        trips: [places, chains].
        rows: of a shared iteration, if shared loops walk the dimension.
    """
    op = side.operator
    size, over = op.spread.sizes[d], op.spread.over[d]
    outside = (trips.prod(axis=0) * over)[:, None]
    if rows is None:
        turns = np.asarray(ceil_div(size, outside * extents[None]))
        fits = np.ones(turns.shape, dtype=bool)
    else:
        own = [i for i, place in enumerate(op.places) if not place.shared]
        inner = trips[own].prod(axis=0)[:, None] * extents[None]
        turns = np.maximum(rows // inner, 1)
        fits = turns * inner == rows
    loops = _loops(op.places, trips, [op.spread.after(op.places, i, d) for i in range(len(op.places))])
    every, around = outside * turns, np.ones_like(outside)
    for loop in [*(loop[:, None] for loop in loops), turns]:
        within = every // (around * loop) * extents[None]
        fits &= (around > 1) | (loop == 1) | (ceil_div(size, within) == loop)
        around = around * loop
    if op.factors is Factors.PERFECT:
        fits &= every * extents[None] == size
    return turns, fits


def _loops(places: Sequence[object], trips: Array, after: Sequence[int]) -> list[Array]:
    """[chains] iterations of every loop outside the innermost shared memory, in time and over cores."""
    found = []
    for place in range(len(places)):
        found.append(trips[place])
        if after[place] > 1:
            found.append(np.full_like(trips[place], after[place]))
    return found
