"""What an operator costs inside the innermost shared memory, for every choice of what lies side by side
and what each compute unit keeps.

That memory's loops leave one tensor in place (it *stays*). Everything else about them is known from the
choice alone; so the cost of a choice is a line: what it costs in any case, and what it costs each time the
staying tensor's tile of the shared memory changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from flat_plugin.architecture.hardware import Architecture
from flat_plugin.mapspace.limits import FREE, Limits, Spread
from flat_plugin.mapspace.search.pads import NOWHERE, Pads, pads_of
from flat_plugin.mapspace.search.prices import Prices
from flat_plugin.mapspace.search.trips import ceil_div
from flat_plugin.mapspace.search.unrolled import Unrolled, unrolled
from flat_plugin.mapspace.structure import Structure
from flat_plugin.model.batch import Array

COUNTED = 0.99  # of the operations at least: Timeloop rounds units that ragged turns use on average


@dataclass(frozen=True)
class Parents:
    """Whom the compute units' memories ask, one entry a tensor."""

    level: tuple[int, ...]  # the innermost memory outside the units that keeps it
    copies: tuple[float, ...]  # of what it reads, because several of its instances hold the same


@dataclass(frozen=True)
class Lines:
    """Choices, one a column (``n``)."""

    base: Array  # [n] pJ in any case
    word: Array  # [n] pJ each time the staying tensor's tile changes
    asked: Array  # [4, n] words that units ask of the shared memory: read, updated, and each time more
    moved: Array  # [2, n] words that they ask of the outermost memory directly, and each time more
    stays: Array  # [n] the tensor
    steps: Array  # [n] cycles of the array, at least
    beside: Array  # [n] index into ``Inside.unrolled``
    kept: Array  # [n] index into ``Inside.pads`` of the staying tensor

    def __len__(self) -> int:
        return len(self.base)

    def take(self, columns: Array) -> Lines:
        return Lines(*(getattr(self, name)[..., columns] for name in self.__dataclass_fields__))


class Inside:
    """One operator below its innermost shared memory, for one way to spread it over cores.

    Args:
        shared: the innermost memory that compute units share.
        sizes: rows of each core dimension in one core.
        turns: how many problems of these sizes a core works through (batch and heads).
        cores: how many cores there are of them, on average over a ragged last turn.
    """

    def __init__(
        self,
        structure: Structure,
        architecture: Architecture,
        prices: Prices,
        shared: int,
        sizes: tuple[int, ...],
        turns: float,
        cores: float,
        parents: Parents,
        perfect: bool = False,
        limits: Limits = FREE,
    ) -> None:
        self.structure, self.architecture, self.prices = structure, architecture, prices
        self.shared, self.sizes, self.turns, self.cores = shared, sizes, turns, cores
        self.parents, self.perfect = parents, perfect
        own = architecture.memories[shared + 1 :]
        self.linked = not own and architecture.fanout(shared) != (1, 1)
        every = unrolled(sizes, architecture.fanout(shared), perfect, self.linked)
        self.unrolled = every.take(_allowed(every, limits.spread(shared, len(sizes))))
        tensors = range(len(structure.missing))
        kept = tensors if own or self.linked else []
        self.pads: dict[int, Pads] = {
            stays: _keeping(pads_of(structure, own, sizes, stays, perfect=perfect), limits)
            for stays in (NOWHERE, *kept)
        }

    @property
    def empty(self) -> bool:
        """Whether the limits leave nothing."""
        return not len(self.unrolled) or not any(map(len, self.pads.values()))

    def words_in_units(self, t: int) -> float:
        """Words of the tensor that stays which all units hold together, at most."""
        present = list(self.structure.indexing[t])
        most = [every.prod(axis=0).max(initial=0) for every in (self.unrolled.wide[present], self.pads[t].extents[present])]
        return float(most[0] * most[1])

    @cached_property
    def least_steps(self) -> Array:
        """[unrolled] cycles of the array, at least, with every choice of what lies side by side."""
        return self._turns(self.unrolled.wide, np.ones_like(self.unrolled.wide))

    def fastest(self, walked: tuple[int, ...]) -> tuple[Array, Array]:
        """For every choice of what lies side by side along some dimensions ([dimensions, n]), the least
        cycles of the array that the others leave: times the turns along these, those of all."""
        if walked not in self._fastest_by:
            others = np.full(len(self.unrolled), float(self.turns))
            for d, size in enumerate(self.sizes):
                if d not in walked:
                    others *= ceil_div(size, self.unrolled.wide[d])
            wide, which = np.unique(self.unrolled.wide[list(walked)], axis=1, return_inverse=True)
            least = np.full(wide.shape[1], np.inf)
            np.minimum.at(least, which.reshape(-1), others)
            self._fastest_by[walked] = wide, least
        return self._fastest_by[walked]

    @cached_property
    def _fastest_by(self) -> dict[tuple[int, ...], tuple[Array, Array]]:
        return {}

    @cached_property
    def _fastest(self) -> tuple[list[Array], Array]:
        """For every axis the numbers of children along it, and the least cycles up to each of them."""
        along = [self.unrolled.wide[list(missing)].prod(axis=0) for missing in self.structure.missing]
        values = [np.unique(wide) for wide in along]
        table = np.full([len(v) for v in values], np.inf)
        where = tuple(np.searchsorted(v, wide) for v, wide in zip(values, along, strict=True))
        np.minimum.at(table, where, self.least_steps)
        for axis in range(table.ndim):
            table = np.minimum.accumulate(table, axis=axis)
        return values, table

    def steps_within(self, rows: Sequence[Array]) -> Array:
        """Cycles of the array, at least, for tiles of so many rows along every axis."""
        values, table = self._fastest
        where = (np.searchsorted(v, r, "right") - 1 for v, r in zip(values, rows, strict=True))
        return table[tuple(where)]

    def lines(self, stays: int, steps: float, energy: float) -> Lines:
        """Every choice where one tensor stays, of so many cycles and pJ at most, the cheapest first."""
        beside = np.flatnonzero(self.least_steps <= steps)
        parts: list[Lines] = []
        if stays not in self.pads:
            return self._nothing()
        pads, floors = self.pads[stays], self.floors(stays)
        for column in np.argsort(floors, kind="stable"):
            if floors[column] > energy:
                break
            near = beside[self._least(stays, pads, int(column), beside) <= energy]
            line = self._line(near, stays, pads, int(column))
            parts.append(line.take(np.flatnonzero((line.steps <= steps) & (line.base <= energy))))
        if not parts:
            return self._nothing()
        names = Lines.__dataclass_fields__
        found = Lines(*(np.concatenate([getattr(p, name) for p in parts], axis=-1) for name in names))
        return found.take(np.argsort(found.base, kind="stable"))

    def _nothing(self) -> Lines:
        none = np.empty(0)
        whole = np.empty(0, dtype=np.int64)
        return Lines(none, none, np.empty((4, 0)), np.empty((2, 0)), whole, none, whole, whole)

    def floors(self, stays: int) -> Array:
        """[pads] pJ that no line of a unit's choice goes below, whatever lies side by side."""
        if stays not in self._known_floors:
            self._known_floors[stays] = self._floors(stays, self.pads[stays])
        return self._known_floors[stays]

    @cached_property
    def _known_floors(self) -> dict[int, Array]:
        return {}

    def _floors(self, stays: int, pads: Pads) -> Array:
        widest = self.unrolled.wide.max(axis=1)
        floors = self._at_units(pads)
        for t, missing in enumerate(self.structure.missing):
            turns = np.ones(len(pads))
            for d in missing:
                turns *= ceil_div(self.sizes[d], widest[d] * pads.used[t, d])
            floors += self._least_asked(t, stays, turns)
        return floors

    def _least(self, stays: int, pads: Pads, column: int, beside: Array) -> Array:
        """[beside] pJ that a unit's choice costs at least with each choice of what lies side by side."""
        least = np.full(len(beside), self._at_units(pads.take(np.array([column])))[0])
        for t, missing in enumerate(self.structure.missing):
            wide, which = self._along[t]
            turns = np.ones(wide.shape[1])
            for i, d in enumerate(missing):
                turns *= ceil_div(self.sizes[d], wide[i] * pads.used[t, d, column])
            least += self._least_asked(t, stays, turns)[which[beside]]
        return least

    @cached_property
    def _along(self) -> list[tuple[Array, Array]]:
        """For every tensor, what may lie side by side along what it misses, and which of it each choice has."""
        found = []
        for missing in self.structure.missing:
            wide, which = np.unique(self.unrolled.wide[list(missing)], axis=1, return_inverse=True)
            found.append((wide, which.reshape(-1)))
        return found

    def _least_asked(self, t: int, stays: int, turns: Array) -> Array:
        """pJ at the memory that units ask for a tensor so many times, at least."""
        if stays == t:
            return np.zeros(len(turns))
        words, parent, copies = self._words(t), self.parents.level[t], self.parents.copies[t]
        read = words * self.prices.read[parent] * copies
        if t != self.structure.output:
            return turns * read
        return turns * (read + words * self.prices.update[parent] * copies) - read

    def _at_units(self, pads: Pads) -> Array:
        """[pads] pJ at the units, at least."""
        operations = COUNTED * self.operations
        floors = np.full(len(pads), operations * self.prices.compute)
        for t in range(len(self.structure.missing)):
            level = np.maximum(self.shared + 1 + pads.where[t], 0)
            inner = (self.prices.update if t == self.structure.output else self.prices.read)[level]
            floors += np.where(pads.where[t] == NOWHERE, 0.0, operations * inner)
        return floors

    def _turns(self, wide: Array, own: Array) -> Array:
        """Cycles of all turns of a core whose units take ``wide`` × ``own`` rows at once."""
        steps = np.full(wide.shape[1], float(self.turns))
        for d, size in enumerate(self.sizes):
            steps *= ceil_div(size, wide[d] * own[d]) * own[d]
        return steps

    def _line(self, beside: Array, stays: int, pads: Pads, column: int) -> Lines:
        wide = self.unrolled.wide[:, beside]
        extents = np.broadcast_to(pads.extents[:, column : column + 1], wide.shape)
        steps = self._turns(wide, extents)
        units = self._units(wide, extents)
        computed = np.floor(units.prod(axis=0) * self.cores + 1e-9) * self._computed(wide, extents)
        counted = computed >= COUNTED * self.operations
        beside, wide, steps, units, computed = (
            part[..., counted] for part in (beside, wide, steps, units, computed)
        )
        used = np.floor(units.prod(axis=0) * self.cores + 1e-9)
        base, word = computed * self.prices.compute, np.zeros(len(beside))
        asked, moved = np.zeros((4, len(beside))), np.zeros((2, len(beside)))
        for t in range(len(self.structure.missing)):
            fixed, each = self._tensor(t, wide, units, pads, column, stays, computed, used)
            base += fixed
            word += each
            self._asked(t, wide, pads, column, stays, asked, moved)
        own = range(self.shared + 1, len(self.architecture.memories))
        leak = sum(self.prices.leak[level] for level in own)
        base += leak * used * steps
        count = len(beside)
        return Lines(base, word, asked, moved, np.full(count, stays), steps, beside, np.full(count, column))

    @property
    def operations(self) -> float:
        """Multiply-accumulates of all cores."""
        return float(self.turns) * float(np.prod([float(n) for n in self.sizes])) * self.cores

    def _units(self, wide: Array, extents: Array) -> Array:
        """[core, n] units in use along each dimension, on average over ragged turns."""
        rows = [ceil_div(size, extents[d]) for d, size in enumerate(self.sizes)]
        return np.stack([n / ceil_div(n, wide[d]) for d, n in enumerate(rows)])

    def _computed(self, wide: Array, extents: Array) -> Array:
        """Steps of the first unit, which stands for all: in its last turn it may have fewer."""
        steps = np.full(wide.shape[1], float(self.turns))
        for d, size in enumerate(self.sizes):
            turns = ceil_div(size, wide[d] * extents[d])
            left = size - (turns - 1) * wide[d] * extents[d]
            steps *= (turns - 1) * extents[d] + np.minimum(left, extents[d])
        return steps

    def _tensor(
        self,
        t: int,
        wide: Array,
        units: Array,
        pads: Pads,
        column: int,
        stays: int,
        computed: Array,
        used: Array,
    ) -> tuple[Array, Array]:
        """pJ of one tensor: in any case, and each time its tile changes if it is the one that stays."""
        missing = self.structure.missing[t]
        words = self._words(t)
        together = wide[list(missing)].prod(axis=0).astype(float)
        place, output = int(pads.where[t, column]), t == self.structure.output
        parent, copies = self.parents.level[t], self.parents.copies[t]
        read = self.prices.read[parent] * copies
        ask = read + (self.prices.update[parent] * copies if output else 0.0)
        turns = np.ones(wide.shape[1])
        for d in missing:
            turns *= ceil_div(self.sizes[d], wide[d] * pads.used[t, d, column])
        if place == NOWHERE:
            first = words * read if output else 0.0
            if self.linked and t == stays:
                return np.full(wide.shape[1], -first), np.full(wide.shape[1], words * ask)
            return words * turns * ask - first, np.zeros(wide.shape[1])
        level = self.shared + 1 + place
        filled = units[list(missing)].prod(axis=0) / wide.prod(axis=0) * used
        fill = self.prices.write[level] * filled
        each = words * (ask + fill)
        inner = self.prices.read[level] + (self.prices.update[level] if output else 0.0)
        first = words * (read + fill + self.prices.read[level] * together * self.cores) if output else 0.0
        base = computed * inner - first
        if t == stays:
            return base, each
        return base + each * turns, np.zeros(wide.shape[1])

    def _asked(
        self, t: int, wide: Array, pads: Pads, column: int, stays: int, asked: Array, moved: Array
    ) -> None:
        """Words of one tensor that units ask of the shared memory, of one core, or of the outermost one."""
        words, output = self._words(t), t == self.structure.output
        turns = np.ones(wide.shape[1])
        for d in self.structure.missing[t]:
            turns *= ceil_div(self.sizes[d], wide[d] * pads.used[t, d, column])
        each = words * np.ones(wide.shape[1])
        if t == stays:
            turns = np.zeros(wide.shape[1])
        else:
            each = np.zeros(wide.shape[1])
        first = words if output else 0.0
        if self.parents.level[t] == self.shared and not self.linked:
            asked[0] += words * turns - first
            asked[2] += each
            if output:
                asked[1] += words * turns
                asked[3] += each
        elif self.parents.level[t] == 0 and not self.linked:
            copies = self.parents.copies[t]
            moved[0] += (words * turns * (2 if output else 1) - first) * copies
            moved[1] += each * (2 if output else 1) * copies

    def _words(self, t: int) -> float:
        """Words of a tensor in one core, of all its turns."""
        words = float(self.turns)
        for d in self.structure.indexing[t]:
            words *= self.sizes[d]
        return words

    @staticmethod
    def envelope(lines: Lines) -> tuple[Array, Array]:
        """The lines (pJ in any case, pJ a change) that are lowest somewhere, of those in order."""
        before = (
            np.minimum.accumulate(np.concatenate([[np.inf], lines.word[:-1]])) if len(lines) else lines.word
        )
        best = np.flatnonzero(lines.word < before)
        return lines.base[best], lines.word[best]


def _allowed(unrolled: Unrolled, spread: Spread) -> Array:
    """The choices of what lies side by side that an array's limits allow."""
    fits = np.ones(len(unrolled), dtype=bool)
    for d, wide in enumerate(unrolled.wide):
        fits &= (wide >= spread.least[d]) & (wide <= spread.most[d])
        on_x, apart = unrolled.on_x[d], wide > 1
        fits &= ~apart | (on_x & ("x" in spread.axes[d])) | (~on_x & ("y" in spread.axes[d]))
    return np.flatnonzero(fits)


def _keeping(pads: Pads, limits: Limits) -> Pads:
    """A unit's choices that keep what the limits say."""
    fits = np.ones(len(pads), dtype=bool)
    for t, said in enumerate(limits.keep):
        if said is not None:
            fits &= (pads.where[t] != NOWHERE) == said
    return pads.take(np.flatnonzero(fits))
