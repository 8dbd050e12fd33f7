"""What something must cost to be better than what was found."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from flat_plugin.mapspace.objective import OBJECTIVES, Best, Front, Metrics
from flat_plugin.model.mapping_batch import Array

_SLACK = 1 + 1e-9
RISING = frozenset(("edp", "energy"))  # goals with a floor that tells something


@dataclass(frozen=True)
class Bar:
    """An incumbent, as limits.

    Attributes:
        ceiling: what ``capped`` may be at most.
    """

    incumbent: Best | Front
    ceiling: float = np.inf

    @property
    def capped(self) -> str:
        """The metric that has a ceiling: the goal, if its floor tells something, or else EDP."""
        return self.goal if self.goal in RISING else "edp"

    @property
    def goal(self) -> str:
        """What to look at first: a front has two goals, of which neither is first."""
        goals = self.incumbent.goals
        return goals[0] if len(goals) == 1 else "edp"

    @property
    def best(self) -> float:
        """The goal of the best that was found; infinite where nothing was, or where there are two goals."""
        if isinstance(self.incumbent, Front) or self.incumbent.empty:
            return np.inf
        return float(self.incumbent.rank[0])

    def promising(self, metrics: Metrics) -> Array:
        """Which points, of which these are lower bounds, may be better."""
        return self.incumbent.promising(metrics) & (metrics[self.capped] <= self.ceiling)

    def energy_left(self, rest: Metrics) -> Array:
        """pJ that what ``rest`` leaves out may cost, where the other metrics are lower bounds of all."""
        with np.errstate(invalid="ignore"):  # what does not fit is infinite, and nothing is left of it
            left = self._left(rest)
        return np.where(np.isfinite(rest.energy) & np.isfinite(rest.latency), left, -np.inf)

    def _left(self, rest: Metrics) -> Array:
        left = self._left_of_incumbent(rest)
        if self.capped == "edp":
            left = np.minimum(left, self.ceiling * _SLACK / rest.latency - rest.energy)
        elif self.capped == "energy":
            left = np.minimum(left, self.ceiling * _SLACK - rest.energy)
        return left

    def _left_of_incumbent(self, rest: Metrics) -> Array:
        incumbent, goal = self.incumbent, self.goal
        if isinstance(incumbent, Front):
            return self._left_of_front(rest, incumbent)
        best = dict(zip(_ranks(incumbent.objective), incumbent.rank, strict=False))
        value = best.get(goal, np.inf) * (1 - incumbent.slack if incumbent.slack else _SLACK)
        if goal == "energy":
            return value - rest.energy
        if goal == "edp":
            return value / rest.latency - rest.energy
        if incumbent.slack:
            return np.where(rest[goal] < value, np.inf, -np.inf)
        tied = best.get("edp", np.inf) / rest.latency * _SLACK - rest.energy
        at_most = min(value, self.ceiling * _SLACK) if self.capped == goal else value
        free = np.where(rest[goal] <= at_most, np.inf, -np.inf)
        return np.where(rest[goal] < best.get(goal, np.inf) / _SLACK, free, np.minimum(free, tied))

    def steps_left(self, floor: Metrics, others: float) -> float:
        """Cycles of the array that an operator may take, given what nothing goes below and what the others
        take at least."""
        if self.capped != "edp":
            return np.inf
        best = self.incumbent.rank[:1] if isinstance(self.incumbent, Best) and self.goal == "edp" else ()
        found = min([self.ceiling, *best]) * _SLACK / float(floor.energy[0])
        if isinstance(self.incumbent, Front) and "latency" in self.incumbent.metrics:
            slowest = self.incumbent.points[:, self.incumbent.metrics.index("latency")]
            found = min(found, float(slowest.max(initial=np.inf if not len(slowest) else 0.0)))
        return found - others

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
