"""What an operator's points that are known already leave out, whatever it is chained with."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from flat_plugin.mapspace.objective import staircase
from flat_plugin.mapspace.pareto import pareto_indices
from flat_plugin.mapspace.search.join import Chain
from flat_plugin.mapspace.search.points import Points
from flat_plugin.model.mapping_batch import Array

_TIMED = frozenset(("edp", "energy", "latency"))  # goals for which cycles and pJ are all that tells


@dataclass
class Beaten:
    """Known points of one operator, by all that its chain sees of them.

    Of points that are equal in all of it, one is enough.

    Attributes:
        goals: the metrics that are looked for.
    """

    chain: Chain
    goals: tuple[str, ...]
    known: Array = field(default_factory=lambda: np.empty((0, 0)))  # [points, figures]

    def add(self, points: Points) -> None:
        """These are known."""
        figures = self._seen(points)
        every = np.concatenate([self.known, figures]) if self.known.size else figures
        self.known = every[pareto_indices(every)]

    def worse(self, points: Points) -> Array:
        """Which points, of which these are lower bounds, some known one equals or beats in everything."""
        figures = self._seen(points)
        if not len(self.known):
            return np.zeros(len(figures), dtype=bool)
        if figures.shape[1] == 2:
            return self.known_second(figures[:, 0]) <= figures[:, 1]
        found = np.zeros(len(figures), dtype=bool)
        for known in self.known:
            found |= (figures >= known).all(axis=1)
        return found

    def energy(self, cycles: Array) -> Array:
        """pJ at which a point of so many cycles is no better than a known one; infinite if none tells."""
        if self.chain.fused or not _TIMED.issuperset(self.goals) or not len(self.known):
            return np.full(len(cycles), np.inf)
        return self.known_second(cycles)

    def known_second(self, first: Array) -> Array:
        """The least second figure that is known, of points whose first is no more; infinite if none is."""
        line = self.known[staircase(self.known)]
        where = np.searchsorted(line[:, 0], first, "right")
        return np.concatenate([[np.inf], line[:, 1]])[where]

    def _seen(self, points: Points) -> Array:
        """[points, figures] that a chain's metrics grow with."""
        return np.stack(
            [np.broadcast_to(f, (len(points),)) for f in self.chain.seen(points, self.goals)], axis=1
        )
