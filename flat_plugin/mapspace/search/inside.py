"""What an operator costs inside the innermost shared memory, for every choice of what lies side by side
and what each compute unit keeps.

That memory's loops leave one tensor in place (it *stays*). Everything else about them is known from the
choice alone; so the cost of a choice is a line: what it costs in any case, and what it costs each time the
staying tensor's tile of the shared memory changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property

import numpy as np

from flat_plugin.distinct import distinct_columns
from flat_plugin.mapspace.search.divided import Divided
from flat_plugin.mapspace.search.least_inside import LeastInside
from flat_plugin.mapspace.search.lines import Lines, lines_of
from flat_plugin.mapspace.search.rough import Bounds, bounds_of
from flat_plugin.mapspace.search.trips import ceil_div
from flat_plugin.mapspace.search.wanted import Wanted
from flat_plugin.model.mapping_batch import Array

_BLOCK = 1 << 20  # choices bounded at once


class Inside:
    """One operator below its innermost shared memory, for one way to spread it over cores."""

    def __init__(self, wanted: Wanted) -> None:
        self.wanted, self.units = wanted, wanted.units
        self.unrolled, self.pads = wanted.units.unrolled, wanted.units.pads

    def lines(self, stays: int, energy: Array, tile: Divided) -> Lines:
        """Every choice where one tensor stays that costs no more, the cheapest first.

        Args:
            energy: [unrolled] pJ at most with what lies side by side.
            tile: what the rows of a shared iteration divide into.
        """
        parts, least = [], float(self.floors(stays).min(initial=np.inf)) if stays in self.pads else np.inf

        def chosen(extents: Array) -> Array:
            beside = tile.beside(extents)
            return beside[energy[beside] >= least]

        for columns, beside, cost in self._bounded(stays, float(energy.max(initial=0.0)), chosen, tile):
            column, which = np.nonzero(cost <= energy[beside])
            line = lines_of(self.wanted, stays, beside[which], columns[column], tile)
            parts.append(line.take(np.flatnonzero(line.base <= energy[line.beside])))
        found = Lines.joined(parts)
        return found.take(np.argsort(found.base, kind="stable"))

    def bounds(self, stays: int, steps: float, energy: float, walked: tuple[int, ...]) -> Bounds:
        """No worse than any of these lines: those that have most side by side stand for those that are
        narrower, which ask for no less, but for what ragged turns make units ask for too much.

        Args:
            walked: the core dimensions that shared loops may walk.
        """
        widest = self.units.widest(walked)
        widest = widest[self.units.fewest_steps(walked)[widest] <= steps]
        columns, which = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)]
        base, moved = [np.empty(0)], [np.empty(0)]
        every = self._bounded(stays, energy, lambda extents: widest, self.units.whole, alone=False)
        for some, beside, least in every:
            column, where = np.nonzero(least <= energy)
            base.append(least[column, where])
            pads = self.pads[stays].take(some)
            moved.append(LeastInside(self.wanted, stays).moved(pads, beside)[column, where])
            columns.append(some[column])
            which.append(beside[where])
        column, where = np.concatenate(columns), np.concatenate(which)
        wide = self.unrolled.wide[:, where]
        own = self.pads[stays].extents[:, column] if stays in self.pads else wide
        rest = np.full(len(where), float(self.units.turns))
        for d, size in enumerate(self.units.sizes):
            if d not in walked:
                rest *= ceil_div(size, wide[d] * own[d]) * own[d]
        chosen, each = list(walked), (self.wanted.word(stays), self.wanted.word_moved(stays))
        found = np.concatenate(base), rest, np.concatenate(moved)
        sizes = {d: self.units.sizes[d] for d in walked}
        return bounds_of(sizes, found, (wide[chosen], own[chosen]), each)

    def _bounded(
        self,
        stays: int,
        energy: float,
        chosen: Callable[[Array], Array],
        tile: Divided,
        *,
        alone: bool = True,
    ) -> Iterator[tuple[Array, Array, Array]]:
        """Some of a unit's choices at a time, what may lie side by side with them, and
        [choices, side by side] pJ that both cost at least.

        Args:
            chosen: what may lie side by side with units of so many rows.
            alone: each stands for itself, and not for all that are narrower too.
        """
        if stays not in self.pads:
            return
        pads, least = self.pads[stays], LeastInside(self.wanted, stays)
        few = np.flatnonzero(self.floors(stays) <= energy)
        keys = np.concatenate([pads.where[:, few], tile.left(pads.extents[:, few])])
        _, group = distinct_columns(keys)
        for number in range(group.max(initial=-1) + 1):
            columns = few[group == number]
            beside = chosen(pads.extents[:, columns[0]])
            block = max(1, _BLOCK // max(1, len(beside)))
            for start in range(0, len(columns) if len(beside) else 0, block):
                some = columns[start : start + block]
                yield some, beside, least.energy(pads.take(some), beside, alone)

    def floors(self, stays: int) -> Array:
        """[pads] pJ that no line of a unit's choice goes below, whatever lies side by side."""
        if stays not in self._known_floors:
            self._known_floors[stays] = LeastInside(self.wanted, stays).floors(self.pads[stays])
        return self._known_floors[stays]

    @cached_property
    def _known_floors(self) -> dict[int, Array]:
        return {}
