"""The iterations that a mask makes of a layer under one choice of shared loops, and their sums."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from flat_plugin.mapspace.masked.nodes import Nodes, Run, nodes, runs_of
from flat_plugin.model.iteration_kinds import Kinds, Split, kinds_of, one_kind
from flat_plugin.model.mapping_batch import Array
from flat_plugin.model.selection_cost import gathered_indices
from flat_plugin.workload.attention import Attention

# Sums over iterations: of 1, rows, keys, rows × keys, keys × tiles of rows; the last two less keys that stay.
ONE, ROWS, KEYS, SCORES, TILES, NEW, NEW_TILES = range(7)
SUMS = 7
FEW_TILES = 1 << 16  # of rows, for each head: lower ones are looked at where nothing else fits


@dataclass(frozen=True)
class Iterations:
    """Of the tiles of ``rows`` rows that touch keys, for each head of keys.

    Attributes:
        queries: of the layer.
        keys: of the tile that touches most.
        passes: over the rows, each with so many of the query heads of a group; one where all are alike.
        every: query heads of a group that an iteration has.
        alike: whether all rows are one iteration.
        indices: of chosen keys, that all heads of keys read for one pass over the rows.
    """

    rows: int
    queries: int
    keys: int
    passes: int
    heads: int
    kinds: Kinds
    alike: bool
    indices: int

    def parts(self, block: int) -> tuple[Array, Array]:
        """Sums over the iterations of at most ``block`` keys, and over the others, in the order above."""
        ordered, sums = self._sums
        at = int(np.searchsorted(ordered, block, side="right"))
        return sums[:, at], sums[:, -1] - sums[:, at]

    def scores(self, longer: float, of_runs: float) -> float:
        """Scores of the iterations of more than ``longer`` keys, and of over half a tile's rows; where tiles
        of rows that follow each other are one iteration, of those of more than ``of_runs``."""
        kinds = self.kinds
        lower = 2 * kinds.rows <= self.rows  # loops over rows may be gone
        chosen = ~lower & (kinds.keys > np.where(kinds.rows > self.rows, of_runs, longer))
        return float((kinds.rows.astype(float) * kinds.keys * kinds.times)[chosen].sum())

    def nodes(self, extents: Sequence[int]) -> Nodes:
        """A few that stand for all, where these are the keys in a tile of each memory, innermost first."""
        return nodes(self.kinds, self._stretches, extents)

    @cached_property
    def _stretches(self) -> list[Run]:
        return list(runs_of(self.kinds))

    @cached_property
    def common_keys(self) -> int:
        """The greatest number of keys that divides those of every iteration."""
        return int(np.gcd.reduce(self.kinds.keys))

    @cached_property
    def common_rows(self) -> int:
        """The greatest number of rows that divides those of every iteration."""
        return int(np.gcd.reduce(self.kinds.rows))

    @cached_property
    def _sums(self) -> tuple[Array, Array]:
        """Keys in ascending order, and [sums, iterations + 1] up to each."""
        kinds = self.kinds
        order = np.argsort(kinds.keys, kind="stable")
        columns = (kinds.rows, kinds.keys, kinds.times, np.maximum(kinds.kept, kinds.known))
        rows, keys, times, stay = (column[order].astype(float) for column in columns)
        tiles, new = rows / self.rows, keys - stay
        each = np.stack((np.ones_like(rows), rows, keys, rows * keys, keys * tiles, new, new * tiles)) * times
        start = np.zeros((len(each), 1))
        return kinds.keys[order], np.concatenate((start, np.cumsum(each, axis=1)), axis=1)


def iterations_of(attention: Attention, rows: int, passes: int) -> Iterations:
    """What tiles of rows make of a layer, over which there are so many passes.

    Raises:
        FlatError: the mask leaves no score, or there are too many tiles to count.
    """
    keys = attention.widest(rows).keys
    kinds = kinds_of(attention, Split(rows, passes))
    alike = kinds is None
    kinds, passes = (one_kind(attention.queries, keys), 1) if kinds is None else (kinds, passes)
    indices = gathered_indices(attention, rows) if attention.mask.select else 0
    return Iterations(rows, attention.queries, keys, passes, attention.group // passes, kinds, alike, indices)


def without_rows_that_differ(attention: Attention) -> Attention:
    """The layer; where all of its rows touch the same keys, the dense one of these."""
    mask = attention.mask
    if mask.full or mask.select:
        return attention
    widest = attention.widest(attention.queries)
    alike = mask.needed(attention.queries, attention.keys) == widest.queries * widest.keys
    return widest if alike else attention


def blocks_of(choices: list[int], keys: int) -> list[int]:
    """Of tiles of keys, those that do not have all ``keys`` that an iteration touches, and the smallest that
    has."""
    ordered = sorted(choices)
    smaller = [block for block in ordered if block < keys]
    return smaller + [block for block in ordered if block >= keys][:1]
