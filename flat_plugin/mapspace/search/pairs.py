"""Tiles with choices inside: which of them make a nest, and what it costs at least.

A choice fits a tile if its units' rows divide the tile's, or fill ragged tiles with no turn too many. That
is a matter of one dimension at a time, and of what lies in all units together along it (its *extent*).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from flat_plugin.mapspace.search.allowance import Allowance
from flat_plugin.mapspace.search.lines import Lines
from flat_plugin.mapspace.search.menu import Choices
from flat_plugin.mapspace.search.side import Side
from flat_plugin.mapspace.search.tiles import Tiles
from flat_plugin.mapspace.search.trips import Factors, ceil_div
from flat_plugin.model.mapping_batch import Array

_BLOCK = 1 << 24  # tiles times extents compared at once
_WORD = 64  # extents compared as one number
_LINES = 1 << 20  # pairs of tiles and choices priced at once


@dataclass(frozen=True)
class Pairs:
    """A tile and a choice inside, one pair a column (``n``)."""

    tile: Array  # [n] which tile
    lines: Lines
    cost: Array  # [n] pJ, at least

    def __len__(self) -> int:
        return len(self.cost)


def pairs_of(
    side: Side, tiles: Tiles, choices: Choices, limits: Array, allowance: Allowance
) -> Iterator[Pairs]:
    """The pairs that may be nests and cost no more than each tile (``limits``), and cycles of the array
    (``allowance``), may, some at a time."""
    extents, lines = choices.extents, choices.lines
    fitting = Fitting(side, tiles, extents.rows, _most_turns(tiles, choices, allowance))
    block = max(1, _BLOCK // max(1, len(extents)))
    for start in range(0, len(tiles.outside), block):
        some = np.arange(start, min(start + block, len(tiles.outside)))
        left, changes = (limits - tiles.outside)[some], tiles.changes[some]
        near = extents.base + changes.min() * extents.word <= left.max()
        tile, extent = fitting.divided(some, near)
        cost = extents.base[extent] + tiles.changes[tile] * extents.word[extent] + tiles.outside[tile]
        turns = fitting.turns(tile, extent)
        most = np.minimum(limits[tile], allowance.of(extents.steps[extent] * turns))
        fits = np.flatnonzero((cost <= most) & fitting.has_room(tile, extent))
        tile, extent, turns = tile[fits], extent[fits], turns[fits]
        for lot in _lots(np.diff(extents.starts)[extent]):
            which, line = extents.lines_of(extent[lot])
            where = tile[lot][which]
            cost = tiles.outside[where] + lines.base[line] + tiles.changes[where] * lines.word[line]
            most = np.minimum(limits[where], allowance.of(lines.steps[line] * turns[lot][which]))
            kept = np.flatnonzero(cost <= most)
            if len(kept):
                yield Pairs(where[kept], lines.take(line[kept]), cost[kept])


def _most_turns(tiles: Tiles, choices: Choices, allowance: Allowance) -> float:
    """Times the fewest cycles of the array that any pair may take."""
    extents = choices.extents
    if not len(extents):
        return 0.0
    least = (extents.base + tiles.changes.min() * extents.word).min()
    return allowance.most_steps(tiles.outside.min() + least) / float(extents.steps.min())


def _lots(counts: Array) -> Iterator[slice]:
    """Parts of a list with about as many choices each."""
    total, start = np.cumsum(counts), 0
    while start < len(counts):
        before = int(total[start - 1]) if start else 0
        end = max(start + 1, int(np.searchsorted(total, before + _LINES, "right")))
        yield slice(start, end)
        start = end


@dataclass(frozen=True)
class _Along:
    """How loops and units make up one dimension, for chains of loops and rows that units have together."""

    chain: Array  # [tiles] which chain each tile has
    row: Array  # [extents] which number of rows each extent has
    good: Array  # [chains, words] whether they make it up, a bit for each extent
    rows: Array  # [chains, row] rows of a tile of the innermost shared memory
    turns: Array  # [chains, row] times the fewest cycles of the array


class Fitting:
    """Which of some tiles and extents ([core, extents]) may make a nest that the innermost shared memory has
    room for, in at most so many times the fewest cycles of the array."""

    def __init__(self, side: Side, tiles: Tiles, extents: Array, most: float = np.inf) -> None:
        skeleton = tiles.part.skeleton
        self.side, self.keep = side, skeleton.keep
        whole = side.operator.structure.indexing[skeleton.stays] if skeleton.whole else ()
        known = side.operator.rows_of(tiles.part.tile)
        self._along: dict[int, _Along] = {}
        for axis, chain in zip(tiles.part.table.axes, tiles.chains, strict=True):
            chains, which = np.unique(chain, return_inverse=True)
            for i, d in enumerate(axis.dimensions):
                values, of = np.unique(extents[d], return_inverse=True)
                trips = axis.trips[:, i, chains]
                turns, good = _turns(side, d, trips, values, known.get(d))
                if d in whole:
                    good = good & (turns == 1)
                rows = np.minimum(turns * values, side.operator.spread.sizes[d]).astype(float)
                more = np.ones(turns.shape)
                if d not in known:  # else all of them have as many
                    more = trips.prod(axis=0)[:, None] * turns / ceil_div(side.units.sizes[d], values)
                self._along[d] = _Along(which, of, _packed((good & (more <= most))[:, of]), rows, more)

    def divided(self, tiles: Array, extents: Array) -> tuple[Array, Array]:
        """The pairs of these tiles and extents whose loops and units make up the rows of each dimension.

        Args:
            extents: [extents] whether each is one of these.
        """
        fits = np.repeat(_packed(extents[None]), len(tiles), axis=0)
        for along in self._along.values():
            fits &= along.good[along.chain[tiles]]
        tile, word = np.divmod(np.flatnonzero(fits), max(1, fits.shape[1]))
        bits = np.unpackbits(fits[tile, word][:, None].view(np.uint8), axis=1)
        which, bit = np.divmod(np.flatnonzero(bits), _WORD)
        return tiles[tile[which]], word[which] * _WORD + bit

    def turns(self, tile: Array, extent: Array) -> Array:
        """[n] times the fewest cycles of the array that choices of such an extent take."""
        turns = np.ones(len(tile))
        for along in self._along.values():
            turns *= along.turns[along.chain[tile], along.row[extent]]
        return turns

    def has_room(self, tile: Array, extent: Array) -> Array:
        """[n] whether the innermost shared memory holds a tile with an extent."""
        op = self.side.operator
        if not op.shared:
            return np.ones(len(tile), dtype=bool)
        rows = {d: one.rows[one.chain[tile], one.row[extent]] for d, one in self._along.items()}
        room, copies = np.zeros(len(tile)), op.role.copies[op.shared - 1]
        held = op.spread.batch_inside(op.shared)
        for t, present in enumerate(op.structure.indexing):
            if self.keep[op.shared - 1][t] and copies[t]:
                room += copies[t] * held * np.prod([rows[d] for d in present], axis=0)
        return np.asarray(room <= self.side.capacity[op.shared - 1])


def _packed(bits: Array) -> Array:
    """[n, words] bits ([n, bits]) as numbers, the last one filled up with zeros."""
    bits = np.pad(bits, ((0, 0), (0, -bits.shape[1] % _WORD)))
    return np.ascontiguousarray(np.packbits(bits, axis=1)).view(np.uint64)


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
