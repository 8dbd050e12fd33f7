"""Nests of an operator at random, many at a time, of any size; nothing here is known of the search.

Trips are drawn instead of enumerated; what ``every_nest`` asks of a nest, and what it costs, is the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import ceil, exp, log, prod
from random import Random

import numpy as np
from every_nest import BATCH, Every, Nests

from flat_plugin.model.mapping_batch import Form, MappingBatch

FULL = 0.7  # of loops side by side that are as wide as they can be
WHOLE = 0.2  # of loops in time that take all that is left, of a unit's a quarter of that

Slots = list[tuple[str, int]]  # in time or along x or y, and the memory


@dataclass(frozen=True)
class Outside:
    """What operators share outside the memory of the scores.

    Attributes:
        rows: of a shared iteration, by dimension with shared loops.
        loops: trips of these, a number for each slot outside.
        orders: of the dimensions walked in time at each memory, innermost first.
        last: the innermost memory with such loops.
    """

    rows: Mapping[str, int]
    loops: Mapping[str, tuple[int, ...]]
    orders: tuple[tuple[str, ...], ...]
    last: int

    @property
    def walked(self) -> tuple[str, ...]:
        return tuple(d for d in self.rows if d not in BATCH)

    @property
    def tag(self) -> tuple:
        """As ``every_chain`` says what is shared."""
        return (*((d, self.rows[d], self.loops[d]) for d in self.walked), self.orders)


class DrawnNests(Every):
    """Nests of one operator that are drawn."""

    @cached_property
    def outside(self) -> Slots:
        return [slot for slot in self.slots if slot[1] < self.family.meeting]

    @cached_property
    def keeps(self) -> list[tuple]:
        return list(self._keeps())

    def shared(self, rng: Random) -> Outside:
        """Loops outside the scores, and rows of an iteration; last turns may be smaller."""
        meeting, walked = self.family.meeting, self.family.walked
        last = rng.randrange(meeting) if meeting else 0
        mesh = {s: self.width(s) for s in self.outside if s[0] != "t"}
        rows, loops = {}, {}
        dims = [d for d in self.einsum.dimensions if d in (*BATCH, *walked, *self.family.cores)]
        for d in rng.sample(dims, len(dims)) if meeting else ():
            tile = 1 if d in BATCH else drawn_rows(self.einsum.sizes[d], rng)
            trips = self._outside_trips(d, ceil(self.einsum.sizes[d] / tile), last, mesh, rng)
            if d in BATCH or (prod(trips) > 1 and (d in walked or trips[0] == 1)):
                rows[d], loops[d] = tile, trips
        orders = []
        for level in range(meeting):
            slot = self.outside.index(("t", level))
            turning = [d for d in rows if d not in BATCH and loops[d][slot] > 1]
            orders.append(tuple(rng.sample(turning, len(turning))))
        last = max((level for level, order in enumerate(orders) if order), default=0)
        return Outside(rows, loops, tuple(orders), last)

    def _outside_trips(self, d: str, rest: int, last: int, mesh, rng: Random) -> tuple[int, ...]:
        trips: list[int] = []
        for slot in reversed(self.outside):
            kind, level = slot
            n = 1
            if kind != "t" and d in self.family.cores:
                taken = kind == "x" and trips[-1] > 1  # one axis of each mesh
                most = 1 if taken else min(rest, mesh[slot])
                n = most if rng.random() < FULL else rng.randint(1, most)
                mesh[slot] //= n
            elif slot == ("t", 0) and d in (*BATCH, *self.family.walked):
                n = rest
            elif kind == "t" and d in self.family.walked and level <= last:
                n = rest if rng.random() < WHOLE else some(rest, rng)
            trips.append(n)
            rest = ceil(rest / n)
        return tuple(reversed(trips)) if rest == 1 else (1,) * len(trips)

    def width(self, slot: tuple[str, int]) -> int:
        """Children along x or y below a memory."""
        return self.architecture.fanout(slot[1])["xy".index(slot[0])]

    def some(self, outside: Outside, number: int, rng: Random) -> Nests | None:
        """So many nests of one order and one choice of kept tensors, without those that do not fit."""
        trips = self._trips(outside, number, np.random.default_rng(rng.getrandbits(32)))
        trips = trips[:, :, self._fits_mesh(trips)]
        temporal, x, y = np.ones((3, self.levels, *trips.shape[1:]))
        for (kind, level), one in zip(self.slots, trips, strict=True):
            {"t": temporal, "x": x, "y": y}[kind][level] = one
        keep, order = rng.choice(self.keeps), self._order(outside, rng)
        room = self._room(self._tiles(temporal, x * y), keep)
        good = self._counted_by_timeloop(temporal, x * y)
        good &= (room <= [[memory.capacity] for memory in self.architecture.memories]).all(axis=0)
        temporal, x, y, room = (a[..., good] for a in (temporal, x, y, room))
        if not good.any():
            return None
        beside = tuple(rng.sample(range(trips.shape[1]), trips.shape[1]))
        form = Form(order, (beside,) * self.levels, keep)
        batch = MappingBatch(self.einsum, self.architecture, form, temporal, x, y)
        figures, valid = self._figures(batch, room, outside.walked)
        found = Nests()
        found.add(batch, figures[:, valid], np.flatnonzero(valid))
        return found if valid.any() else None

    def _order(self, outside: Outside, rng: Random) -> tuple[tuple[int, ...], ...]:
        """Of each memory's loops, innermost first: shared ones outside, heads and sequences outermost."""
        index, batch = self.einsum.dimensions.index, [d for d in self.einsum.dimensions if d in BATCH]
        orders = []
        for level in range(self.levels):
            common = outside.orders[level] if level < len(outside.orders) else ()
            own = [d for d in self.core if d not in common]
            orders.append(tuple(map(index, (*rng.sample(own, len(own)), *common, *batch))))
        return tuple(orders)

    def _trips(self, outside: Outside, number: int, rng: np.random.Generator) -> np.ndarray:
        """[slots, dimensions, number]"""
        dims, first = list(self.einsum.dimensions), len(self.outside)
        trips = np.ones((len(self.slots), len(dims), number))
        mesh = {s: np.full(number, float(self.width(s))) for s in self.slots if s[0] != "t"}
        for i in rng.permutation(len(dims)):
            d = dims[i]
            if d in outside.rows:
                trips[:first, i] = np.array(outside.loops[d])[:, None]
                self._split(trips[:, i], outside.rows[d], self.slots[first:], True, mesh, rng)
            else:
                self._split(trips[:, i], self.einsum.sizes[d], self._own(d, outside.last), False, mesh, rng)
        return trips

    def _own(self, d: str, last: int) -> Slots:
        """Where an operator may have loops of its own over a dimension: in time not outside the shared ones,
        over cores only where nothing is shared."""
        alone = not self.family.meeting
        return [
            (kind, level)
            for kind, level in self.slots
            if (kind == "t" and level >= last and (d not in BATCH or level == 0))
            or (kind != "t" and level == self.units and d not in BATCH)
            or (kind != "t" and level != self.units and alone and d in self.family.cores)
        ]

    def _split(self, trips, rows: int, slots: Slots, exactly: bool, mesh, rng) -> None:
        """Rows over loops, from the inside out: exactly, or with last turns that may be smaller."""
        rest = np.full(trips.shape[1], float(rows))
        parts = np.array([n for n in range(1, rows + 1) if rows % n == 0]) if exactly else None
        for slot in reversed(slots):
            kind, level = slot
            if kind == "t":
                full = WHOLE / 4 if level > self.units else WHOLE
                n = rest if slot == slots[0] else drawn_trips(rest, rest, parts, rng, full)
            else:
                n = drawn_trips(rest, np.minimum(rest, mesh[slot]), parts, rng, FULL)
                other = self.slots.index(("y" if kind == "x" else "x", level))
                n = np.where(trips[other] > 1, 1.0, n)  # one axis of each mesh
                mesh[slot] = np.floor(mesh[slot] / n)
            trips[self.slots.index(slot)] = n
            rest = np.ceil(rest / n)


def drawn_trips(rest, most, parts, rng, full) -> np.ndarray:
    """[n] trips, at most so many: as many as there can be, or any, more often few; with ``parts`` those that
    divide."""
    size = len(rest)
    few = np.floor(np.exp(rng.random(size) * rng.random(size) * np.log(most + 0.999)))
    n = np.where(rng.random(size) < full, most, few)
    if parts is not None:
        return np.where((rest[:, None] % parts == 0) & (parts <= n[:, None]), parts, 0).max(axis=1)
    return np.ceil(rest / np.ceil(rest / n))  # as many turns, of the fewest


def drawn_rows(size: int, rng: Random) -> int:
    """Of a tile: all, a power of two, or any number that no smaller one makes useless."""
    kind = rng.random()
    if kind < WHOLE:
        return size
    if kind < 0.5:
        return min(size, 2 ** rng.randrange(size.bit_length()))
    return ceil(size / ceil(size / some(size, rng)))


def some(most: int, rng: Random) -> int:
    """Any number from 1, small ones as often as large ones."""
    return int(exp(rng.random() * log(most + 0.999)))
