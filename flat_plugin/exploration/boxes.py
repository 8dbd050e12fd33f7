"""Sets of designs that one chip bounds: the best of them in every trait, which need not be a design.

A set is split where it is loosest: along the trait in which its chips differ most, by how much the trait
matters to the answer for the set.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import log

import numpy as np

from flat_plugin.architecture.platform import Platform
from flat_plugin.exploration.bounds import Bounds, Designs
from flat_plugin.exploration.chips import Array
from flat_plugin.exploration.figures import Answer
from flat_plugin.exploration.menus import Menu
from flat_plugin.exploration.traits import Trait, corner_platform

_ROOM = 0.3  # how much a larger memory matters, beside energy that grows as much
_FEW = 2  # designs that are looked at one by one


@dataclass(eq=False)
class Box:
    """Designs of one group, and what the best of them in every trait can do, by workload and dataflow: the
    menu of a single design, and what bounds all. ``hints`` are answers by which it is split."""

    designs: Designs
    menus: dict[tuple[int, int], Menu] = field(default_factory=dict)
    bounds: dict[tuple[int, int], Menu] = field(default_factory=dict)
    hints: dict[tuple[int, int], Answer] = field(default_factory=dict)

    @property
    def single(self) -> bool:
        return len(self.designs) == 1

    def corner(self, bounds: Bounds) -> Array:
        """[traits]"""
        return bounds.traits.corner(self.designs)

    def platform(self, bounds: Bounds) -> Platform:
        """The chip that stands for the box: of a single design its own."""
        design = int(self.designs[0])
        if self.single:
            return bounds.chips.platform(design)
        return corner_platform(bounds.chips, bounds.traits, self.corner(bounds), design)

    def split(self, bounds: Bounds) -> list[Box]:
        """Two halves along the loosest trait; few designs one by one."""
        if len(self.designs) <= _FEW:
            return [Box(self.designs[[n]]) for n in range(len(self.designs))]
        values = bounds.traits.values[:, self.designs]
        spreads = [
            _spread(row) * self._weight(trait, bounds, _spread(row))
            for trait, row in zip(bounds.traits.traits, values, strict=True)
        ]
        if not spreads or max(spreads) <= 0:  # equal in all: the first stands for the others
            return [Box(self.designs[:1]), Box(self.designs[1:])]
        row = values[int(np.argmax(spreads))]
        distinct = np.unique(row)
        upper = row >= distinct[len(distinct) // 2]
        return [Box(self.designs[upper]), Box(self.designs[~upper])]

    def _weight(self, trait: Trait, bounds: Bounds, spread: float) -> float:
        """How much a trait matters to the answers for this box, by what it decides of them."""
        name = bounds.chips.parts[trait.part].name
        answers = [answer for answer in self.hints.values() if answer.fits]
        if not answers:
            return 1.0 if trait.name == "capacity" else 0.5
        if not trait.more and trait.name != "leak":
            return max(answer.energy.get(name, 0.0) / answer.energy_j for answer in answers)
        if trait.name == "leak":
            return max(answer.leak_j / answer.energy_j for answer in answers)
        if trait.name == "capacity":
            return _ROOM
        busiest = max(answer.busy.get(name, 0.0) / answer.cycles for answer in answers)
        longer = log(max(busiest, 1e-12)) + spread  # than the array's time, in the worst of these chips
        return min(1.0, max(longer, 1e-3) / max(spread, 1e-12))


def _spread(row: Array) -> float:
    """The logarithm of the largest to the smallest."""
    sizes = np.abs(row)
    least, most = float(sizes.min()), float(sizes.max())
    if least == most:
        return 0.0
    if least <= 0 or not np.isfinite(most):
        return 10.0
    return log(most / least)
