"""What to look for among designs: the best within the budgets, or the nearest if none meets them."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from flat_plugin.exploration.bounds import Bounds, Designs
from flat_plugin.exploration.chips import Array
from flat_plugin.exploration.design_file import Exploration
from flat_plugin.exploration.figures import Totals


class Aim(Protocol):
    """One or two numbers of a chip, each the less the better."""

    limited: bool  # whether chips over a budget are ruled out

    def least(self, bounds: Bounds, designs: Designs, mode: str) -> Array:
        """[numbers, designs]: at least."""
        ...

    def of(self, totals: Totals) -> tuple[float, ...]: ...


class Objectives:
    """The objectives of an exploration."""

    limited = True

    def __init__(self, asked: Exploration) -> None:
        self._names = asked.objectives

    def least(self, bounds: Bounds, designs: Designs, mode: str) -> Array:
        return np.stack([bounds.total(name, designs, mode) for name in self._names])

    def of(self, totals: Totals) -> tuple[float, ...]:
        return tuple(totals[name] for name in self._names)


class Excess:
    """How far a chip is over the budget that it misses most, relative to that budget."""

    limited = False

    def __init__(self, asked: Exploration) -> None:
        self._budgets = asked.limited

    def least(self, bounds: Bounds, designs: Designs, mode: str) -> Array:
        over = [bounds.of(budget, designs, mode, False) / budget.most - 1 for budget in self._budgets]
        return np.maximum(np.max(over, axis=0), 0.0)[None]

    def of(self, totals: Totals) -> tuple[float, ...]:
        return (max(budget.over(totals) for budget in self._budgets),)
