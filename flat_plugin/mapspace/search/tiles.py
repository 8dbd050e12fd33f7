"""Tiles of one skeleton with one choice of shared loops and rows, and bounds of all figures of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from flat_plugin.mapspace.search.axes import Axis
from flat_plugin.mapspace.search.needs import whole_cycles
from flat_plugin.mapspace.search.parts import Part
from flat_plugin.mapspace.search.points import Points
from flat_plugin.mapspace.search.priced import changes_of
from flat_plugin.mapspace.search.side import Side
from flat_plugin.model.mapping_batch import Array


@dataclass(frozen=True)
class Tiles:
    """Tiles of one part.

    Attributes:
        chains: one of each axis.
        outside: [n] pJ of what is outside the innermost shared memory.
        changes: [n] how often the staying tensor's tile changes.
        bound: what all costs at least.
    """

    part: Part
    chains: tuple[Array, Array, Array]
    outside: Array
    changes: Array
    bound: Points

    def take(self, columns: Array) -> Tiles:
        chains = (self.chains[0][columns], self.chains[1][columns], self.chains[2][columns])
        return Tiles(
            self.part, chains, self.outside[columns], self.changes[columns], self.bound.take(columns)
        )


def tiles_of(side: Side, part: Part, energy: float, words: float) -> Iterator[Tiles]:
    """Tiles of a part with one choice of shared loops that cost no more, some at a time, about the best
    first."""
    if part.words[0, 0] <= words:
        for chains, cost in part.table.rows(energy, words):
            if len(cost):
                yield _tiles(side, part, chains, cost)


def _tiles(side: Side, part: Part, chains: tuple[Array, Array, Array], cost: Array) -> Tiles:
    skeleton, table = part.skeleton, part.table
    if skeleton.stays >= 0:
        axis = table.axes[skeleton.stays]
        changes = changes_of(axis, skeleton.staying())[chains[skeleton.stays]]
        outside = cost - table.chains[skeleton.stays].inside[chains[skeleton.stays]]
    else:
        changes = np.zeros(len(cost))
        outside = cost - table.energy
    bound = _bound(side, part, chains, cost)
    return Tiles(part, chains, outside, changes, bound)


def _bound(side: Side, part: Part, chains: Sequence[Array], cost: Array) -> Points:
    op, table, needs = side.operator, part.table, side.needs
    moved = np.full(len(cost), table.words)
    for figures, chain in zip(table.figures, chains, strict=True):
        moved = moved + figures.words[chain]
    busy = needs.outermost(moved)
    tiles = _extents(side, table.axes, chains)
    steps = np.full(len(cost), side.steps_of([part.tile], [part.tile])[0, 0])
    if op.shared:
        place = op.place_outside(op.shared)
        rows = [axis.rows[place][c] for axis, c in zip(table.axes, chains, strict=True)]
        steps = np.maximum(steps, side.units.steps_within(rows))
    held = needs.held_by_chains(table.axes, chains, op.rows_of(part.tile))
    room = needs.room(part.skeleton, tiles, held)
    edge = needs.least_edge(part.skeleton, tiles)
    cycles = whole_cycles(steps, busy[0])
    energy = cost + needs.leaked(cycles)
    return Points(cycles, steps, busy, energy, moved, room, edge, np.arange(len(cost)))


def _extents(side: Side, axes: Sequence[Axis], chains: Sequence[Array]) -> Array:
    """[memories, tensors, n] words of the tiles of shared memories, at least."""
    op = side.operator
    tiles = np.zeros((len(op.architecture.memories), len(chains), len(chains[0])))
    for level in range(1, op.shared + 1):
        place = op.place_outside(level)
        rows = [axis.rows[place][c].astype(float) for axis, c in zip(axes, chains, strict=True)]
        for t in range(len(chains)):
            others = np.prod([r for u, r in enumerate(rows) if u != t], axis=0)
            tiles[level, t] = op.spread.batch_inside(level) * others
    return tiles
