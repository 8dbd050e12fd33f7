"""Every nest that there is of an operator with a few rows: any tiles, orders and kept tensors.

Nothing here is known of the search. A nest is trips of loops, in time at every memory and side by side at
every fan-out; what it costs is the model's to say.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import permutations, product
from math import ceil

import numpy as np
from every_family import Family
from every_split import chains, parts

from flat_plugin.model.cost import evaluate
from flat_plugin.model.mapping_batch import Form, MappingBatch, mapping_of
from flat_plugin.model.shared_registers import outlives

BATCH = "BH"
COUNTED = 0.99  # of the operations: Timeloop rounds away the others
UNITS = 2  # of all that its rounding may lose


@dataclass
class Nests:
    """Nests of one operator that share the same loops with the other one, one a column.

    Attributes:
        figures: pJ, cycles, words of the outermost memory, cycles of the array and of the ports of every
            memory, of the ways in and out, and words of room in every memory.
    """

    batches: list[MappingBatch] = field(default_factory=list)
    figures: list[np.ndarray] = field(default_factory=list)
    columns: list[np.ndarray] = field(default_factory=list)

    def add(self, batch: MappingBatch, figures: np.ndarray, columns: np.ndarray) -> None:
        where = np.stack([np.full(len(columns), len(self.batches)), columns])
        self.batches.append(batch)
        self.figures.append(figures)
        self.columns.append(where)

    def best(self) -> tuple[np.ndarray, np.ndarray]:
        """The figures of those that no other beats in all, and where they are."""
        figures, where = np.concatenate(self.figures, axis=1), np.concatenate(self.columns, axis=1)
        kept = undominated(figures)
        return figures[:, kept], where[:, kept]

    def mapping(self, where: np.ndarray):
        batch, column = where
        return mapping_of(self.batches[batch], int(column))


def undominated(points: np.ndarray) -> np.ndarray:
    """Columns that no other is at most as large as, everywhere."""
    points = np.round(points, 9)
    _, first = np.unique(points, axis=1, return_index=True)
    order = first[np.argsort(points[:, first].sum(axis=0), kind="stable")]
    kept: list[int] = []
    left = order
    while len(left):
        one, left = left[0], left[1:]
        kept.append(int(one))
        left = left[~(points[:, left] >= points[:, [one]]).all(axis=0)]
    return np.array(kept, dtype=int)


class Every:
    """All nests of one operator in a family."""

    def __init__(self, einsum, architecture, energies, family: Family) -> None:
        self.einsum, self.architecture, self.energies, self.family = einsum, architecture, energies, family
        self.levels = len(architecture.memories)
        self.core = [d for d in einsum.dimensions if d not in BATCH]
        fans = [i for i in range(self.levels) if architecture.fanout(i) != (1, 1)]
        self.units = max(fans, default=self.levels - 1)
        self.children = architecture.compute.instances
        self.slots: list[tuple[str, int]] = []
        for level in range(self.levels):
            self.slots.append(("t", level))
            self.slots += [(axis, level) for axis in "xy"] if level in fans else []

    def limit(self, d: str, kind: str, level: int) -> int:
        """Trips of a loop at most."""
        if kind == "t":
            return 10**9
        inside = self.family.meeting and level >= self.family.meeting
        if level != self.units and (inside or d not in self.family.cores):
            return 1
        x, y = self.architecture.fanout(level)
        return x if kind == "x" else y

    def ways(self, d: str) -> Iterator[tuple[np.ndarray, tuple]]:
        """[slots, n] trips over a dimension, and what both operators must have of them."""
        family, size = self.family, self.einsum.sizes[d]
        slots = list(self.slots)
        limits = tuple(self.limit(d, *slot) for slot in slots)
        if d in BATCH:  # outermost, one after the other, or over cores; spanned, in the memory of the scores
            here = ("t", family.meeting if d in family.spanned else 0)
            limits = tuple(
                n if slot == here or (slot[0] != "t" and slot[1] != self.units) else 1
                for n, slot in zip(limits, slots, strict=True)
            )
            found = self._one_axis(chains(size, limits, family.perfect))
            if d in family.spanned:
                found = found[:, found[0] == 1]
            for n in range(found.shape[1]):
                yield found[:, [n]], (d, tuple(found[:, n].tolist()))
            return
        outside = [i for i, (kind, level) in enumerate(slots) if level < family.meeting]
        shared = [i for i in outside if slots[i][0] != "t"] if family.meeting else []
        whole = self._one_axis(chains(size, limits, family.perfect))
        if not family.meeting:
            yield whole, ()
            return
        alone = (whole[shared] == 1).all(axis=0) if shared else np.ones(whole.shape[1], dtype=bool)
        if not (family.rows and d == "M" and family.rows < size):
            yield whole[:, alone], (d, "whole")
        if d in family.walked or shared:
            yield from self._walked(d, size, limits, outside)

    def _walked(self, d: str, size: int, limits, outside) -> Iterator[tuple[np.ndarray, tuple]]:
        """Ways whose loops outside the memory of the scores are all shared."""
        inner = self._one_axis(
            parts(size, limits[len(outside) :], size if self.family.perfect else 0), len(outside)
        )
        rows = inner.prod(axis=0)
        for tile in np.unique(rows).tolist():
            if self.family.rows and d == "M" and tile != self.family.rows:
                continue
            left = ceil(size / tile)
            most = tuple(
                n if d in self.family.walked or kind != "t" else 1
                for n, (kind, _) in zip(limits[: len(outside)], self.slots, strict=False)
            )
            for outer in self._one_axis(chains(left, most, self.family.perfect)).T.tolist():
                total = int(np.prod(outer))
                first = next((n for n in outer if n > 1), 1)
                if total == 1 or ceil(size / (tile * total // first)) != first:
                    continue
                if d not in self.family.walked and outer[0] > 1:
                    continue
                chosen = inner[:, rows == tile]
                head = np.repeat(np.array(outer)[:, None], chosen.shape[1], axis=1)
                yield np.concatenate([head, chosen]), (d, tile, tuple(outer))

    def _one_axis(self, trips: np.ndarray, start: int = 0) -> np.ndarray:
        """Those that lie on one axis of each mesh; where that makes no difference, on x if it can."""
        slots, fits = self.slots[start:], np.ones(trips.shape[1], dtype=bool)
        for i, (kind, _) in enumerate(slots[: len(trips)]):
            if kind == "x":
                fits &= (trips[i] == 1) | (trips[i + 1] == 1)
        return trips[:, fits]

    def tagged(self) -> Iterator[tuple[tuple, list[np.ndarray]]]:
        """What is shared, and the ways of every dimension with it."""
        every = [list(self.ways(d)) for d in self.einsum.dimensions]
        for choice in product(*every):
            yield tuple(tag for _, tag in choice if tag and tag[0] in "BHGMN"), [way for way, _ in choice]

    def nests(self) -> dict[tuple, Nests]:
        """By what is shared, all nests."""
        found: dict[tuple, Nests] = {}
        for tag, ways in self.tagged():
            for key, batch, figures, columns in self._counted(tag, ways):
                found.setdefault((*tag, *key), Nests()).add(batch, figures, columns)
        return found

    def _counted(self, tag, ways):
        grid = np.meshgrid(*(np.arange(way.shape[1]) for way in ways), indexing="ij")
        trips = np.stack([way[:, i.reshape(-1)] for way, i in zip(ways, grid, strict=True)], axis=1)
        trips = trips[:, :, self._fits_mesh(trips)]  # [slots, dimensions, n]
        if not trips.shape[2]:
            return
        shape = (self.levels, len(ways), trips.shape[2])
        temporal, x, y = np.ones((3, *shape))
        for (kind, level), one in zip(self.slots, trips, strict=True):
            {"t": temporal, "x": x, "y": y}[kind][level] = one
        good = self._counted_by_timeloop(temporal, x * y)
        temporal, x, y = (a[..., good] for a in (temporal, x, y))
        walking = {t[0] for t in tag if len(t) == 3}
        tiles = self._tiles(temporal, x * y)
        for keep in self._keeps():
            room = self._room(tiles, keep)
            fits = np.ones(room.shape[1], dtype=bool)
            for level, memory in enumerate(self.architecture.memories):
                fits &= room[level] <= memory.capacity
            if not fits.any():
                continue
            columns = np.flatnonzero(fits)
            for order, chosen, key in self._orders(temporal[..., columns], walking):
                some = columns[chosen]
                if len(some):
                    for beside in self._orders_beside(len(ways)):
                        form = Form(order, (beside,) * self.levels, keep)
                        batch = MappingBatch(
                            self.einsum,
                            self.architecture,
                            form,
                            temporal[..., some],
                            x[..., some],
                            y[..., some],
                        )
                        figures, valid = self._figures(batch, room[:, some], walking)
                        if valid.any():
                            yield key, batch, figures[:, valid], np.flatnonzero(valid)

    def _orders_beside(self, dimensions):
        """Of loops side by side: what is next to what matters where units hand words on."""
        if self.units != self.levels - 1 or not self.family.orders_beside:
            return [tuple(range(dimensions))]
        return list(permutations(range(dimensions)))

    def _fits_mesh(self, trips):
        fits = np.ones(trips.shape[2], dtype=bool)
        for (kind, level), one in zip(self.slots, trips, strict=True):
            if kind != "t":
                fits &= one.prod(axis=0) <= self.architecture.fanout(level)["xy".index(kind)]
        return fits

    def _counted_by_timeloop(self, temporal, beside):
        """Timeloop stops at a loop side by side with a shorter last turn and no loop in time outside."""
        sizes = [n for _, n in self.einsum.bounds]
        fits = np.ones(temporal.shape[2], dtype=bool)
        for d, size in enumerate(sizes):
            rest = np.full(temporal.shape[2], size - 1.0)
            last = np.ones((self.levels, temporal.shape[2]))
            for level in range(self.levels - 1, -1, -1):
                last[level] = rest % beside[level, d] + 1
                rest = rest // beside[level, d]
                rest = rest // temporal[level, d]
            outer = np.zeros(temporal.shape[2], dtype=bool)
            for level in range(self.levels):
                outer |= temporal[level, d] > 1
                if d == len(sizes) - 1:
                    outer |= (temporal[level] == 1).all(axis=0)
                fits &= ~((beside[level, d] > 1) & (last[level] < beside[level, d]) & ~outer)
                outer |= beside[level, d] > 1
        return fits

    def _tiles(self, temporal, beside):
        """[levels, tensors, n] words of the largest tile."""
        sizes = np.array([n for _, n in self.einsum.bounds])[:, None]
        inside, tiles = np.ones(temporal.shape[1:]), []
        for level in range(self.levels - 1, -1, -1):
            inside = inside * temporal[level] * beside[level]
            rows = np.minimum(inside, sizes)
            tiles.insert(
                0,
                [
                    rows[[self.einsum.dimensions.index(d) for d in t.dimensions]].prod(axis=0)
                    for t in self.einsum.tensors
                ],
            )
        return np.array(tiles)

    def _keeps(self):
        meeting = self.family.meeting
        each = []
        for level in range(self.levels):
            options = []
            for tensor in self.einsum.tensors:
                scores = meeting and tensor.name in "SP"
                if level == 0:
                    options.append([not scores])
                elif scores and level <= meeting:
                    options.append([level == meeting])
                elif self.family.perfect and 1 < level < self.levels - 1:
                    options.append([False])
                elif self.family.perfect and level == 1 or self._corrected(tensor, level):
                    options.append([True])
                else:
                    options.append([True, False])
            each.append(list(product(*options)))
        yield from product(*each)

    def _corrected(self, tensor, level):
        """Online, O is where the scores are."""
        return self.family.online and level == self.family.meeting and tensor.name == "O"

    def _room(self, tiles, keep):
        meeting, room = self.family.meeting, np.zeros((self.levels, tiles.shape[2]))
        for level in range(1, self.levels):
            for t, tensor in enumerate(self.einsum.tensors):
                scores = meeting and tensor.name in "SP"
                if keep[level][t] and not (scores and level == meeting):
                    room[level] += tiles[level, t] * (2 if level <= (meeting or 1) else 1)
        return room

    def _orders(self, temporal, walking):
        """Orders of the loops of every memory but the innermost, where compute units hold nothing."""
        core = [self.einsum.dimensions.index(d) for d in self.core]
        batch = tuple(self.einsum.dimensions.index(d) for d in self.einsum.dimensions if d in BATCH)
        walked = {self.einsum.dimensions.index(d) for d in walking}
        turning = range(self.levels - 1 if self.units != self.levels - 1 else self.levels)
        options = [
            list(permutations(core)) if level in turning else [tuple(core)] for level in range(self.levels)
        ]
        for orders in product(*options):
            chosen = np.ones(temporal.shape[2], dtype=bool)
            key = []
            for level in turning:
                chosen &= self._first_of_equals(temporal[level], orders[level])
                if level < self.family.meeting:
                    chosen &= self._shared_outside(temporal[level], orders[level], walked)
                    key.append(tuple(d for d in orders[level] if d in walked))
            chosen &= self._alone_outside(temporal, walked)
            if chosen.any():
                names = tuple(tuple(self.einsum.dimensions[d] for d in one) for one in key)
                yield tuple((*order, *batch) for order in orders), np.flatnonzero(chosen), (names,)

    @staticmethod
    def _first_of_equals(trips, order):
        """Of orders that differ in loops of one trip, one: those come first, in their own order."""
        fits = np.ones(trips.shape[1], dtype=bool)
        for one, two in zip(order, order[1:], strict=False):
            fits &= (trips[two] > 1) | ((trips[one] == 1) & (one < two))
        return fits

    @staticmethod
    def _shared_outside(trips, order, walked):
        """Loops of one trip aside, those that operators share are outside their own."""
        fits = np.ones(trips.shape[1], dtype=bool)
        for i, one in enumerate(order):
            for two in order[i + 1 :]:
                if one in walked and two not in walked:
                    fits &= (trips[one] == 1) | (trips[two] == 1)
        return fits

    def _alone_outside(self, temporal, walked):
        """Outside the last memory with shared loops an operator has none of its own."""
        fits, shared = np.ones(temporal.shape[2], dtype=bool), np.zeros(temporal.shape[2], dtype=bool)
        own = [self.einsum.dimensions.index(d) for d in self.core]
        own = [d for d in own if d not in walked]
        for level in range(self.family.meeting - 1, -1, -1):
            fits &= ~shared | (temporal[level, own] == 1).all(axis=0)
            shared |= (temporal[level, sorted(walked)] > 1).any(axis=0)
        return fits

    def _figures(self, batch, room, walking):
        costs = evaluate(batch, self.energies)
        counts, memories = costs.counts, self.architecture.memories
        reads, writes = counts.reads.sum(axis=1), (counts.fills + counts.updates).sum(axis=1)
        ports = np.zeros((self.levels, len(batch)))
        for level, memory in enumerate(memories):
            for _, words, width in memory.ports(reads[level], writes[level]):
                np.maximum(ports[level], words / width, out=ports[level])
        moved = (counts.reads[0] + counts.updates[0]).sum(axis=0) * counts.instances[0]
        valid = costs.valid & (
            counts.computes >= max(COUNTED, 1 - UNITS / self.children) * self.einsum.operations
        )
        if self.family.meeting:
            dims = self.einsum.dimensions
            turns = [
                {d: int(batch.temporal[level, dims.index(d)].max()) for d in walking}
                | {d: int(batch.temporal[level, dims.index(d)].max()) for d in dims if d in BATCH}
                for level in range(self.family.meeting)
            ]
            valid &= ~outlives(batch, turns)
        edge = self._edge(batch)
        figures = np.concatenate(
            [np.stack([costs.energy, costs.cycles, moved, counts.compute_cycles]), ports, edge[None], room]
        )
        return figures, valid

    def _edge(self, batch):
        edge, memories = np.zeros(len(batch)), self.architecture.memories
        beside, sizes = batch.spatial_x * batch.spatial_y, np.array([[n] for _, n in self.einsum.bounds])
        for t, tensor in enumerate(self.einsum.tensors):
            if self.family.meeting and tensor.name in "QKO":
                kept = [i for i in range(self.family.meeting + 1) if batch.form.keep[i][t]]
                for outer, inner in zip(kept, kept[1:], strict=False):
                    there = [self.einsum.dimensions.index(d) for d in tensor.dimensions]
                    rows = (batch.temporal * beside)[inner:].prod(axis=0) * beside[outer:inner].prod(axis=0)
                    words = np.minimum(rows, sizes)[there].prod(axis=0)  # of all children together
                    memory = memories[outer]
                    width = memory.write_bandwidth if tensor.name == "O" else memory.read_bandwidth
                    edge += words / min(memory.shared_bandwidth, width)
        return edge
