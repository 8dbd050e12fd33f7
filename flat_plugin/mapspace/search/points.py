"""What the join of two operators needs to know of each: figures of tiles (bounds) and of nests (exact)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from flat_plugin.mapspace.columns import Columns
from flat_plugin.mapspace.pareto import pareto_indices
from flat_plugin.model.mapping_batch import Array

_GROUPS = 6


@dataclass(frozen=True)
class Points(Columns):
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
