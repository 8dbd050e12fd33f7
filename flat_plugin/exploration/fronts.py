"""Points that none beats in one or two objectives, each the less the better."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from flat_plugin.exploration.chips import Array

ROUNDING = 1e-9  # relative: what differs by less is equal


Item = TypeVar("Item")


@dataclass
class Front(Generic[Item]):
    """The best points so far; ``items`` are what they are points of, equal ones but once."""

    points: list[tuple[float, ...]] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)

    def add(self, point: tuple[float, ...], item: Item) -> bool:
        """Take a point, if none equals or beats it; those that it beats go."""
        if any(_covers(other, point) for other in self.points):
            return False
        kept = [n for n, other in enumerate(self.points) if not _covers(point, other)]
        self.points = [*(self.points[n] for n in kept), point]
        self.items = [*(self.items[n] for n in kept), item]
        return True

    def replace(self, old: Item, new: Item) -> None:
        """Another item for the same point."""
        self.items = [new if item == old else item for item in self.items]

    def covered(self, bounds: Array) -> NDArray[np.bool_]:
        """Which of these ([objectives, n]) cannot be better than a point of the front."""
        found = np.zeros(bounds.shape[1], dtype=bool)
        for point in self.points:
            found |= (bounds * (1 + ROUNDING) >= np.array(point)[:, None]).all(axis=0)
        return found

    def sorted(self) -> list[tuple[tuple[float, ...], Item]]:
        """By the first objective."""
        order = sorted(range(len(self.points)), key=lambda n: self.points[n])
        return [(self.points[n], self.items[n]) for n in order]


def _covers(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    """Whether a point is at least as good as another in everything, up to rounding."""
    return all(a <= b * (1 + ROUNDING) for a, b in zip(one, other, strict=True))


def foremost(bounds: Array, merit: Array, most: int) -> NDArray[np.int64]:
    """Columns of [objectives, n] to look at first: those that no other beats, the least first; of equal ones
    the one with the most merit ([n])."""
    order = np.lexsort([-merit, *bounds[::-1]])
    if len(bounds) == 1:
        return order[:most]
    second = bounds[1][order]
    before = np.concatenate([[np.inf], np.minimum.accumulate(second)[:-1]])
    found = order[second < before]
    step = max(1, len(found) // most)
    return found[::step][:most]
