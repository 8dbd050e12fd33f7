"""What to look for among designs: the best within the budgets, or the nearest if none meets them."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from flat_plugin.exploration.chips import Array
from flat_plugin.exploration.choosing import SUMS, Columns
from flat_plugin.exploration.design_file import Exploration
from flat_plugin.exploration.figures import MAPPED, OF_CHIP
from flat_plugin.exploration.fronts import ROUNDING


class Aim(Protocol):
    """One or two numbers of a chip and its mappings, each the less the better."""

    limited: bool  # whether what is over a budget is ruled out
    dims: tuple[str, ...]  # the figures of workloads that decide them
    ties: tuple[str, ...]  # what decides between mappings that are equal in these

    def values(self, columns: Columns) -> Array:
        """[numbers, …] of total figures, arrays that go together."""
        ...


class Objectives:
    """The objectives of an exploration; where only the chip decides them, the least EDP of its mappings."""

    def __init__(self, asked: Exploration, *, limited: bool = True) -> None:
        self.limited, self._names = limited, asked.objectives
        totals = [b.figure for b in asked.budgets if b.figure in SUMS] if limited else []
        wanted = [name for name in self._names if name not in OF_CHIP]
        self.ties: tuple[str, ...] = () if wanted else ("edp",)
        self.dims = tuple(dict.fromkeys((*wanted, *totals))) or self.ties

    def values(self, columns: Columns) -> Array:
        return np.stack(np.broadcast_arrays(*(columns[name] for name in self._names)))


class Excess:
    """How far a chip is over the budget that it misses most, relative to that budget."""

    limited = False
    ties: tuple[str, ...] = ()

    def __init__(self, asked: Exploration) -> None:
        self._budgets = [budget for budget in asked.budgets if budget.figure != "power"]
        self.dims = (*dict.fromkeys(b.figure for b in self._budgets if b.figure in MAPPED), "over")

    def values(self, columns: Columns) -> Array:
        over = [columns[budget.figure] / budget.most - 1 for budget in self._budgets]
        most: Array = np.maximum.reduce(np.broadcast_arrays(*over, columns["over"], 0.0))
        return most[None]


def within(asked: Exploration, columns: Columns) -> NDArray[np.bool_]:
    """Whether totals meet the budgets of all workloads together and of the chip."""
    held = [columns[b.figure] <= b.most * (1 + ROUNDING) for b in asked.budgets if b.figure != "power"]
    shape = np.broadcast_shapes(*(np.shape(column) for column in columns.values()))
    return np.broadcast_to(np.logical_and.reduce(np.broadcast_arrays(True, *held)), shape)
