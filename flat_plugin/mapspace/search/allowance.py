"""What an operator may cost for something better, by the cycles of the array that it takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from flat_plugin.model.mapping_batch import Array

_TIMES = np.geomspace(1.0, 64.0, 1024)  # of the fewest cycles, where it is known


@dataclass(frozen=True)
class Allowance:
    """pJ at most, which fall as cycles of the array rise.

    Attributes:
        steps: [n] cycles of the array, rising.
        energy: [n] pJ at most with so many cycles or more.
    """

    steps: Array
    energy: Array

    def of(self, steps: Array) -> Array:
        """[n] pJ at most with so many cycles."""
        where = np.searchsorted(self.steps, steps, "right") - 1
        return np.where(where < 0, np.inf, self.energy[where])

    def most_steps(self, energy: float) -> float:
        """Cycles with which something of so many pJ may be; it may be with no more."""
        good = np.flatnonzero(self.energy >= energy)
        if not len(good):
            return 0.0
        after = int(good[-1]) + 1
        return float(self.steps[after]) if after < len(self.steps) else np.inf


def allowance_of(known: Array, limit: Callable[[Array], Array]) -> Allowance:
    """An allowance that is exact at some cycles, and near elsewhere.

    Args:
        known: cycles of the array.
        limit: pJ that falls as they rise.
    """
    least = known.min(initial=np.inf)
    steps = np.unique(np.concatenate([known, least * _TIMES])) if len(known) else np.ones(1)
    return Allowance(steps, limit(steps))
