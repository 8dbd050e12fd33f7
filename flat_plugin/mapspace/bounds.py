"""What an operator costs below the buffer at least, for many tiles at once, before any menu is made."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import inf
from typing import TYPE_CHECKING

import numpy as np

from flat_plugin.distinct import distinct_columns
from flat_plugin.mapspace.columns import Columns
from flat_plugin.mapspace.pareto import pareto_indices
from flat_plugin.model.mapping_batch import Array

if TYPE_CHECKING:
    from flat_plugin.mapspace.below_buffer import Below

_BLOCK = 512  # choices compared at once


@dataclass(frozen=True)
class Relaxed(Columns):
    """Energies as in :class:`~flat_plugin.mapspace.below_buffer.Outline`, rounding taken off, of choices of
    unrolling and stationary tensor."""

    energy: Array
    word: Array
    stationary: Array
    place: Array
    first: Array  # pJ to read one word of the output, at most

    def energies(self, once: Array) -> Array:
        """[choices, tiles]"""
        return self.energy[:, None] + self.word[:, None] * once[self.stationary + 1]


@dataclass(frozen=True)
class Floor:
    """What no choice beats: steps, words of the buffer, pJ a cycle of leakage."""

    steps: float
    words: float
    leak: float


class Bounds:
    """Bounds of one operator's menus."""

    def __init__(self, below: Below) -> None:
        self._below = below

    @cached_property
    def _relaxed(self) -> Relaxed:
        """The least energies of every unrolling, whatever divides the rest of a tile."""
        outline, place = self._below.outline, self._below.choices.place
        order = np.lexsort((outline.word, outline.energy - outline.slack, outline.stationary, place))
        parts = np.flatnonzero(np.diff(place[order] * 8 + outline.stationary[order])) + 1
        kept = []
        for group in np.split(order, parts):
            words = outline.word[group]
            before = np.concatenate([[inf], np.minimum.accumulate(words)[:-1]])
            kept.append(group[words < before])
        chosen = np.concatenate(kept)
        energy = outline.energy[chosen] - outline.slack[chosen]
        first = self._first[place[chosen]]
        return Relaxed(energy, outline.word[chosen], outline.stationary[chosen], place[chosen], first)

    @cached_property
    def _first(self) -> Array:
        """[placements]"""
        costs, out = self._below.costs, self._below.structure.output
        found = np.full(len(costs.placements), costs.word_energy(1, "read", out))
        if self._below.fabric.registers:
            each = sum(costs.word_energy(-1, action, out) for action in ("read", "write"))
            found += each * costs.clusters / costs.apart[out]
        return found

    @cached_property
    def _loosest(self) -> Relaxed:
        """The least of those, whatever divides a tile at all."""
        relaxed = self._relaxed
        table = np.stack([relaxed.energy, relaxed.word, -relaxed.first], axis=1)
        groups = [np.flatnonzero(relaxed.stationary == t) for t in range(-1, len(self._below.words))]
        return relaxed.take(np.concatenate([g[pareto_indices(table[g])] for g in groups]))

    def floor(self) -> Floor:
        """Steps on the whole array, each tensor once through the buffer, the least leakage."""
        return Floor(
            self._below.operations / self._below.widest,
            float(self._below.taken[:, 0] @ np.array(self._below.words)),
            float(self._below.costs.place_leaks.min()),
        )

    def least(
        self, extents: Array, carried: Array, less: Array | float = 1.0, unread: Array | float = 0.0
    ) -> Array:
        """pJ that no menu of these tiles ([core, tiles], [tensors, tiles]) goes below: as if every
        dimension of theirs could be divided by every factor.

        Args:
            less: the part of a menu's accesses that is counted.
            unread: words of the output whose first sums are then taken off as well.
        """
        energies = self._loosest.energies(self._once(extents, carried)) * less
        energies -= self._loosest.first[:, None] * unread
        return np.minimum.reduce(list(energies)) if len(energies) else np.zeros(extents.shape[1])

    def tighter(
        self, extents: Array, carried: Array, less: Array | float = 1.0, unread: Array | float = 0.0
    ) -> tuple[Array, Array]:
        """pJ and steps that no menu of these tiles goes below, for what can be unrolled there; arguments as
        of :meth:`least`."""
        scale = [np.broadcast_to(values, extents.shape[1])[None] for values in (less, unread)]
        keys, which = distinct_columns(np.concatenate([extents, carried, *scale]))
        extents, carried, (less, unread) = keys[: len(extents)], keys[len(extents) : -2], keys[-2:]
        divides = np.ones((len(self._below.spatial), extents.shape[1]), dtype=bool)
        for d, extent in enumerate(extents):
            sizes, back = np.unique(extent, return_inverse=True)
            divides &= (sizes[None] % self._below.spatial[:, d : d + 1] == 0)[:, back.reshape(-1)]
        widest = np.where(divides, self._below.spatial.prod(axis=1)[:, None], 1.0).max(axis=0)
        relaxed = self._relaxed
        least = np.full(extents.shape[1], inf)
        once, longer = self._once(extents, np.ones_like(carried)), self._once(extents, carried)
        tiles = np.stack([extents[list(present)].prod(axis=0) for present in self._below.structure.indexing])
        own = [
            self._below.spatial[:, list(present)].prod(axis=1) for present in self._below.structure.indexing
        ]
        for t in range(-1, len(self._below.words)):
            chosen = np.flatnonzero(relaxed.stationary == t)
            for start in range(0, len(chosen), _BLOCK):
                part = relaxed.take(chosen[start : start + _BLOCK])
                times = once[t + 1][None]
                if t >= 0:
                    room = max(1, self._below.fabric.registers) * own[t][part.place][:, None]
                    whole = tiles[t][None] * self._below.fabric.taken[t] <= room
                    times = np.where(whole, longer[t + 1][None], times)
                costs = (part.energy[:, None] + part.word[:, None] * times) * less
                costs -= part.first[:, None] * unread
                np.minimum(least, np.where(divides[part.place], costs, inf).min(axis=0), out=least)
        return least[which], (self._below.operations / widest)[which]

    def _once(self, extents: Array, carried: Array) -> Array:
        """[1 + tensors, tiles]: accesses of each tensor if it is the stationary one; first, of none."""
        once = [np.zeros(extents.shape[1])]
        for t, absent in enumerate(self._below.absent):
            once.append(self._below.operations / (extents[absent].prod(axis=0) * np.maximum(carried[t], 1.0)))
        return np.stack(once)
