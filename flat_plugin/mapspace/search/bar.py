"""What something must cost to be better than what was found."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from flat_plugin.mapspace.objective import OBJECTIVES, Best, Front, Metrics
from flat_plugin.model.batch import Array

_SLACK = 1 + 1e-9


@dataclass(frozen=True)
class Bar:
    """An incumbent, as limits.

    Attributes:
        ceiling: what the goal may be at most, before anything is found.
    """

    incumbent: Best | Front
    ceiling: float = np.inf

    @property
    def goal(self) -> str:
        """What to look at first: a front has two goals, of which neither is first."""
        goals = self.incumbent.goals
        return goals[0] if len(goals) == 1 else "edp"

    def promising(self, metrics: Metrics) -> Array:
        """Which points, of which these are lower bounds, may be better."""
        return self.incumbent.promising(metrics) & (metrics[self.goal] <= self.ceiling)

    def energy_left(self, rest: Metrics) -> Array:
        """pJ that what ``rest`` leaves out may cost, where the other metrics are lower bounds of all."""
        incumbent, goal = self.incumbent, self.goal
        if isinstance(incumbent, Front):
            return self._left_of_front(rest, incumbent)
        best = dict(zip(_ranks(incumbent.objective), incumbent.rank, strict=False))
        value = min(best.get(goal, np.inf), self.ceiling) * _SLACK
        if goal == "energy":
            return value - rest.energy
        if goal == "edp":
            return value / rest.latency - rest.energy
        with np.errstate(invalid="ignore"):  # what does not fit has infinite energy, and nothing left
            tied = best.get("edp", np.inf) / rest.latency * _SLACK - rest.energy
        free = np.where(rest[goal] <= value, np.inf, -np.inf)
        left = np.where(rest[goal] < best.get(goal, np.inf) / _SLACK, free, np.minimum(free, tied))
        return np.where(np.isfinite(rest.energy), left, -np.inf)

    def steps_left(self, floor: Metrics, others: float) -> float:
        """Cycles of the array that an operator may take, given what nothing goes below and what the others
        take at least."""
        if isinstance(self.incumbent, Front):
            return np.inf
        value = min([self.ceiling, *self.incumbent.rank[:1]]) * _SLACK
        if self.goal == "edp":
            return value / float(floor.energy[0]) - others
        return value - others if self.goal == "latency" else np.inf

    def words_left(self, rest: Metrics) -> float:
        """Words of the outermost memory that what ``rest`` leaves out may move."""
        if self.incumbent.empty or self.goal != "traffic":
            return np.inf
        assert isinstance(self.incumbent, Best)
        return self.incumbent.rank[0] * _SLACK - float(rest.traffic.min())

    def _left_of_front(self, rest: Metrics, front: Front) -> Array:
        one, two = front.metrics
        left = np.full(rest.latency.shape, np.inf)
        for first, second in front.points:
            if "energy" in front.metrics:
                energy, other, name = (first, second, two) if one == "energy" else (second, first, one)
                beaten = rest[name] >= other
                left = np.where(beaten, np.minimum(left, energy - rest.energy), left)
            else:
                left = np.where((rest[one] >= first) & (rest[two] >= second), -np.inf, left)
        return left


def _ranks(objective: str) -> tuple[str, ...]:
    return (objective, *(name for name in OBJECTIVES if name != objective))
