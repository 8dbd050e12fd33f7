"""Objectives of searches, and what can be skipped because it cannot be better.

A mapping has four metrics: energy [pJ], latency [cycles], traffic [DRAM words] and footprint [buffer
words]. Every objective grows with each of them, so a lower bound of the metrics bounds it too.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from flat_plugin.architecture.energy_table import EnergyTable
from flat_plugin.errors import FlatError
from flat_plugin.mapspace.columns import Columns
from flat_plugin.model.mapping_batch import Array

METRICS = ("energy", "latency", "traffic", "footprint")
OBJECTIVES = ("edp", *METRICS)
FRONTS = {"footprint-traffic": ("footprint", "traffic"), "energy-latency": ("energy", "latency")}
_OF_ENERGY = frozenset(("edp", "energy"))
_ROUNDING = 1e-11  # sums in another order differ by less


@dataclass(frozen=True)
class Metrics(Columns):
    """Arrays of one shape: pJ, cycles, DRAM words, buffer words."""

    energy: Array
    latency: Array
    traffic: Array
    footprint: Array

    def __getitem__(self, name: str) -> Array:
        return self.energy * self.latency if name == "edp" else getattr(self, name)

    def broadcast(self) -> Metrics:
        """The same with all arrays of one shape."""
        return Metrics(*np.broadcast_arrays(*self.arrays()))

    def flat(self) -> Metrics:
        """The same as one row."""
        return Metrics(*(array.reshape(-1) for array in self.broadcast().arrays()))

    def at(self, row: int) -> tuple[float, float, float, float]:
        return (
            float(self.energy[row]),
            float(self.latency[row]),
            float(self.traffic[row]),
            float(self.footprint[row]),
        )


def check_objective(name: str) -> str:
    """The name, if it is an objective."""
    if name not in OBJECTIVES:
        raise FlatError("unknown objective", path="objective", value=name, expected=OBJECTIVES)
    return name


def objective_for(name: str | None, energies: EnergyTable) -> str:
    """The objective that is asked for; if none is, EDP, or latency where there is no energy table.

    Raises:
        FlatError: no such objective, or one that needs energies where there is no table.
    """
    if name is None:
        return "edp" if energies.known else "latency"
    if check_objective(name) in _OF_ENERGY:
        energies.need(f"the objective {name}", "objective")
    return name


def front_for(name: str, energies: EnergyTable) -> tuple[str, str]:
    """The two metrics of a front.

    Raises:
        FlatError: no such front, or one that needs energies where there is no table.
    """
    if name not in FRONTS:
        raise FlatError("unknown front", path="pareto", value=name, expected=FRONTS)
    if not _OF_ENERGY.isdisjoint(FRONTS[name]):
        energies.need(f"the front {name}", "pareto")
    return FRONTS[name]


def ranking(objective: str, metrics: Metrics) -> list[Array]:
    """Columns to compare by: the objective, then the other metrics to break ties."""
    return [metrics[objective], *(metrics[name] for name in OBJECTIVES if name != objective)]


@dataclass
class Best:
    """The best point so far by one objective.

    Attributes:
        slack: what is better by no more than such a part is not looked for.
    """

    objective: str
    slack: float = 0.0
    _found: tuple[tuple[float, ...], object] = ((), None)  # one value: Ctrl-C may come at any time

    def __post_init__(self) -> None:
        check_objective(self.objective)

    @property
    def goals(self) -> tuple[str, ...]:
        return (self.objective,)

    @property
    def rank(self) -> tuple[float, ...]:
        """What the best costs, by the objective first."""
        return self._found[0]

    @property
    def payload(self) -> object:
        return self._found[1]

    @property
    def metrics(self) -> Metrics:
        """What the best costs, as one row."""
        names = (self.objective, *(name for name in OBJECTIVES if name != self.objective))
        found = dict(zip(names, self.rank, strict=True))
        return Metrics(*(np.array([found[name]]) for name in METRICS))

    @property
    def empty(self) -> bool:
        return self.payload is None

    def promising(self, bounds: Metrics) -> Array:
        """Which points may still beat the best, given what they cost at least: by the objective, or by the
        first of the other metrics that tells them apart."""
        worth = np.isfinite(bounds.energy)
        if self.payload is None:
            return worth
        if self.slack:
            return worth & (bounds[self.objective] < self.rank[0] * (1 - self.slack))
        better = np.zeros_like(worth)
        equal = worth
        for column, best in zip(ranking(self.objective, bounds), self.rank, strict=True):
            better = better | (equal & (column < best * (1 - _ROUNDING)))
            equal = equal & (column <= best * (1 + _ROUNDING))
        return better | equal

    def choose(self, metrics: Metrics) -> list[int]:
        """The row that is better than all so far, if there is one."""
        rows = np.flatnonzero(np.isfinite(metrics.energy))
        columns = ranking(self.objective, metrics)
        for column in columns:
            if len(rows) == 0:
                return []
            values = column[rows]
            rows = rows[values <= values.min() * (1 + _ROUNDING)]
        row = int(rows[0])
        return [row] if self.empty or _before(_rank(columns, row), self.rank) else []

    def keep(self, rows: list[int], metrics: Metrics, payloads: list[object]) -> None:
        if payloads:
            self._found = _rank(ranking(self.objective, metrics), rows[0]), payloads[0]


@dataclass
class Front:
    """The points so far that none equals or beats in two metrics."""

    metrics: tuple[str, str]
    _found: tuple[Array, tuple[object, ...]] = field(default_factory=lambda: (np.empty((0, 2)), ()))

    @property
    def points(self) -> Array:
        """[points, 2]: their figures, by the first."""
        return self._found[0]

    @property
    def payloads(self) -> tuple[object, ...]:
        return self._found[1]

    @property
    def goals(self) -> tuple[str, ...]:
        return self.metrics

    @property
    def empty(self) -> bool:
        return not self.payloads

    def promising(self, bounds: Metrics) -> Array:
        """Which points no point of the front equals or beats already."""
        one, two = (bounds[name] for name in self.metrics)
        worth = np.isfinite(bounds.energy)
        for first, second in self.points:
            worth &= ~((one >= first) & (two >= second))
        return worth

    def choose(self, metrics: Metrics) -> list[int]:
        table = np.stack([metrics[name] for name in self.metrics], axis=1)
        rows = np.flatnonzero(self.promising(metrics))
        return [int(n) for n in rows[staircase(table[rows])]]

    def keep(self, rows: list[int], metrics: Metrics, payloads: list[object]) -> None:
        added = np.array([[metrics[name][row] for name in self.metrics] for row in rows]).reshape(-1, 2)
        table = np.concatenate([self.points, added])
        everything = [*self.payloads, *payloads]
        kept = staircase(table)
        self._found = table[kept], tuple(everything[int(n)] for n in kept)


def staircase(points: Array) -> Array:
    """Indices of the points (rows of two numbers) that no other equals or beats in both, by the first."""
    order = np.lexsort((points[:, 1], points[:, 0]))
    second = points[order, 1]
    before = np.concatenate([[np.inf], np.minimum.accumulate(second)[:-1]]) if len(order) else second
    return order[second < before]


def _rank(columns: list[Array], row: int) -> tuple[float, ...]:
    return tuple(float(column[row]) for column in columns)


def _before(one: tuple[float, ...], two: tuple[float, ...]) -> bool:
    """Whether a rank comes first, sums that differ by rounding being equal."""
    for a, b in zip(one, two, strict=True):
        if abs(a - b) > _ROUNDING * abs(b):
            return a < b
    return False
