"""What an operator's tiles need of the memories: room, ports, and a way in and out that nothing overlaps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from flat_plugin.mapspace.search.axes import Axis
from flat_plugin.mapspace.search.points import Points
from flat_plugin.mapspace.search.shared_tiles import Ranges
from flat_plugin.mapspace.search.skeleton import Skeleton
from flat_plugin.model.mapping_batch import Array

if TYPE_CHECKING:
    from flat_plugin.mapspace.search.nests import Nests
    from flat_plugin.mapspace.search.operator import Operator

_ROUNDING = 1e-12  # of cycles that the model may round down


def whole_cycles(steps: Array, busy: Array) -> Array:
    """Cycles of an operator alone, of which the model counts whole ones where ports are busier than units.

    Args:
        steps, busy: [n] cycles of the array and of the busiest ports, at least.
    """
    return np.maximum(steps, np.ceil(busy * (1 - _ROUNDING)))


@dataclass(frozen=True)
class Needs:
    """An operator in its family.

    Attributes:
        fused: the operators share loops, and S is in memory ``meeting`` between them.
        scores: this operator makes S, so that its room is counted here.
        online: rows are corrected as keys come, which takes two sums a row.
        rows, keys: the tensors that miss the dimensions of query rows and of keys.
    """

    operator: Operator
    fused: bool
    meeting: int
    scores: bool
    online: bool
    rows: int
    keys: int

    def least(self, steps: Array | float, energy: Array | float, words: Array | float) -> Points:
        """A point that costs at least so many cycles of the array, pJ (but what the shared memories leak,
        which is added) and words of the outermost memory."""
        steps, energy, words = np.broadcast_arrays(*map(np.atleast_1d, (steps, energy, words)))
        busy = self.outermost(words)
        cycles = whole_cycles(steps, busy[0])
        room, none = np.zeros((len(busy), 1)), np.zeros(1)
        energy = energy + self.leaked(cycles)
        return Points(cycles, steps, busy, energy, words, room, none, np.zeros(1, int))

    def leaked(self, cycles: Array) -> Array:
        """pJ that the shared memories leak in so many cycles, at least."""
        leak = self.operator.leak
        return leak * cycles if leak else np.zeros_like(cycles)

    def outermost(self, words: Array) -> Array:
        """[memories, n] cycles of the ports, of which only the outermost memory's are known, at least."""
        memories = self.operator.architecture.memories
        busy = np.zeros((len(memories), len(words)))
        if np.isfinite(memories[0].shared_bandwidth):
            busy[0] = words / memories[0].shared_bandwidth
        return busy

    def ports(self, level: int, reads: Array, writes: Array) -> Array:
        """Cycles of one instance's ports."""
        memory = self.operator.architecture.memories[level]
        times = [words / width for _, words, width in memory.ports(reads, writes)]
        return np.maximum.reduce(times) if times else np.zeros_like(reads)

    def edge(self, nests: Nests) -> Array:
        """Cycles of the first tiles' way in and of the last ones' way out."""
        return self._edge(nests.skeleton, nests.words_together, len(nests))

    def least_edge(self, skeleton: Skeleton, tiles: Array) -> Array:
        """The same, at least, of tiles of so many words ([memories, tensors, n])."""
        distinct = self.operator.spread.distinct
        return self._edge(skeleton, lambda t, *way: tiles[way[1], t] * distinct(t, *way), tiles.shape[2])

    def _edge(self, skeleton: Skeleton, words: Callable[[int, int, int], Array], size: int) -> Array:
        edge = np.zeros(size)
        if not self.fused:
            return edge
        op = self.operator
        for t, name in enumerate(op.structure.names):
            if name not in ("Q", "K", "O"):
                continue
            kept = [0, *(level for level in range(1, self.meeting + 1) if skeleton.keep[level - 1][t])]
            for outer, inner in zip(kept, kept[1:], strict=False):
                memory = op.architecture.memories[outer]
                width = memory.write_bandwidth if name == "O" else memory.read_bandwidth
                edge += words(t, outer, inner) / min(memory.shared_bandwidth, width)
        return edge

    def room(self, skeleton: Skeleton, tiles: Array, held: Array) -> Array:
        """[memories, n] words that count against each memory, of tiles [memories, tensors, n]."""
        room = np.zeros((tiles.shape[0], tiles.shape[2]))
        copies = self.operator.role.copies
        for level, (keep, times) in enumerate(zip(skeleton.keep, copies, strict=True), start=1):
            for t, kept in enumerate(keep):
                if kept:
                    room[level] += times[t] * tiles[level, t]
        room[self.meeting] += held
        return room

    def least_held(self, axes: Sequence[Axis], tile: Mapping[int, int], keys: float) -> list[Array]:
        """[chains] of each axis: words that the scores take where the operators meet, at least.

        Args:
            tile: rows of a shared iteration, where they are known.
            keys: of a shared iteration, at least.
        """
        held = [np.zeros(len(axis)) for axis in axes]
        if self.fused:
            axis = axes[self.rows]
            held[self.rows] = self._scores(self._inside_shared(axis, np.arange(len(axis)), tile), keys)
        return held

    def in_iteration(self, axis: int, ranges: Ranges) -> float:
        """Rows or keys of a shared iteration of one core, at least."""
        op, rows = self.operator, 1.0
        for d in op.structure.missing[axis]:
            name = op.structure.core[d]
            over = op.spread.along(name, 0, self.meeting)
            rows *= ranges[name].least if name in ranges else -(-op.spread.sizes[d] // over)
        return rows

    def least_scores(self, ranges: tuple[Sequence[Ranges], Sequence[Ranges]]) -> Array:
        """[row tags, key tags] words of the scores where the operators meet, at least."""
        rows, keys = (
            np.array([self.in_iteration(axis, each) for each in of_axis])
            for axis, of_axis in zip((self.rows, self.keys), ranges, strict=True)
        )
        return self._scores(rows[:, None], keys[None]) if self.fused else np.zeros((len(rows), len(keys)))

    def held_by_chains(self, axes: Sequence[Axis], chains: Sequence[Array], tile: Mapping[int, int]) -> Array:
        """Words of the scores, at least, with a chain of each axis."""
        if not (self.fused and self.scores):
            return np.zeros(len(chains[0]))
        rows, keys = (self._inside_shared(axes[t], chains[t], tile) for t in (self.rows, self.keys))
        return self._scores(rows, keys)

    def held_by_nests(self, nests: Nests) -> Array:
        """Words of the scores that nests take."""
        if not (self.fused and self.scores):
            return np.zeros(len(nests))
        op = self.operator
        shared = [i for i, place in enumerate(op.places) if place.shared]
        rows, keys = np.ones(len(nests)), np.ones(len(nests))
        whole = nests.nominal_rows
        for t, product in ((self.rows, rows), (self.keys, keys)):
            for d in op.structure.missing[t]:
                over = op.spread.along(op.structure.core[d], 0, self.meeting)
                inside = whole[d] // (nests.trips[shared, d].prod(axis=0) * over)
                product *= np.minimum(inside, op.spread.sizes[d])
        return self._scores(rows, keys)

    def _scores(self, rows: Array, keys: Array | float) -> Array:
        each = rows * keys + (2.0 * rows if self.online else 0.0)
        return self.operator.spread.batch_inside(self.meeting) * each

    def _inside_shared(self, axis: Axis, chain: Array, tile: Mapping[int, int]) -> Array:
        """Rows along an axis in one iteration of the shared loops, of one core: those of the tile, or at
        least so many."""
        op, rows = self.operator, np.ones(len(chain))
        shared = [i for i, place in enumerate(op.places) if place.shared]
        for i, d in enumerate(axis.dimensions):
            over = op.spread.along(op.structure.core[d], 0, self.meeting)
            trips = axis.trips[shared, i][:, chain].prod(axis=0)
            rows = rows * (tile[d] if d in tile else -(-op.spread.sizes[d] // (trips * over)))
        return rows
