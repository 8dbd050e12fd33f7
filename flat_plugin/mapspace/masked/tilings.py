"""Tilings of the outermost memory's loops under a mask, with the words that they move at least."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from flat_plugin.distinct import distinct_columns
from flat_plugin.mapspace.choice_costs import FORBIDDEN
from flat_plugin.mapspace.masked.iterations import (
    KEYS,
    NEW,
    NEW_TILES,
    ROWS,
    SCORES,
    SUMS,
    TILES,
    Iterations,
    blocks_of,
)
from flat_plugin.mapspace.outer_tilings import Rows, Shared, own_order
from flat_plugin.mapspace.structure import Structure, divisors
from flat_plugin.model.mapping_batch import Array


@dataclass(frozen=True)
class Tilings:
    """Those of one operator that fit, and of each the tile of keys and the words of the output.

    Attributes:
        rows: as of the full square, but that ``tiles`` and ``moved`` are the mask's; ``moved`` is a bound.
        block: keys in a tile of the buffer.
        output: words of the output that iterations write for the first time.
    """

    rows: Rows
    block: Array  # [n]
    output: Array  # [n]
    declared: int


def tilings_of(
    structure: Structure,
    shared: Sequence[Shared],
    iterations: Sequence[Iterations],
    copies: Sequence[float],
    room: Sequence[float],
    *,
    spanned: int,
    fused: bool,
) -> Tilings:
    """Every tiling that fits; arguments as of the full square's.

    Args:
        iterations: of each choice of shared loops.
        fused: whether the operator's own loops may tile the rows where no shared loop does.
    """
    groups: dict[frozenset[str], list[int]] = {}
    for number, loops in enumerate(shared):
        groups.setdefault(frozenset(d for d, trips in loops.trips if trips > 1), []).append(number)
    grids = [
        _grid(
            structure,
            number,
            shared[number],
            iterations[number],
            np.array(copies),
            room[number],
            spanned,
            fused,
        )
        for number in range(len(shared))
    ]
    parts = [
        part
        for numbers in groups.values()
        for part in _with_words(
            structure, shared[numbers[0]], iterations, _joined([grids[n] for n in numbers]), fused
        )
    ]
    return Tilings(
        Rows.joined([part.rows for part in parts]),
        np.concatenate([part.block for part in parts]),
        np.concatenate([part.output for part in parts]),
        sum(grid.declared for grid in grids) * len(structure.missing),
    )


@dataclass(frozen=True)
class _Grid:
    """Tilings in any order: own trips, trips of the shared loops, extents and words of the tiles."""

    number: Array  # [n]
    own: Array  # [core, n]
    outside: Array  # [core, n]
    extents: Array  # [core, n]
    tiles: Array  # [tensors, n]
    declared: int


def _grid(
    structure: Structure,
    number: int,
    shared: Shared,
    iterations: Iterations,
    copies: Array,
    room: float,
    spanned: int,
    fused: bool,
) -> _Grid:
    """The tilings under one choice of shared loops whose tiles fit."""
    m, n = (structure.core.index(d) for d in "MN")
    grid = np.meshgrid(*_options(structure, shared, iterations, fused))
    own = np.stack([axis.reshape(-1) for axis in grid])
    outside = np.array([shared[d] for d in structure.core])
    extents = (np.array(structure.sizes) // outside)[:, None] / own
    cut = extents.copy()
    cut[m], cut[n] = np.minimum(cut[m], iterations.rows), np.minimum(cut[n], iterations.keys)
    tiles = np.stack([spanned * cut[list(present)].prod(axis=0) for present in structure.indexing])
    fits = np.flatnonzero(copies @ tiles <= room)
    which, around = np.full(len(fits), number), np.repeat(outside[:, None], len(fits), axis=1)
    return _Grid(which, own[:, fits], around, extents[:, fits], tiles[:, fits], own.shape[1])


def _joined(grids: Sequence[_Grid]) -> _Grid:
    arrays = ("number", "own", "outside", "extents", "tiles")
    found = {name: np.concatenate([getattr(grid, name) for grid in grids], axis=-1) for name in arrays}
    return _Grid(**found, declared=sum(grid.declared for grid in grids))


def _with_words(
    structure: Structure, shared: Shared, iterations: Sequence[Iterations], grid: _Grid, fused: bool
) -> Iterator[Tilings]:
    """Tilings under shared loops over the same dimensions, an order of the own loops after the other."""
    block = grid.extents[structure.core.index("N")]
    sums = _Sums.of(iterations, grid.number, block)
    for order in range(len(structure.missing)):
        chain = _Chain(structure, shared, sums, order, grid, block)
        moved, output = _moved(structure, chain, sums, block)
        last = np.full(len(block), order)
        rows = Rows(grid.number, grid.own, last, grid.extents, chain.carried(fused), grid.tiles, moved)
        yield Tilings(rows, block, output, 0)


def _options(structure: Structure, shared: Shared, iterations: Iterations, fused: bool) -> list[list[int]]:
    """Own trips of each core dimension."""
    found = []
    for d, size in zip(structure.core, structure.sizes, strict=True):
        if shared[d] > 1 or (d == "M" and not fused):
            found.append([1])
        elif d == "N":
            found.append([size // block for block in blocks_of(list(divisors(size)), iterations.keys)])
        else:
            found.append(list(divisors(size)))
    return found


@dataclass(frozen=True)
class _Sums:
    """[sums, n]: over the iterations whose keys are one tile, and over those whose keys are several; of each
    tiling all rows, the most keys of an iteration, the query heads, and whether there are several passes.
    """

    one: Array
    several: Array
    queries: Array  # [n]
    keys: Array  # [n]
    heads: Array  # [n]
    passes: Array  # [n], bool

    @staticmethod
    def of(iterations: Sequence[Iterations], number: Array, block: Array) -> _Sums:
        """Args: iterations: of every choice of shared loops; number: that of each tiling."""
        pairs, back = distinct_columns(np.stack((number, block)))
        parts = np.array([iterations[int(n)].parts(int(size)) for n, size in pairs.T]).reshape(-1, 2, SUMS)
        one, several = parts[back].transpose(1, 2, 0)
        queries, keys, heads, passes = (
            np.array([getattr(each, name) for each in iterations])[number]
            for name in ("queries", "keys", "heads", "passes")
        )
        return _Sums(one, several, queries, keys, heads, passes > 1)


class _Chain:
    """The loops of the outermost memory inside those over heads, innermost first."""

    def __init__(
        self,
        structure: Structure,
        shared: Shared,
        sums: _Sums,
        order: int,
        grid: _Grid,
        block: Array,
    ) -> None:
        self.structure, self.passes = structure, sums.passes
        names = [structure.core[d] for d in own_order(structure, order)]
        self.own = [d for d in names if shared[d] == 1]
        self.shared = [d for d, trips in reversed(shared.trips) if trips > 1 and d in structure.core]
        self.trips = dict(zip(structure.core, grid.own * grid.outside, strict=True))
        tall = grid.extents[structure.core.index("M")]
        self.trips |= {"M": np.ceil(sums.queries / tall), "N": np.ceil(sums.keys / block)}

    def carried(self, fused: bool) -> Array:
        """[tensors, n]: for how many steps of the own loops a tile stays; ``FORBIDDEN`` if for more of those
        that it shares with another operator."""
        found = []
        for gone in self._gone():
            still, longer = self._start()
            for d in self.own:
                if d in gone:
                    longer = np.where(still, longer * self.trips[d], longer)
                else:
                    still = still & (self.trips[d] == 1)
            inside = longer
            for d in self.shared if fused else ():
                if d in gone:
                    longer = np.where(still, longer * self.trips[d], longer)
                else:
                    still = still & (self.trips[d] == 1)
            found.append(np.where(longer > inside, FORBIDDEN, inside))
        return np.stack(found)

    def again(self, tensor: int, several: bool) -> tuple[Array, Array, Array]:
        """[n]: how often a tile comes again by loops other than those over keys and tiles of rows; whether
        it does by those over keys, and by those over tiles of rows.

        Args:
            several: whether the keys of the iteration are several tiles.
        """
        gone = self._gone()[tensor]
        still, times = self._start()
        keys, rows = np.zeros((2, len(still)), dtype=bool)
        for d in (*self.own, *self.shared):
            # every pass is an iteration of its own
            trips = np.where(self.passes, 1, self.trips[d]) if d == "G" else self.trips[d]
            if d == "N":
                if d in gone:
                    keys = ~still & several
                elif several:
                    still = np.zeros_like(still)
            elif d in gone and d == "M" and d in self.shared:
                rows = ~still
            elif d in gone:
                times = np.where(still, times, times * trips)
            elif d not in self.shared or d != "M":
                still = still & (trips == 1)
        return times, keys, rows

    def whole(self, tensor: int) -> Array:
        """[n]: whether a tile has all of the words of its keys."""
        whole, _ = self._start()
        for d in self.structure.indexing[tensor]:
            if self.structure.core[d] in "DE":
                whole = whole & (self.trips[self.structure.core[d]] == 1)
        return whole

    def _gone(self) -> list[set[str]]:
        return [{self.structure.core[d] for d in absent} for absent in self.structure.missing]

    def _start(self) -> tuple[Array, Array]:
        return np.ones(len(self.trips["N"]), dtype=bool), np.ones(len(self.trips["N"]))


def _moved(structure: Structure, chain: _Chain, sums: _Sums, block: Array) -> tuple[Array, Array]:
    """[tensors, n]: words that cross the outermost memory at least; and [n]: words of the output."""
    moved = []
    output = np.zeros(len(block))
    for t, indexing in enumerate(structure.indexing):
        names = {structure.core[d] for d in indexing}
        each = _heads(structure) * prod(structure.einsum.sizes[d] for d in names - set("GMN"))
        heads = sums.heads if "G" in names else np.ones(len(block))
        total = np.zeros(len(block))
        for several, own in ((False, sums.one), (True, sums.several)):
            times, keys, rows = chain.again(t, several)
            if "M" not in names:
                stays = chain.whole(t) & (not several)
                words = np.where(rows, own[TILES], own[KEYS])
                words = np.where(stays, np.where(rows, own[NEW_TILES], own[NEW]), words)
            elif "N" in names:
                words = own[SCORES]
            else:
                words = np.where(keys, np.maximum(own[SCORES] / block, own[ROWS]), own[ROWS])
            total += each * heads * times * words
        moved.append(total)
        if t == structure.output:
            base = SCORES if "N" in names else ROWS
            output = each * heads * (sums.one[base] + sums.several[base])
    return np.stack(moved), output


def _heads(structure: Structure) -> float:
    return float(prod(structure.einsum.sizes[d] for d in structure.batch))
