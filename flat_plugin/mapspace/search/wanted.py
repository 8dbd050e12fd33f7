"""What compute units ask of the memories outside them: how many words of each tensor, and what these cost."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from flat_plugin.mapspace.search.pads import NOWHERE, Pads
from flat_plugin.mapspace.search.prices import Prices
from flat_plugin.mapspace.search.trips import ceil_div
from flat_plugin.mapspace.search.units import Units
from flat_plugin.mapspace.structure import Structure
from flat_plugin.model.mapping_batch import Array


@dataclass(frozen=True)
class Parents:
    """Whom the compute units' memories ask, one entry a tensor."""

    level: tuple[int, ...]  # the innermost memory outside the units that keeps it
    copies: tuple[float, ...]  # of what it reads, because several of its instances hold the same


@dataclass(frozen=True)
class Wanted:
    """One operator's units, and whom they ask.

    Attributes:
        shared: the innermost memory that compute units share.
    """

    prices: Prices
    shared: int
    units: Units
    parents: Parents

    @property
    def structure(self) -> Structure:
        return self.units.structure

    @property
    def tensors(self) -> range:
        return range(len(self.structure.missing))

    @property
    def operations(self) -> float:
        """Multiply-accumulates of all cores."""
        units = self.units
        return float(units.turns) * float(np.prod([float(n) for n in units.sizes])) * units.cores

    def words(self, t: int) -> float:
        """Words of a tensor in one core, of all its turns."""
        words = float(self.units.turns)
        for d in self.structure.indexing[t]:
            words *= self.units.sizes[d]
        return words

    def word(self, stays: int) -> float:
        """pJ each time the staying tensor's tile changes, at least."""
        if stays < 0:
            return 0.0
        parent, copies = self.parents.level[stays], self.parents.copies[stays]
        ask = self.prices.read[parent]
        if stays == self.structure.output:
            ask = ask + self.prices.update[parent]
        return float(self.words(stays) * ask * copies)

    def word_moved(self, stays: int) -> float:
        """Words of the outermost memory that move each time it changes."""
        if stays < 0 or self.parents.level[stays] != 0 or self.units.linked:
            return 0.0
        times = 2 if stays == self.structure.output else 1
        return self.words(stays) * times * self.parents.copies[stays]

    def asks_directly(self, t: int, pads: Pads) -> bool:
        """Whether units that keep their tensors in one way ask for a tensor at each step."""
        return not self.units.linked and bool(len(pads)) and bool(pads.where[t, 0] == NOWHERE)

    def directly(self, t: int, wide: Array, own: Array) -> Array:
        """Words of one core that units ask for without keeping them: of those side by side the first stands
        for all, so each asks for as many rows as it has, in the last turn too.

        Args:
            wide, own: by dimension, units side by side and rows of one of them.
        """
        words: Array | float = float(self.units.turns)
        for d in range(len(self.units.sizes)):
            words = words * self.rows_of_first(d, wide[d], own[d])
            if d in self.structure.indexing[t]:
                words = words * wide[d]
        return np.asarray(words)

    def rows_of_first(self, d: int, wide: Array, own: Array) -> Array:
        """Rows along a dimension that the first of the units side by side has in all its turns."""
        size = self.units.sizes[d]
        turns = ceil_div(size, wide * own)
        return np.asarray((turns - 1) * own + np.minimum(size - (turns - 1) * wide * own, own))

    def turns(self, t: int, wide: Array, pads: Pads) -> Array:
        """[n] how often units ask for a tensor, choice by choice.

        Args:
            wide: [core, n] units side by side.
        """
        turns = np.ones(wide.shape[1])
        for d in self.structure.missing[t]:
            turns *= ceil_div(self.units.sizes[d], wide[d] * pads.used[t, d])
        return turns

    def times(self, t: int, pads: Pads) -> Array:
        """[pads, widths along what the tensor misses] how often units ask for it."""
        wide, _ = self.units.along[t]
        turns = np.ones((len(pads), wide.shape[1]))
        for i, d in enumerate(self.structure.missing[t]):
            turns *= ceil_div(self.units.sizes[d], wide[i][None] * pads.used[t, d][:, None])
        return turns

    def cost_asked(self, t: int, asked: Array) -> Array:
        """pJ at the memory that units ask for so many words of a tensor."""
        parent, copies = self.parents.level[t], self.parents.copies[t]
        read = self.prices.read[parent] * copies
        if t != self.structure.output:
            return asked * read
        return asked * (read + self.prices.update[parent] * copies) - self.words(t) * read

    def least_asked(self, t: int, stays: int, turns: Array) -> Array:
        """pJ at the memory that units ask for a tensor so many times, at least."""
        return self.cost_asked(t, np.zeros(turns.shape) if stays == t else turns * self.words(t))
