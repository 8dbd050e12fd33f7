"""What the join of two operators needs to know of each: figures of tiles (bounds) and of nests (exact)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from flat_plugin.mapspace.pareto import pareto_indices
from flat_plugin.model.mapping_batch import Array

_GROUPS = 6


@dataclass(frozen=True)
class Points:
    """Figures of one operator, one tile or nest a column (``n``)."""

    cycles: Array  # [n] of the operator alone
    steps: Array  # [n] cycles of the array
    busy: Array  # [memories, n] cycles of each memory's ports
    energy: Array  # [n] pJ; infinite where the hardware refuses
    traffic: Array  # [n] words of the outermost memory
    room: Array  # [memories, n] words that count against each memory
    edge: Array  # [n] cycles that nothing overlaps: the first tiles' way in, the last ones' way out
    number: Array  # [n] which tile or nest

    def __len__(self) -> int:
        return len(self.steps)

    def take(self, columns: Array) -> Points:
        return Points(*(getattr(self, name)[..., columns] for name in self.__dataclass_fields__))

    def column(self) -> Points:
        """The same points along the rows of a table with one column."""
        return Points(*(getattr(self, name)[..., None] for name in self.__dataclass_fields__))

    def least(self) -> Points:
        """The least of every figure, whichever point has it."""
        names = self.__dataclass_fields__
        return Points(*(getattr(self, name).min(axis=-1, keepdims=True) for name in names))

    def grouped(self, level: int) -> Points:
        """A few points that are no worse than these: the least of neighbours in room and in cycles.

        Args:
            level: the memory whose room tells them apart.
        """
        if len(self) <= _GROUPS**2:
            return self
        found = []
        for by_room in np.array_split(np.argsort(self.room[level], kind="stable"), _GROUPS):
            near = self.take(by_room)
            parts = np.array_split(np.argsort(near.steps, kind="stable"), _GROUPS)
            found += [near.take(part).least() for part in parts if len(part)]
        return Points.joined(found)

    def useful(self) -> Array:
        """The points that no other equals or beats in everything."""
        figures = [self.energy, self.traffic, self.cycles, self.steps, self.edge, *self.busy, *self.room]
        return pareto_indices(np.stack(figures, axis=1))

    @staticmethod
    def joined(parts: Sequence[Points]) -> Points:
        names = Points.__dataclass_fields__
        return Points(*(np.concatenate([getattr(p, name) for p in parts], axis=-1) for name in names))
