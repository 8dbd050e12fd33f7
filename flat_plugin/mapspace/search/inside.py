"""What an operator costs inside the innermost shared memory, for every choice of what lies side by side
and what each compute unit keeps.

That memory's loops leave one tensor in place (it *stays*). Everything else about them is known from the
choice alone; so the cost of a choice is a line: what it costs in any case, and what it costs each time the
staying tensor's tile of the shared memory changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from flat_plugin.architecture.hardware import Architecture
from flat_plugin.mapspace.search.divided import Divided
from flat_plugin.mapspace.search.pads import NOWHERE, Pads
from flat_plugin.mapspace.search.prices import Prices
from flat_plugin.mapspace.search.rough import Bounds, bounds_of
from flat_plugin.mapspace.search.trips import ceil_div
from flat_plugin.mapspace.search.units import Units
from flat_plugin.model.mapping_batch import Array

_BLOCK = 1 << 20  # choices bounded at once


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
    """

    def __init__(
        self, architecture: Architecture, prices: Prices, shared: int, units: Units, parents: Parents
    ) -> None:
        self.architecture, self.prices, self.shared = architecture, prices, shared
        self.units, self.parents, self.structure = units, parents, units.structure
        self.sizes, self.turns, self.cores = units.sizes, units.turns, units.cores
        self.unrolled, self.pads, self.linked = units.unrolled, units.pads, units.linked

    def lines(self, stays: int, energy: Array, tile: Divided) -> Lines:
        """Every choice where one tensor stays that costs no more, the cheapest first.

        Args:
            energy: [unrolled] pJ at most with what lies side by side.
            tile: what the rows of a shared iteration divide into.
        """
        parts, least = [], float(self.floors(stays).min(initial=np.inf)) if stays in self.pads else np.inf

        def chosen(extents: Array) -> Array:
            beside = tile.beside(extents)
            return beside[energy[beside] >= least]

        for columns, beside, cost in self._bounded(stays, float(energy.max(initial=0.0)), chosen, tile):
            column, which = np.nonzero(cost <= energy[beside])
            line = self._line(beside[which], stays, columns[column], tile)
            parts.append(line.take(np.flatnonzero(line.base <= energy[line.beside])))
        if not parts:
            return self._nothing()
        names = Lines.__dataclass_fields__
        found = Lines(*(np.concatenate([getattr(p, name) for p in parts], axis=-1) for name in names))
        return found.take(np.argsort(found.base, kind="stable"))

    def bounds(self, stays: int, steps: float, energy: float, walked: tuple[int, ...]) -> Bounds:
        """No worse than any of these lines: those that have most side by side stand for those that are
        narrower, which ask for no less, but for what ragged turns make units ask for too much.

        Args:
            walked: the core dimensions that shared loops may walk.
        """
        sizes = {d: self.sizes[d] for d in walked}
        widest = self.units.widest(walked)
        widest = widest[self.units.fewest_steps(walked)[widest] <= steps]
        columns, which = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)]
        base, moved = [np.empty(0)], [np.empty(0)]
        every = self._bounded(stays, energy, lambda extents: widest, self.units.whole, alone=False)
        for some, beside, least in every:
            column, where = np.nonzero(least <= energy)
            base.append(least[column, where])
            moved.append(self._moved(stays, self.pads[stays].take(some), beside)[column, where])
            columns.append(some[column])
            which.append(beside[where])
        column, where = np.concatenate(columns), np.concatenate(which)
        wide = self.unrolled.wide[:, where]
        own = self.pads[stays].extents[:, column] if stays in self.pads else wide
        rest = np.full(len(where), float(self.turns))
        for d, size in enumerate(self.sizes):
            if d not in walked:
                rest *= ceil_div(size, wide[d] * own[d]) * own[d]
        chosen, each = list(walked), (self.word(stays), self._word_moved(stays))
        found = np.concatenate(base), rest, np.concatenate(moved)
        return bounds_of(sizes, found, (wide[chosen], own[chosen]), each)

    def _bounded(
        self,
        stays: int,
        energy: float,
        chosen: Callable[[Array], Array],
        tile: Divided,
        *,
        alone: bool = True,
    ) -> Iterator[tuple[Array, Array, Array]]:
        """Some of a unit's choices at a time, what may lie side by side with them, and
        [choices, side by side] pJ that both cost at least.

        Args:
            chosen: what may lie side by side with units of so many rows.
            alone: each stands for itself, and not for all that are narrower too.
        """
        if stays not in self.pads:
            return
        floors = self.floors(stays)
        few = np.flatnonzero(floors <= energy)
        keys = np.concatenate([self.pads[stays].where[:, few], tile.left(self.pads[stays].extents[:, few])])
        _, group = np.unique(keys, axis=1, return_inverse=True)
        for number in range(group.max(initial=-1) + 1):
            columns = few[group.reshape(-1) == number]
            beside = chosen(self.pads[stays].extents[:, columns[0]])
            block = max(1, _BLOCK // max(1, len(beside)))
            for start in range(0, len(columns) if len(beside) else 0, block):
                some = columns[start : start + block]
                yield some, beside, self._least(stays, self.pads[stays].take(some), beside, alone)

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
        floors = self._at_units(pads, stays)
        for t, missing in enumerate(self.structure.missing):
            turns = np.ones(len(pads))
            for d in missing:
                turns *= ceil_div(self.sizes[d], widest[d] * pads.used[t, d])
            floors += self._least_asked(t, stays, turns)
            floors -= self._not_read(t, np.array([widest[list(missing)].prod()]), pads)[:, 0]
        return floors

    def _least(self, stays: int, pads: Pads, beside: Array, alone: bool) -> Array:
        """[pads, beside] pJ that a unit's choice costs at least with what lies side by side.

        Args:
            pads: choices that keep each tensor in the same memory.
        """
        least = np.repeat(self._at_units(pads, stays)[:, None], len(beside), axis=1)
        side_by_side = self.unrolled.wide[:, None, beside]
        for t in range(len(self.structure.missing)):
            if alone and self._asks_directly(t, pads):
                least += self._cost_asked(t, self._directly(t, side_by_side, pads.extents[:, :, None]))
                continue
            wide, which = self.units.along[t]
            together = wide.prod(axis=0)
            cost = self._least_asked(t, stays, self._times(t, pads)) - self._not_read(t, together, pads)
            least += cost[:, which[beside]]
        return least

    def _times(self, t: int, pads: Pads) -> Array:
        """[pads, widths along what the tensor misses] how often units ask for it."""
        wide, _ = self.units.along[t]
        turns = np.ones((len(pads), wide.shape[1]))
        for i, d in enumerate(self.structure.missing[t]):
            turns *= ceil_div(self.sizes[d], wide[i][None] * pads.used[t, d][:, None])
        return turns

    def _at_units(self, pads: Pads, stays: int) -> Array:
        """[pads] pJ at the units, at least: every multiply-accumulate needs its words, and a word that comes
        to a unit serves as many as use it before it moves."""
        operations = self.units.counted * self.operations
        cost = np.full(len(pads), operations * self.prices.compute)
        for t, missing in enumerate(self.structure.missing):
            kept, level = pads.where[t] != NOWHERE, np.maximum(self.shared + 1 + pads.where[t], 0)
            inner = self.prices.read[level]
            if t == self.structure.output:
                inner = inner + self.prices.update[level]
            elif t != stays:
                inner = inner + self.prices.write[level] / pads.used[t, list(missing)].prod(axis=0)
            cost += np.where(kept, operations * inner, 0.0)
        return cost

    def _not_read(self, t: int, together: Array, pads: Pads) -> Array:
        """[pads, units together] pJ of the first words of each partial sum, which no unit reads."""
        if t != self.structure.output:
            return np.zeros((len(pads), len(together)))
        level = np.maximum(self.shared + 1 + pads.where[t], 0)
        first = self._words(t) * self.cores * np.where(pads.where[t] == NOWHERE, 0.0, self.prices.read[level])
        return np.asarray(first[:, None] * together)

    def _moved(self, stays: int, pads: Pads, beside: Array) -> Array:
        """[pads, beside] words of the outermost memory that units ask for themselves, at least."""
        moved = np.zeros((len(pads), len(beside)))
        for t in range(len(self.structure.missing)):
            if self.parents.level[t] != 0 or self.linked:
                continue
            words, copies, output = self._words(t), self.parents.copies[t], t == self.structure.output
            if t == stays:
                asked = np.zeros(1)
            else:
                asked = words * self._times(t, pads)[:, self.units.along[t][1][beside]]
            moved += (asked * 2 - words if output else asked) * copies
        return moved

    def word(self, stays: int) -> float:
        """pJ each time the staying tensor's tile changes, at least."""
        if stays < 0:
            return 0.0
        parent, copies = self.parents.level[stays], self.parents.copies[stays]
        ask = self.prices.read[parent]
        if stays == self.structure.output:
            ask = ask + self.prices.update[parent]
        return float(self._words(stays) * ask * copies)

    def _word_moved(self, stays: int) -> float:
        """Words of the outermost memory that move each time it changes."""
        if stays < 0 or self.parents.level[stays] != 0 or self.linked:
            return 0.0
        times = 2 if stays == self.structure.output else 1
        return self._words(stays) * times * self.parents.copies[stays]

    def _asks_directly(self, t: int, pads: Pads) -> bool:
        """Whether units that keep their tensors in one way ask for a tensor at each step."""
        return not self.linked and bool(len(pads)) and bool(pads.where[t, 0] == NOWHERE)

    def _directly(self, t: int, wide: Array, own: Array) -> Array:
        """Words of one core that units ask for without keeping them: of those side by side the first stands
        for all, so each asks for as many rows as it has, in the last turn too.

        Args:
            wide, own: by dimension, units side by side and rows of one of them.
        """
        words: Array | float = float(self.turns)
        for d in range(len(self.sizes)):
            words = words * self._rows_of_first(d, wide[d], own[d])
            if d in self.structure.indexing[t]:
                words = words * wide[d]
        return np.asarray(words)

    def _rows_of_first(self, d: int, wide: Array, own: Array) -> Array:
        """Rows along a dimension that the first of the units side by side has in all its turns."""
        turns = ceil_div(self.sizes[d], wide * own)
        return np.asarray((turns - 1) * own + np.minimum(self.sizes[d] - (turns - 1) * wide * own, own))

    def _cost_asked(self, t: int, asked: Array) -> Array:
        """pJ at the memory that units ask for so many words of a tensor."""
        parent, copies = self.parents.level[t], self.parents.copies[t]
        read = self.prices.read[parent] * copies
        if t != self.structure.output:
            return asked * read
        return asked * (read + self.prices.update[parent] * copies) - self._words(t) * read

    def _least_asked(self, t: int, stays: int, turns: Array) -> Array:
        """pJ at the memory that units ask for a tensor so many times, at least."""
        words, parent, copies = self._words(t), self.parents.level[t], self.parents.copies[t]
        read = words * self.prices.read[parent] * copies
        if stays == t:
            return np.full(turns.shape, -read if t == self.structure.output else 0.0)
        if t != self.structure.output:
            return turns * read
        return turns * (read + words * self.prices.update[parent] * copies) - read

    def _line(self, beside: Array, stays: int, columns: Array, tile: Divided) -> Lines:
        """Lines of what lies side by side and a unit's choice, column by column; all of them keep each
        tensor in the same memory."""
        wide, extents = self.unrolled.wide[:, beside], self.pads[stays].extents[:, columns]
        units = self._units(wide, extents)
        used = np.floor(units.prod(axis=0) * self.cores + 1e-9)
        computed = used * self._computed(wide, extents)
        counted = np.flatnonzero(computed >= self.units.counted * self.operations)
        beside, columns, wide, units, used, computed = (
            part[..., counted] for part in (beside, columns, wide, units, used, computed)
        )
        pads = self.pads[stays].take(columns)
        steps = tile.steps(wide, pads.extents)
        base, word = computed * self.prices.compute, np.zeros(len(beside))
        asked, moved = np.zeros((4, len(beside))), np.zeros((2, len(beside)))
        for t in range(len(self.structure.missing)):
            fixed, each = self._tensor(t, wide, units, pads, stays, computed, used)
            base += fixed
            word += each
            self._asked(t, wide, pads, stays, asked, moved)
        own = range(self.shared + 1, len(self.architecture.memories))
        leak = sum(self.prices.leak[level] for level in own)
        base += leak * used * steps
        return Lines(base, word, asked, moved, np.full(len(beside), stays), steps, beside, columns)

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
        for d in range(len(self.sizes)):
            steps *= self._rows_of_first(d, wide[d], extents[d])
        return steps

    def _tensor(
        self,
        t: int,
        wide: Array,
        units: Array,
        pads: Pads,
        stays: int,
        computed: Array,
        used: Array,
    ) -> tuple[Array, Array]:
        """pJ of one tensor: in any case, and each time its tile changes if it is the one that stays."""
        missing = self.structure.missing[t]
        words = self._words(t)
        together = wide[list(missing)].prod(axis=0).astype(float)
        output = t == self.structure.output
        place = int(pads.where[t, 0]) if len(pads) else NOWHERE
        parent, copies = self.parents.level[t], self.parents.copies[t]
        read = self.prices.read[parent] * copies
        ask = read + (self.prices.update[parent] * copies if output else 0.0)
        turns = np.ones(wide.shape[1])
        for d in missing:
            turns *= ceil_div(self.sizes[d], wide[d] * pads.used[t, d])
        if self._asks_directly(t, pads):
            return self._cost_asked(t, self._directly(t, wide, pads.extents)), np.zeros(wide.shape[1])
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

    def _asked(self, t: int, wide: Array, pads: Pads, stays: int, asked: Array, moved: Array) -> None:
        """Words of one tensor that units ask of the shared memory, of one core, or of the outermost one."""
        words, output = self._words(t), t == self.structure.output
        turns = np.ones(wide.shape[1])
        for d in self.structure.missing[t]:
            turns *= ceil_div(self.sizes[d], wide[d] * pads.used[t, d])
        if self._asks_directly(t, pads):
            turns = self._directly(t, wide, pads.extents) / words
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
