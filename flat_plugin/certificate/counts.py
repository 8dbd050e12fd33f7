"""What is counted of a tensor, at least, by the model's rules: words of memories, and what units ask for.

Words of one instance are rounded, and the instances in use down, as the model does (:mod:`.units`).
"""

from __future__ import annotations

from functools import cached_property
from math import inf, prod

import numpy as np

from flat_plugin.certificate.part import Part
from flat_plugin.certificate.prices import Prices
from flat_plugin.certificate.units import AXES, Array, Units, volume

Kept = tuple[bool, ...]
Parents = tuple[int, ...]  # for each tensor the memory that feeds what is inside; -1 where none has it yet


class Counts:
    """The costs of a part with some choices of what the units do."""

    def __init__(self, part: Part, prices: Prices, units: Units) -> None:
        self.part, self.prices, self.units = part, prices, units
        self.names = tuple(t.name for t in part.einsum.tensors)
        self.output = tuple(t.output for t in part.einsum.tensors)
        self.sizes = tuple(float(part.einsum.words(t)) for t in part.einsum.tensors)
        self.length = tuple(map(float, part.lengths))
        self.steps: Array = part.problems * volume(units.steps)
        self._counted: dict[int, Array] = {}
        self._beyond = [units.counted[x] / self.length[x] for x in AXES]

    @cached_property
    def fixed(self) -> Array:
        """[choices]: multiply-accumulates, and leakage: of each shared memory, and of the units' own while
        they compute."""
        own, shared = self.prices.cycle[self.part.shared + 1 :], self.prices.cycle[: self.part.shared + 1]
        counted = float(self.part.einsum.operations) * self.counted(-1) * self.units.share
        return counted * (self.prices.compute + sum(own)) + self.steps * sum(shared)

    def counted(self, tensor: int) -> Array:
        """[choices]: words of a tensor that the units go through, to those that there are; -1: of rows."""
        if tensor not in self._counted:
            self._counted[tensor] = prod(self._beyond[x] for x in AXES if x != tensor)
        return self._counted[tensor]

    def _at(self, level: int, words: Array | float, *, fills: bool = False) -> Array:
        """Words that are counted of a memory, at least, when all its instances have so many."""
        found = np.asarray(words, dtype=float)
        if self.part.perfect:
            return found
        if level > self.part.shared:
            part = self.units.filled if fills else self.units.share
            return np.maximum(found * part - self.units.beside, 0)
        return np.maximum(found - 1, 0)

    def moved(self, tensor: int, level: int, parent: int, turns: Array, copies: Array | float) -> Array:
        """The cost of a tensor that comes so many times, each time in so many copies."""
        if parent < 0:
            return np.zeros_like(turns)
        words, prices = self.sizes[tensor], self.prices
        if self.output[tensor]:
            again = words * (turns - 1)
            back = prices.write[level] * self._at(level, again, fills=True)
            back += prices.read[parent] * self._at(parent, again)
            return prices.update[parent] * self._at(parent, words * turns) + back
        read, filled = self._at(parent, words * turns), self._at(level, words * copies, fills=True)
        return prices.read[parent] * read + prices.write[level] * filled

    def asked(self, parents: Parents) -> Array:
        """[choices]: what the units ask of the memories that feed them, at every cycle; they hold nothing."""
        total = np.zeros(len(self.units))
        for t in AXES:
            level = parents[t]
            if level < 0:
                return np.full_like(total, inf)
            words, first = self._asked(t, level)
            prices, again = self.prices, self._at(level, np.maximum(words - first, 0))
            if self.output[t]:
                total += self._at(level, words) * prices.update[level] + again * prices.read[level]
            else:
                total += self._at(level, words) * prices.read[level]
        return total

    def _asked(self, t: int, level: int) -> tuple[Array, Array]:
        """Words of a tensor that the units ask of a memory; and those that are there for the first time."""
        one = np.full(len(self.units), self.sizes[t])
        if self.part.shared == self.part.levels - 1 and prod(self.part.mesh) > 1:
            return one, one  # neighbours may hand on everything but first words
        if level > self.part.shared:
            return self.part.einsum.operations * self.counted(-1), one * self.units.wide[t]
        steps = np.maximum(np.ceil(self.length[t] / self.units.wide[t]), self.units.steps[t])
        return self.sizes[t] * self.counted(t) * steps, one
