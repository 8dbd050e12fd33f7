"""What a search finds: points of an operator with the nests that they are, and one of all operators."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from flat_plugin.mapspace.search.nests import Nests
from flat_plugin.mapspace.search.points import Points

if TYPE_CHECKING:
    from flat_plugin.mapspace.search.space import Space


@dataclass(frozen=True)
class Pick:
    """A point: of which space, and each operator's nest."""

    space: Space
    nests: tuple[Nests, ...]
    columns: tuple[int, ...]


@dataclass
class Found:
    """Points of an operator and the nests that they are, part by part."""

    points: list[Points] = field(default_factory=list)
    nests: list[Nests] = field(default_factory=list)
    count: int = 0

    def add(self, points: Points, nests: Nests) -> None:
        self.points.append(replace(points, number=points.number + self.count))
        self.nests.append(nests)
        self.count += len(nests)

    def tidy(self) -> None:
        """One list of points, without those that others beat."""
        every = Points.joined(self.points)
        self.points = [every.take(every.useful())]

    def nest(self, number: int) -> tuple[Nests, int]:
        for part in self.nests:
            if number < len(part):
                return part, number
            number -= len(part)
        raise IndexError(number)
