"""Budgets: what a chip may cost at most, in total or for one workload."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flat_plugin.errors import FlatError
from flat_plugin.exploration.figures import OF_CHIPS, OF_WORKLOADS, RATE, UNITS, Totals


@dataclass(frozen=True)
class Budget:
    """The most that a figure may be: of a workload, by its number, or of all together (None)."""

    figure: str
    most: float
    case: int | None = None
    said: str = ""  # as it was written: ``runs_per_s 20``

    def of(self, totals: Totals) -> float:
        """What a chip has of it."""
        return totals[self.figure] if self.case is None else totals.of(self.case, self.figure)

    def over(self, totals: Totals) -> float:
        """How far over, relative to the budget: 0 where it is met. A chip waits for its power to be within
        a budget; one that leaks more is over it however long it waits."""
        if self.figure == "power" and totals.leakage_w >= self.most:
            return totals.leakage_w / self.most - 1
        return max(0.0, self.of(totals) / self.most - 1)

    @property
    def unit(self) -> str:
        return UNITS[self.figure]


def read_budgets(given: Any, case: int | None = None) -> tuple[Budget, ...]:
    """The budgets of an entry.

    Raises:
        FlatError: no such budget, or no number above 0; the path is the budget's name.
    """
    names = [*OF_WORKLOADS, *(OF_CHIPS if case is None else [RATE])]
    if not isinstance(given, Mapping):
        raise FlatError("not budgets", value=given, expected="such as {area_mm2: 100, power_w: 10}")
    found = []
    for name, value in given.items():
        if name not in names:
            raise FlatError("no such budget", path=str(name), value=name, expected=names)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e30:
            raise FlatError("bad budget", path=name, value=value, expected="a number above 0")
        figure = "latency" if name == RATE else {**OF_WORKLOADS, **OF_CHIPS}[name]
        most = 1 / value if name == RATE else float(value)
        found.append(Budget(figure, most, case, f"{name} {value:g}"))
    return tuple(found)
