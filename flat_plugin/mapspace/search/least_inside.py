"""What choices inside cost at least: a unit's choice alone, and with each of what may lie side by side."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from flat_plugin.mapspace.search.pads import NOWHERE, Pads
from flat_plugin.mapspace.search.trips import ceil_div
from flat_plugin.mapspace.search.wanted import Wanted
from flat_plugin.model.mapping_batch import Array


@dataclass(frozen=True)
class LeastInside:
    """Bounds of the choices of one operator's units where one tensor stays."""

    wanted: Wanted
    stays: int

    def floors(self, pads: Pads) -> Array:
        """[pads] pJ that no line of a unit's choice goes below, whatever lies side by side."""
        wanted, units = self.wanted, self.wanted.units
        widest = units.unrolled.wide.max(axis=1)
        floors = self._at_units(pads)
        for t, missing in enumerate(wanted.structure.missing):
            turns = np.ones(len(pads))
            for d in missing:
                turns *= ceil_div(units.sizes[d], widest[d] * pads.used[t, d])
            floors += wanted.least_asked(t, self.stays, turns)
            floors -= self._not_read(t, np.array([widest[list(missing)].prod()]), pads)[:, 0]
        return floors

    def energy(self, pads: Pads, beside: Array, alone: bool) -> Array:
        """[pads, beside] pJ that a unit's choice costs at least with what lies side by side.

        Args:
            pads: choices that keep each tensor in the same memory.
            alone: each of ``beside`` stands for itself, and not for all that are narrower too.
        """
        wanted = self.wanted
        least = np.repeat(self._at_units(pads)[:, None], len(beside), axis=1)
        side_by_side = wanted.units.unrolled.wide[:, None, beside]
        for t in wanted.tensors:
            if alone and wanted.asks_directly(t, pads):
                least += wanted.cost_asked(t, wanted.directly(t, side_by_side, pads.extents[:, :, None]))
                continue
            wide, which = wanted.units.along[t]
            together = wide.prod(axis=0)
            asked = wanted.least_asked(t, self.stays, wanted.times(t, pads))
            least += (asked - self._not_read(t, together, pads))[:, which[beside]]
        return least

    def moved(self, pads: Pads, beside: Array) -> Array:
        """[pads, beside] words of the outermost memory that units ask for themselves, at least."""
        wanted = self.wanted
        moved = np.zeros((len(pads), len(beside)))
        for t in wanted.tensors:
            if wanted.parents.level[t] != 0 or wanted.units.linked:
                continue
            words, copies, output = wanted.words(t), wanted.parents.copies[t], t == wanted.structure.output
            if t == self.stays:
                asked = np.zeros(1)
            else:
                asked = words * wanted.times(t, pads)[:, wanted.units.along[t][1][beside]]
            moved += (asked * 2 - words if output else asked) * copies
        return moved

    def _at_units(self, pads: Pads) -> Array:
        """[pads] pJ at the units, at least: every multiply-accumulate needs its words, and a word that comes
        to a unit serves as many as use it before it moves."""
        wanted, prices = self.wanted, self.wanted.prices
        operations = wanted.units.counted * wanted.operations
        cost = np.full(len(pads), operations * prices.compute)
        for t, missing in enumerate(wanted.structure.missing):
            kept, level = pads.where[t] != NOWHERE, np.maximum(wanted.shared + 1 + pads.where[t], 0)
            inner = prices.read[level]
            if t == wanted.structure.output:
                inner = inner + prices.update[level]
            elif t != self.stays:
                inner = inner + prices.write[level] / pads.used[t, list(missing)].prod(axis=0)
            cost += np.where(kept, operations * inner, 0.0)
        return cost

    def _not_read(self, t: int, together: Array, pads: Pads) -> Array:
        """[pads, units together] pJ of the first words of each partial sum, which no unit reads."""
        wanted = self.wanted
        if t != wanted.structure.output:
            return np.zeros((len(pads), len(together)))
        level = np.maximum(wanted.shared + 1 + pads.where[t], 0)
        read = np.where(pads.where[t] == NOWHERE, 0.0, wanted.prices.read[level])
        first = wanted.words(t) * wanted.units.cores * read
        return np.asarray(first[:, None] * together)
