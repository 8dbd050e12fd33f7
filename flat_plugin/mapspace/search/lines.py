"""Choices inside one by one: what each costs in any case, and each time the staying tensor's tile changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from flat_plugin.mapspace.columns import Columns
from flat_plugin.mapspace.search.divided import Divided
from flat_plugin.mapspace.search.pads import NOWHERE, Pads
from flat_plugin.mapspace.search.trips import ceil_div
from flat_plugin.mapspace.search.units import Units
from flat_plugin.mapspace.search.wanted import Wanted
from flat_plugin.model.mapping_batch import Array


@dataclass(frozen=True)
class Lines(Columns):
    """Choices, one a column (``n``)."""

    base: Array  # [n] pJ in any case
    word: Array  # [n] pJ each time the staying tensor's tile changes
    asked: Array  # [4, n] words that units ask of the shared memory: read, updated, and each time more
    moved: Array  # [2, n] words that they ask of the outermost memory directly, and each time more
    stays: Array  # [n] the tensor
    steps: Array  # [n] cycles of the array, at least
    beside: Array  # [n] index into ``Units.unrolled``
    kept: Array  # [n] index into ``Units.pads`` of the staying tensor

    def __len__(self) -> int:
        return len(self.base)

    @classmethod
    def joined(cls, parts: Sequence[Lines]) -> Lines:
        return super().joined(parts) if parts else Lines.none()

    @staticmethod
    def none() -> Lines:
        none = np.empty(0)
        whole = np.empty(0, dtype=np.int64)
        return Lines(none, none, np.empty((4, 0)), np.empty((2, 0)), whole, none, whole, whole)


def lines_of(wanted: Wanted, stays: int, beside: Array, kept: Array, tile: Divided) -> Lines:
    """Lines of what lies side by side and a unit's choice, column by column; all of them keep each tensor in
    the same memory. Those that the model would not count are left out.

    Args:
        tile: what the rows of a shared iteration divide into.
    """
    units = wanted.units
    wide, extents = units.unrolled.wide[:, beside], units.pads[stays].extents[:, kept]
    in_use = _in_use(units, wide, extents)
    used = np.floor(in_use.prod(axis=0) * units.cores + 1e-9)
    computed = used * _computed(wanted, wide, extents)
    if units.linked:  # their number is not an average that is rounded
        computed = np.full(len(beside), units.counted * wanted.operations)
    counted = np.flatnonzero(computed >= units.counted * wanted.operations)
    beside, kept, wide, in_use, used, computed = (
        part[..., counted] for part in (beside, kept, wide, in_use, used, computed)
    )
    choices = _Choices(wanted, stays, units.pads[stays].take(kept), wide, in_use, used, computed)
    steps = tile.steps(wide, choices.pads.extents)
    base, word = computed * wanted.prices.compute, np.zeros(len(beside))
    asked, moved = np.zeros((4, len(beside))), np.zeros((2, len(beside)))
    for t in wanted.tensors:
        fixed, each = choices.cost(t)
        base += fixed
        word += each
        choices.ask(t, asked, moved)
    base += sum(wanted.prices.leak[wanted.shared + 1 :]) * used * steps
    return Lines(base, word, asked, moved, np.full(len(beside), stays), steps, beside, kept)


def _in_use(units: Units, wide: Array, extents: Array) -> Array:
    """[core, n] units in use along each dimension, on average over ragged turns."""
    rows = [ceil_div(size, extents[d]) for d, size in enumerate(units.sizes)]
    return np.stack([n / ceil_div(n, wide[d]) for d, n in enumerate(rows)])


def _computed(wanted: Wanted, wide: Array, extents: Array) -> Array:
    """Steps of the first unit, which stands for all: in its last turn it may have fewer."""
    steps = np.full(wide.shape[1], float(wanted.units.turns))
    for d in range(len(wanted.units.sizes)):
        steps *= wanted.rows_of_first(d, wide[d], extents[d])
    return steps


@dataclass(frozen=True)
class _Choices:
    """What lies side by side and what a unit keeps, one a column (``n``).

    Attributes:
        pads: [n] choices of a unit, which keep each tensor in the same memory.
        wide: [core, n] units side by side.
        in_use: [core, n] of which so many are in use.
        used: [n] units in use in all.
        computed: [n] multiply-accumulates that are counted.
    """

    wanted: Wanted
    stays: int
    pads: Pads
    wide: Array
    in_use: Array
    used: Array
    computed: Array

    def cost(self, t: int) -> tuple[Array, Array]:
        """pJ of one tensor: in any case, and each time its tile changes if it is the one that stays."""
        wanted, wide, pads, prices = self.wanted, self.wide, self.pads, self.wanted.prices
        missing, words = wanted.structure.missing[t], wanted.words(t)
        output, nothing = t == wanted.structure.output, np.zeros(wide.shape[1])
        place = int(pads.where[t, 0]) if len(pads) else NOWHERE
        parent, copies = wanted.parents.level[t], wanted.parents.copies[t]
        read = prices.read[parent] * copies
        ask = read + (prices.update[parent] * copies if output else 0.0)
        if wanted.asks_directly(t, pads):
            return wanted.cost_asked(t, wanted.directly(t, wide, pads.extents)), nothing
        turns = wanted.turns(t, wide, pads)
        if place == NOWHERE:
            if wanted.units.linked and t == self.stays:
                return wanted.cost_asked(t, nothing), np.full(wide.shape[1], words * ask)
            return wanted.cost_asked(t, words * turns), nothing
        level = wanted.shared + 1 + place
        filled = self.in_use[list(missing)].prod(axis=0) / wide.prod(axis=0) * self.used
        fill = prices.write[level] * filled
        each = words * (ask + fill)
        inner = prices.read[level] + (prices.update[level] if output else 0.0)
        together = wide[list(missing)].prod(axis=0).astype(float)
        first = words * (read + fill + prices.read[level] * together * wanted.units.cores) if output else 0.0
        base = self.computed * inner - first
        if t == self.stays:
            return base, each
        return base + each * turns, nothing

    def ask(self, t: int, asked: Array, moved: Array) -> None:
        """Add the words of one tensor that units ask of the shared memory, of one core, or of the outermost
        one (as ``Lines`` has them)."""
        wanted, wide = self.wanted, self.wide
        words, output = wanted.words(t), t == wanted.structure.output
        each = np.zeros(wide.shape[1])
        if t == self.stays:
            turns, each = np.zeros(wide.shape[1]), words * np.ones(wide.shape[1])
        elif wanted.asks_directly(t, self.pads):
            turns = wanted.directly(t, wide, self.pads.extents) / words
        else:
            turns = wanted.turns(t, wide, self.pads)
        first = words if output else 0.0
        if wanted.units.linked:
            return
        if wanted.parents.level[t] == wanted.shared:
            asked[0] += words * turns - first
            asked[2] += each
            if output:
                asked[1] += words * turns
                asked[3] += each
        elif wanted.parents.level[t] == 0:
            copies = wanted.parents.copies[t]
            moved[0] += (words * turns * (2 if output else 1) - first) * copies
            moved[1] += each * (2 if output else 1) * copies
