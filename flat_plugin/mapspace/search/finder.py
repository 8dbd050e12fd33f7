"""An operator's points that may be part of something better, evaluated by the model.

Tiles of an operator that, with the least that everything else costs, are no better than what was found
cannot be part of something better; nor can a choice inside of such a tile.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np

from flat_plugin.mapspace.objective import staircase
from flat_plugin.mapspace.search.allowance import allowance_of
from flat_plugin.mapspace.search.bar import Bar
from flat_plugin.mapspace.search.beaten import Beaten
from flat_plugin.mapspace.search.exact import evaluated, nests_of_pairs, outlined
from flat_plugin.mapspace.search.join import Chain
from flat_plugin.mapspace.search.nests import Nests
from flat_plugin.mapspace.search.pairs import Pairs, pairs_of
from flat_plugin.mapspace.search.parts import Part
from flat_plugin.mapspace.search.points import Points
from flat_plugin.mapspace.search.side import Side
from flat_plugin.mapspace.search.tiles import Tiles, tiles_of
from flat_plugin.model.mapping_batch import Array

_FIRST = 40  # choices that a first look evaluates of each operator
_GLANCE = 2000  # pairs of which a glance makes nests
_NEAR = 1.5  # of the least, what a glance takes
_PARTS = 2  # skeletons that keep the same, of those that a glance takes
_MANY = 1 << 8  # points that are worth a rough bound first
_LOT = 1 << 15  # pairs evaluated at once


@dataclass(frozen=True)
class Finder:
    """One operator with one choice of shared loops and rows.

    Attributes:
        steps: cycles of the array, at least.
        other: what the other operator costs at least; None where there is none.
        known: points of this one that are known, while they are found.
        first: a glance, which leaves most out.
        tally: what is counted of the space.
    """

    side: Side
    chain: Chain
    steps: float
    other: Points | None
    bar: Bar
    known: Beaten | None
    first: bool
    tally: dict[str, int]

    def points(self, parts: Sequence[Part]) -> Iterator[tuple[Points, Nests]]:
        """Points of some skeletons, and the nests that they are, some at a time."""
        rest = self.chain.pairs(self.side.needs.least(self.steps, 0.0, 0.0), self.other)
        for part in _few(parts) if self.first else parts:
            energy, words = float(self.bar.energy_left(rest).max()), self.bar.words_left(rest)
            if self.first:
                energy = min(energy, part.least * _NEAR)
            found = tiles_of(self.side, part, energy, words)
            for tiles in islice(found, 1) if self.first else found:
                for lot in self._lots(tiles):
                    yield from self._nests(lot)

    def _promising(self, points: Points) -> Array:
        """The points, of which these are lower bounds, that may be part of something better."""
        chosen = np.arange(len(points))
        if self.known is not None:
            chosen = np.flatnonzero(~self.known.worse(points))
        if self.other is not None and len(chosen) > _MANY:  # what no point can be good enough for goes first
            least = self.chain.pairs(points.take(chosen), self.other.least())
            chosen = chosen[self.bar.promising(least).any(axis=1)]
        if not len(chosen):
            return chosen
        near = self.chain.pairs(points.take(chosen), self.other)
        return chosen[self.bar.promising(near).any(axis=1)]

    def _lots(self, tiles: Tiles) -> Iterator[Tiles]:
        """The tiles that may be part of something better, the best first, some at a time."""
        chosen = tiles.take(self._promising(tiles.bound))
        if not len(chosen.outside):
            return
        chosen = chosen.take(self._best_first(chosen.bound))
        start, size = 0, 64
        while start < len(chosen.outside):
            lot = chosen.take(np.arange(start, min(start + size, len(chosen.outside))))
            start, size = start + size, min(4 * size, 1 << 14)
            lot = lot.take(self._promising(lot.bound))
            if len(lot.outside):
                self.tally["tiles"] += len(lot.outside)
                yield lot

    def _best_first(self, bound: Points) -> Array:
        metrics = self.chain.pairs(bound, self.other)
        goal = metrics[self.bar.goal].min(axis=1)
        order = np.lexsort((metrics.energy.min(axis=1), goal))
        if self.first:  # the best for every room, because the other operator needs some too
            room = bound.room[self.chain.meeting]
            order = order[staircase(np.stack([goal, room], axis=1)[order])][:_FIRST]
        return order

    def _nests(self, tiles: Tiles) -> Iterator[tuple[Points, Nests]]:
        metrics = self.chain.pairs(tiles.bound, self.other)
        leaked = self.side.needs.leaked(tiles.bound.cycles)
        rest = replace(metrics, energy=metrics.energy - (tiles.bound.energy - leaked)[:, None])
        limits = self.bar.energy_left(rest).max(axis=1)
        limits = np.minimum(limits, self._unbeaten(tiles.bound.cycles))
        choices = tiles.part.menu.choices(self._inside_limits(tiles, limits))
        allowance = allowance_of(choices.lines.steps, self._allowed)
        for pairs in pairs_of(self.side, tiles, choices, limits, allowance):
            self.tally["pairs"] += len(pairs)
            yield from self._in_lots(tiles, pairs)

    def _inside_limits(self, tiles: Tiles, limits: Array) -> Array:
        """[cycles] pJ that a choice inside may cost in any of the tiles, by its fewest cycles."""
        steps, _ = tiles.part.menu.tile.fewest_steps
        left = self._allowed(steps) - tiles.outside.min()
        left = np.where(steps <= self.side.limits[0], left, -np.inf)
        return np.minimum(left, float((limits - tiles.outside).max()))

    def _allowed(self, steps: Array) -> Array:
        """[n] pJ that the operator may cost, given its cycles of the array."""
        least = self.side.needs.least(steps, 0.0, 0.0)
        left = self.bar.energy_left(self.chain.pairs(least, self.other)).max(axis=1)
        return np.minimum(left, self._unbeaten(least.cycles))

    def _unbeaten(self, cycles: Array) -> Array:
        """[n] pJ, without what the shared memories leak, at which a point of so many cycles is no better than
        a known one; infinite if none tells."""
        if self.known is None:
            return np.full(len(cycles), np.inf)
        finite = np.isfinite(cycles)  # what does not divide takes infinitely many
        return self.known.energy(cycles) - np.where(finite, self.side.needs.leaked(cycles), 0.0)

    def _in_lots(self, tiles: Tiles, pairs: Pairs) -> Iterator[tuple[Points, Nests]]:
        side, order = self.side, np.argsort(pairs.cost, kind="stable")[: _GLANCE if self.first else None]
        for start in range(0, len(order), _LOT):
            lot = order[start : start + _LOT]
            nests, columns = nests_of_pairs(side, tiles, pairs.tile[lot], pairs.lines.take(lot))
            if len(nests):
                where = lot[columns]
                lines = pairs.lines.take(where)
                bound = outlined(side, nests, tiles, pairs.tile[where], lines, pairs.cost[where])
                yield from self._evaluated(nests, bound)

    def _evaluated(self, nests: Nests, bound: Points) -> Iterator[tuple[Points, Nests]]:
        chosen = self._promising(bound)[: _FIRST if self.first else None]
        if not len(chosen):
            return
        self.tally["nests"] += len(chosen)
        nests = nests.take(chosen)
        exact = evaluated(self.side, nests)
        good = self._promising(exact)
        if len(good):
            exact = exact.take(good)
            exact = exact.take(exact.useful())
            yield replace(exact, number=np.arange(len(exact))), nests.take(exact.number)


def _few(parts: Sequence[Part]) -> Iterator[Part]:
    """Of the skeletons that keep the same in every memory, the cheapest."""
    seen: Counter[object] = Counter()
    for part in parts:
        seen[part.skeleton.keep] += 1
        if seen[part.skeleton.keep] <= _PARTS:
            yield part
