"""Choices from the menus of several workloads: which mappings together, and what they cost in total.

A chip that would draw more power than a budget allows waits between runs: the time of a run is then that in
which its energy may be drawn, and what is in use leaks all the while. Where power is an objective, a chip
runs each workload as often as its budget of latency says, and waits for the rest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from flat_plugin.exploration.budgets import Budget
from flat_plugin.exploration.chips import Array
from flat_plugin.exploration.menus import Menu
from flat_plugin.mapspace.objective import staircase
from flat_plugin.mapspace.pareto import pareto_indices

SUMS, MOST = ("latency", "energy", "edp"), ("power", "over")  # how totals come of workloads
Columns = Mapping[str, Array]
_TINY = 1e-300
_POINTS = 48  # of a bound of several workloads


@dataclass(frozen=True)
class Rule:
    """How a workload is run: ``cap`` is W at most (infinite: as it comes), ``pace`` the s that a run takes at
    least, ``budgets`` its own ones but for power."""

    weight: float
    cap: float
    pace: float
    budgets: tuple[Budget, ...]

    def columns(self, menu: Menu, leakage: float | None) -> dict[str, Array]:
        """The figures of each entry on a chip of this leakage [W]; None: at least, on any chip.

        At least, because energy is what is dynamic and the leakage of some parts, and power of all.
        """
        time = np.maximum(menu.latency, self.pace)
        if leakage is None:
            time = np.maximum(time, menu.energy / self.cap)
            edp = np.maximum(menu.edp, menu.energy * time)
            power = menu.energy / np.maximum(time, _TINY)
            return self._with_over({"latency": time, "energy": menu.energy, "edp": edp, "power": power})
        dynamic = menu.energy - menu.leak
        if leakage < self.cap:
            time = np.maximum(time, dynamic / (self.cap - leakage))
        energy = menu.energy + menu.leak / menu.latency * (time - menu.latency)
        power = dynamic / time + leakage
        found = self._with_over({"latency": time, "energy": energy, "edp": energy * time, "power": power})
        return {**found, "over": np.maximum(found["over"], leakage / self.cap - 1)}

    def _with_over(self, columns: dict[str, Array]) -> dict[str, Array]:
        over = np.zeros_like(columns["latency"])
        for budget in self.budgets:
            over = np.maximum(over, columns[budget.figure] / budget.most - 1)
        return {**columns, "over": over}


@dataclass(frozen=True, eq=False)
class Choices:
    """Choices of one entry for every workload: ``columns`` are totals [choices], ``picks`` [choices,
    workloads] are entries of the menus."""

    columns: Columns
    picks: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.picks)

    def take(self, rows: NDArray[np.int64]) -> Choices:
        return Choices({name: column[rows] for name, column in self.columns.items()}, self.picks[rows])


def choices_of(
    cases: Sequence[Columns],
    kept: Sequence[NDArray[np.bool_]],
    weights: Sequence[float],
    dims: Sequence[str],
    *,
    bound: bool = False,
) -> Choices:
    """The choices that no other equals or beats in ``dims``, from the entries of each workload that are kept.

    Args:
        bound: totals may be less than any choice's, which keeps them few.
    """
    found: Choices | None = None
    for columns, own, weight in zip(cases, kept, weights, strict=True):
        rows = np.flatnonzero(own)
        part = {name: columns[name][rows] * (weight if name in SUMS else 1.0) for name in dims}
        one = _foremost(Choices(part, rows[:, None]), dims)
        found = one if found is None else _foremost(_pairs(found, one, dims), dims)
        if bound and len(found) > _POINTS:
            found = _merged(found, dims)
    assert found is not None
    return found


def _pairs(one: Choices, two: Choices, dims: Sequence[str]) -> Choices:
    columns = {}
    for name in dims:
        a, b = one.columns[name][:, None], two.columns[name]
        columns[name] = (np.maximum(a, b) if name in MOST else a + b).reshape(-1)
    first, second = np.repeat(one.picks, len(two), axis=0), np.tile(two.picks, (len(one), 1))
    return Choices(columns, np.concatenate([first, second], axis=1))


def _foremost(choices: Choices, dims: Sequence[str]) -> Choices:
    if len(choices) < 2:
        return choices
    table = np.column_stack([choices.columns[name] for name in dims])
    if len(dims) == 1:
        return choices.take(np.array([int(table[:, 0].argmin())]))
    return choices.take(staircase(table) if len(dims) == 2 else pareto_indices(table))


def _merged(choices: Choices, dims: Sequence[str]) -> Choices:
    """Neighbours along the first figure as one that is as good as each."""
    order = np.argsort(choices.columns[dims[0]], kind="stable")
    starts = np.unique(np.linspace(0, len(order), _POINTS, endpoint=False).astype(int))
    columns = {name: np.minimum.reduceat(choices.columns[name][order], starts) for name in dims}
    return Choices(columns, choices.picks[order[starts]])
