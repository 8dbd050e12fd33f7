"""One operator of a family under one setting: skeletons, what their tiles cost at least, and its nests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product

import numpy as np

from flat_plugin.mapspace.search.axes import Axis
from flat_plugin.mapspace.search.inside import Inside, Lines
from flat_plugin.mapspace.search.nests import Nests, batches_of
from flat_plugin.mapspace.search.operator import FEW, Operator
from flat_plugin.mapspace.search.points import Points
from flat_plugin.mapspace.search.skeleton import (
    NO_LOOPS,
    Order,
    Skeleton,
    keeps,
    outermost_orders,
    own_orders,
)
from flat_plugin.mapspace.search.tables import Table
from flat_plugin.model.batch import Array
from flat_plugin.model.cost import Costs, evaluate

NO_TAG = 0


@dataclass(frozen=True)
class Part:
    """A skeleton's tiles. ``energy`` and ``words`` [row tags, key tags]: the least for each choice of the
    loops that the operators share."""

    skeleton: Skeleton
    table: Table
    tags: tuple[Array, Array]  # of the chains of the axes of rows and of keys
    energy: Array
    words: Array


@dataclass(frozen=True)
class Tiles:
    """Tiles of one part: a chain of each axis, the pJ of what is outside, how often the staying tensor's
    tile changes, and what all costs at least."""

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


class Side:
    """An operator, with the axes along which a family shares loops.

    Args:
        rows, keys: the tensors whose axes are those of query rows and of keys.
        tagged: trips of shared loops -> a number, for each of the two axes; filled here.
        held: words that the scores take in memory ``meeting``, given the extents of rows and keys.
    """

    def __init__(
        self,
        operator: Operator,
        axes: Sequence[Axis],
        rows: int,
        keys: int,
        tags: tuple[Array, Array],
        shape: tuple[int, int],
        shared_orders: Sequence[Order],
        fused: bool,
        meeting: int,
        scores: bool,
        online: bool,
    ) -> None:
        self.operator, self.axes, self.rows, self.keys = operator, tuple(axes), rows, keys
        self.tags, self.shape, self.shared_orders = tags, shape, tuple(shared_orders)
        self.fused, self.meeting, self.scores, self.online = fused, meeting, scores, online
        self.parts: list[Part] = []
        self.steps = float(self._any_inside.least_steps.min())
        self.points_evaluated = 0

    @cached_property
    def _any_inside(self) -> Inside:
        return self.operator.inside(self.operator.parents(next(iter(self.skeletons()))))

    def skeletons(self, *, plain: bool = False) -> Iterator[Skeleton]:
        """Every skeleton; ``plain``: the memories keep all that they may."""
        op = self.operator
        tensors = len(op.structure.missing)
        units = bool(op.architecture.memories[op.shared + 1 :]) or op.architecture.fanout(op.shared) != (1, 1)
        orders: list[Sequence[Order]] = []
        shared = list(self.shared_orders)
        for place in op.places:
            if place.shared:
                orders.append((shared.pop(0),))
            else:
                orders.append(own_orders(tensors) if orders else (*outermost_orders(tensors), NO_LOOPS))
        for keep in keeps(tensors, op.shared, op.role.held, op.role.passed):
            if plain and not self._all_kept(keep):
                continue
            for order in product(*orders):
                if self._sensible(keep, order):
                    for stays in range(-1, tensors if units else 0):
                        yield Skeleton(op.places, order, keep, stays)

    def _all_kept(self, keep: tuple[tuple[bool, ...], ...]) -> bool:
        return all(
            kept or t in never
            for level, never in zip(keep, self.operator.role.passed, strict=True)
            for t, kept in enumerate(level)
        )

    def _sensible(self, keep: tuple[tuple[bool, ...], ...], orders: tuple[Order, ...]) -> bool:
        """Whether no other skeleton is as good whatever the tiles.

        A memory is of use where it keeps something and its loops turn: without loops its tiles are those
        that it hands on, and loops of a memory that keeps nothing are as well those of its neighbour. What
        the only loop of a memory leaves in place need not be kept there either.
        """
        op = self.operator
        mixed = {place.level for place in op.places if place.shared}
        for place, order in zip(op.places, orders, strict=True):
            if place.shared:
                continue
            level = place.level
            if level == op.shared - 1 and not any(keep[op.shared - 1]) and order != NO_LOOPS:
                return False
            if not level or level in mixed:
                continue
            kept, held = {t for t, k in enumerate(keep[level - 1]) if k}, op.role.held[level - 1]
            if order == NO_LOOPS:
                if kept != held and any(keep[op.shared - 1]):
                    return False
            elif not kept or (order.alone and order.first in kept - held):
                return False
        return True

    def prepare(self, steps: float, energy: float, capacity: Sequence[float], *, plain: bool = False) -> None:
        """Make the tables, with choices inside of at most so many cycles of the array and pJ."""
        self.parts, self.limits = [], (steps, energy)
        share = 0.5 if plain and self.fused else 1.0  # a first look gives each operator its half
        held = self._held()
        for skeleton in self.skeletons(plain=plain):
            table = self.operator.table(skeleton, self.axes, self.limits, capacity, held, self.meeting, share)
            most = np.inf if energy == FEW else energy
            if table is not None and table.floor <= most:
                part = self._part(skeleton, table)
                if (part.energy <= most).any():
                    self.parts.append(part)

    def _held(self) -> list[Array]:
        """[chains] of each axis: words that the scores take where the operators meet, at least."""
        held = [np.zeros(len(axis)) for axis in self.axes]
        if self.fused:
            axis = self.axes[self.rows]
            rows = self._inside_shared(axis, np.arange(len(axis)))
            keys = self.operator.structure.missing[self.keys]
            each = 3.0 if self.online else float(np.prod([self.operator.spread.sizes[d] for d in keys]))
            held[self.rows] = self.operator.batch_inside(self.meeting) * rows * each
        return held

    def _part(self, skeleton: Skeleton, table: Table) -> Part:
        tags = (
            self.tags[0][table.chains[self.rows].columns],
            self.tags[1][table.chains[self.keys].columns],
        )
        words = np.full(self.shape, table.words)
        for axis, chains in enumerate(table.chains):
            if axis in (self.rows, self.keys):
                tag = tags[0 if axis == self.rows else 1]
                fewest = np.full(self.shape[0 if axis == self.rows else 1], np.inf)
                np.minimum.at(fewest, tag, chains.figures.words)
                words = words + (fewest[:, None] if axis == self.rows else fewest[None, :])
            else:
                words = words + chains.fewest
        return Part(skeleton, table, tags, self._least(table, tags), words)

    def _least(self, table: Table, tags: tuple[Array, Array]) -> Array:
        """[row tags, key tags]: the least energy."""
        other = 3 - self.rows - self.keys
        best = np.full(self.shape, np.inf)
        if self.shape == (1, 1):
            slim = table.slimmed((0, 1, 2))
            first, second, _ = sorted(range(3), key=lambda axis: len(slim.chains[axis]))
            best[0, 0] = slim.least(first, second).min(initial=np.inf)
        elif self.shape[1] == 1:
            least = table.slimmed((self.keys, other)).least(self.rows, other)
            np.minimum.at(best[:, 0], tags[0], least.min(axis=1, initial=np.inf))
        else:
            least = table.slimmed((other,)).least(self.rows, self.keys)
            np.minimum.at(best, (tags[0][:, None], tags[1][None, :]), least)
        return best

    @property
    def energy(self) -> Array:
        """[row tags, key tags]: the least of all skeletons."""
        return (
            np.minimum.reduce([part.energy for part in self.parts], initial=np.inf)
            if self.parts
            else (np.full(self.shape, np.inf))
        )

    @property
    def words(self) -> Array:
        if not self.parts:
            return np.full(self.shape, np.inf)
        return np.minimum.reduce([part.words for part in self.parts])

    def cheapest(self, rows: int, keys: int) -> list[Part]:
        """The skeletons that have tiles with these shared loops, those that may cost least first."""
        parts = [part for part in self.parts if np.isfinite(part.energy[rows, keys])]
        return sorted(parts, key=lambda part: float(part.energy[rows, keys]))

    def tiles(self, part: Part, rows: int, keys: int, energy: float, words: float) -> Tiles | None:
        """Tiles with these shared loops that cost no more; None if there are none."""
        if part.energy[rows, keys] > energy or part.words[rows, keys] > words:
            return None
        table, columns = part.table, [np.arange(len(chains)) for chains in part.table.chains]
        columns[self.rows] = np.flatnonzero(part.tags[0] == rows)
        columns[self.keys] = np.flatnonzero(part.tags[1] == keys)
        *chains, cost = table.restricted(columns).rows(energy, words)
        if not len(cost):
            return None
        return self._tiles(part, [columns[i][chain] for i, chain in enumerate(chains)], cost)

    def _tiles(self, part: Part, chains: Sequence[Array], cost: Array) -> Tiles:
        op, skeleton, table = self.operator, part.skeleton, part.table
        changes = np.zeros(len(cost))
        outside = cost
        if skeleton.stays >= 0:
            axis = table.axes[skeleton.stays]
            changes = op.count(axis, skeleton.staying())[chains[skeleton.stays]]
            outside = cost - table.chains[skeleton.stays].inside[chains[skeleton.stays]]
        else:
            outside = cost - table.energy
        moved = sum(
            (f.words[c] for f, c in zip(table.figures, chains, strict=True)), np.full(len(cost), table.words)
        )
        memories = op.architecture.memories
        busy = np.zeros((len(memories), len(cost)))
        if np.isfinite(memories[0].shared_bandwidth):
            busy[0] = moved / memories[0].shared_bandwidth
        tiles = np.zeros((len(memories), len(chains), len(cost)))
        for level in range(1, op.shared + 1):
            place = op.place_outside(level)
            rows = [axis.rows[place][c].astype(float) for axis, c in zip(table.axes, chains, strict=True)]
            for t in range(len(chains)):
                tiles[level, t] = op.batch_inside(level) * np.prod(
                    [r for u, r in enumerate(rows) if u != t], axis=0
                )
        steps = np.full(len(cost), self.steps)
        if op.shared:
            place = op.place_outside(op.shared)
            rows = [axis.rows[place][c] for axis, c in zip(table.axes, chains, strict=True)]
            steps = op.inside(op.parents(skeleton)).steps_within(rows)
        bound = Points(
            np.maximum(steps, busy[0]),
            steps,
            busy,
            cost,
            moved,
            self._room(skeleton, tiles, self._held_by_chains(part, chains)),
            self._edge(skeleton, tiles),
            np.arange(len(cost)),
        )
        return Tiles(part, (chains[0], chains[1], chains[2]), outside, changes, bound)

    def _ports(self, level: int, reads: Array, writes: Array) -> Array:
        """Cycles of one instance's ports."""
        memory = self.operator.architecture.memories[level]
        times = [words / width for _, words, width in memory.ports(reads, writes)]
        return np.maximum.reduce(times) if times else np.zeros_like(reads)

    def _room(self, skeleton: Skeleton, tiles: Array, held: Array) -> Array:
        """[memories, n] words that count against each memory."""
        room = np.zeros((tiles.shape[0], tiles.shape[2]))
        for level, (keep, copies) in enumerate(
            zip(skeleton.keep, self.operator.role.copies, strict=True), start=1
        ):
            for t, kept in enumerate(keep):
                if kept:
                    room[level] += copies[t] * tiles[level, t]
        room[self.meeting] += held
        return room

    def _held_by_chains(self, part: Part, chains: Sequence[Array]) -> Array:
        if not (self.fused and self.scores):
            return np.zeros(len(chains[0]))
        rows, keys = (self._inside_shared(part.table.axes[t], chains[t]) for t in (self.rows, self.keys))
        return self.operator.batch_inside(self.meeting) * (rows * keys + (2.0 * rows if self.online else 0.0))

    def _inside_shared(self, axis: Axis, chain: Array) -> Array:
        """Rows along an axis in one iteration of the shared loops, of one core."""
        op, rows = self.operator, np.ones(len(chain))
        shared = [i for i, place in enumerate(op.places) if place.shared]
        for i, d in enumerate(axis.dimensions):
            over = op.spread.along(op.structure.core[d], 0, self.meeting)
            trips = axis.trips[shared, i][:, chain].prod(axis=0)
            rows = rows * -(-op.spread.sizes[d] // (trips * over))
        return rows

    def _edge(self, skeleton: Skeleton, tiles: Array) -> Array:
        """Cycles of the first tiles' way in and of the last ones' way out."""
        edge = np.zeros(tiles.shape[2])
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
                edge += tiles[inner, t] * op.distinct(t, outer, inner) / min(memory.shared_bandwidth, width)
        return edge

    def pairs(
        self, tiles: Tiles, limits: Array, inside: Array, seen: int, most: int
    ) -> tuple[Array, Lines, Array, Array]:
        """(tile, line, pJ) of the choices inside that cost no more than each tile and each line may; of the
        lines, which are ordered by what they cost in any case, those from ``seen`` up to ``most``.

        Returns:
            Besides, which tiles may have more of them.
        """
        lines = self.lines_of(tiles.part)
        found: list[tuple[Array, Array, Array]] = []
        window = np.arange(seen, min(most, len(lines)))
        window = window[lines.base[window] + float(tiles.outside.min()) <= inside[window]]
        base, word, inside = lines.base[window], lines.word[window], inside[window]
        block = max(1, (1 << 21) // max(1, len(base)))
        for start in range(0, len(tiles.outside), block):
            part = slice(start, start + block)
            total = tiles.outside[part][:, None] + base[None]
            total = total + tiles.changes[part][:, None] * word[None]
            tile, line = np.nonzero((total <= limits[part][:, None]) & (total <= inside[None]))
            found.append((tile + start, window[line], total[tile, line]))
        tile, line, cost = (np.concatenate([f[i] for f in found]) for i in range(3))
        more = np.zeros(len(limits), dtype=bool)
        if most < len(lines):
            more = tiles.outside + lines.base[most] + tiles.changes * lines.word[most:].min() <= limits
        return tile, lines.take(line), cost, more

    def lines_of(self, part: Part) -> Lines:
        """A part's choices inside, the cheapest first."""
        op, skeleton = self.operator, part.skeleton
        return op.lines(op.parents(skeleton), skeleton.stays, self.limits).lines

    def nests(self, tiles: Tiles, tile: Array, lines: Lines) -> tuple[Nests, Array]:
        chains = [chain[tile] for chain in tiles.chains]
        return self.operator.nests(tiles.part.skeleton, tiles.part.table.axes, chains, lines)

    def outlined(self, nests: Nests, tiles: Tiles, tile: Array, lines: Lines, cost: Array) -> Points:
        """What nests cost at least: their steps and the room that they need exactly."""
        bound = tiles.bound.take(tile)
        steps = self.operator.steps(nests)
        changes, shared = tiles.changes[tile], self.operator.shared
        busy = bound.busy.copy()
        if shared:
            reads, updates = (lines.asked[i] + lines.asked[i + 2] * changes for i in (0, 1))
            busy[shared] = np.maximum(busy[shared], self._ports(shared, reads, updates))
        least = self.lines_of(tiles.part)
        moved = bound.traffic + lines.moved[0] - least.moved[0].min()
        moved = moved + (lines.moved[1] - least.moved[1].min()) * changes
        busy[0] = np.maximum(
            busy[0],
            self._ports(0, moved, np.zeros_like(moved))
            if np.isfinite(self.operator.architecture.memories[0].shared_bandwidth)
            else 0.0,
        )
        extents = self.operator.tile_words(nests)
        room = self._room(tiles.part.skeleton, extents, self._held_by_nests(nests))
        edge = self._edge(tiles.part.skeleton, extents)
        cycles = np.maximum(steps, busy.max(axis=0))
        return replace(
            bound,
            cycles=cycles,
            steps=steps,
            busy=busy,
            traffic=moved,
            energy=cost,
            room=room,
            edge=edge,
            number=np.arange(len(cost)),
        )

    def _held_by_nests(self, nests: Nests) -> Array:
        if not (self.fused and self.scores):
            return np.zeros(len(nests))
        op = self.operator
        shared = [i for i, place in enumerate(op.places) if place.shared]
        rows, keys = np.ones(len(nests)), np.ones(len(nests))
        whole = op.rows_of(nests)
        for t, product_ in ((self.rows, rows), (self.keys, keys)):
            for d in op.structure.missing[t]:
                over = op.spread.along(op.structure.core[d], 0, self.meeting)
                inside = whole[d] // (nests.trips[shared, d].prod(axis=0) * over)
                product_ *= np.minimum(inside, op.spread.sizes[d])
        return op.batch_inside(self.meeting) * (rows * keys + (2.0 * rows if self.online else 0.0))

    def evaluate(self, nests: Nests) -> Points:
        """Exact figures of nests, as the model counts them."""
        op, parts, columns = self.operator, [], []
        for batch, where in batches_of(nests, op.structure, op.architecture, op.role.outermost, op.shared):
            costs = evaluate(batch, op.energies)
            part = nests.take(where)
            parts.append(self._points(costs, part))
            columns.append(where)
        self.points_evaluated += len(nests)
        found = Points.joined(parts)
        order = np.argsort(np.concatenate(columns), kind="stable")
        return replace(found.take(order), number=np.arange(len(nests)))

    def _points(self, costs: Costs, nests: Nests) -> Points:
        counts, memories = costs.counts, self.operator.architecture.memories
        reads, writes = counts.reads.sum(axis=1), (counts.fills + counts.updates).sum(axis=1)
        busy = np.zeros((len(memories), len(nests)))
        for level, memory in enumerate(memories):
            for _, words, width in memory.ports(reads[level], writes[level]):
                np.maximum(busy[level], words / width, out=busy[level])
        room = self._room(nests.skeleton, counts.tiles, self._held_by_nests(nests))
        return Points(
            cycles=costs.cycles,
            steps=counts.compute_cycles.astype(float),
            busy=busy,
            energy=np.where(costs.valid, costs.energy, np.inf),
            traffic=(counts.reads[0] + counts.updates[0]).sum(axis=0) * counts.instances[0],
            room=room,
            edge=self._edge(nests.skeleton, counts.tiles),
            number=np.arange(len(nests)),
        )
