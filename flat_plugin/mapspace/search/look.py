"""A look at one choice of shared loops and rows: what may be better is evaluated by the model and joined.

Tiles of an operator that, with the least that everything else costs, are no better than what was found
cannot be part of something better; nor can a choice inside of such a tile.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from flat_plugin.mapspace.objective import Metrics, staircase
from flat_plugin.mapspace.search.bar import Bar
from flat_plugin.mapspace.search.beaten import Beaten
from flat_plugin.mapspace.search.exact import evaluated, nests_of_pairs, outlined
from flat_plugin.mapspace.search.join import Chain, flat, together
from flat_plugin.mapspace.search.nests import Nests
from flat_plugin.mapspace.search.pairs import Pairs, pairs_of
from flat_plugin.mapspace.search.points import Points
from flat_plugin.mapspace.search.shared_tiles import Tile
from flat_plugin.mapspace.search.side import Part, Side, Tiles
from flat_plugin.model.mapping_batch import Array

if TYPE_CHECKING:
    from flat_plugin.mapspace.search.space import Space

_FIRST = 40  # choices that a first look evaluates of each operator
_GLANCE = 2000  # pairs of which a glance makes nests
_NEAR = 1.5  # of the least, what a glance takes
_PARTS = 2  # skeletons that keep the same, of those that a glance takes
_MANY = 1 << 8  # points that are worth a rough bound first
_LOT = 1 << 15  # pairs evaluated at once
_BLOCK = 1 << 20  # pairs of operators joined at once


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


def least_of(side: Side, steps: Array | float, energy: Array | float, words: Array | float) -> Points:
    """A point that costs at least so many cycles of the array, pJ and words of the outermost memory."""
    steps, energy, words = np.broadcast_arrays(*map(np.atleast_1d, (steps, energy, words)))
    busy = side.needs.outermost(words)
    room, none = np.zeros((len(busy), 1)), np.zeros(1)
    return Points(np.maximum(steps, busy[0]), steps, busy, energy, words, room, none, np.zeros(1, int))


def _energy(part: Part) -> float:
    return float(part.energy[-1, 0, 0])


def _words(part: Part) -> float:
    return float(part.words[0, 0])


def _filled(points: Points) -> Points:
    """The same with every figure for every point."""
    size = len(points)
    names = Points.__dataclass_fields__
    return Points(
        *(np.broadcast_to(getattr(points, name), (*getattr(points, name).shape[:-1], size)) for name in names)
    )


def _few(parts: list[Part]) -> Iterator[Part]:
    """Of the skeletons that keep the same in every memory, the cheapest."""
    seen: Counter[object] = Counter()
    for part in parts:
        seen[part.skeleton.keep] += 1
        if seen[part.skeleton.keep] <= _PARTS:
            yield part


@dataclass
class Look:
    """One choice of shared loops and rows.

    Attributes:
        rows, keys: tags of the shared loops.
        steps: cycles of the array of each operator, at least.
        least: what these cost at least.
        shared: the shared loops with any number of rows.
        parts: of each operator, once they are known.
        glanced: whether it was.
        first: a glance now, which leaves most out.
    """

    space: Space
    chain: Chain
    rows: int
    keys: int
    tile: Tile
    steps: tuple[float, ...]
    least: Metrics
    shared: bool
    parts: list[list[Part]] = field(default_factory=list)
    glanced: bool = False
    first: bool = False

    def goal(self, bar: Bar) -> float:
        """The least of what is looked at first."""
        return float(self.least[bar.goal].min())

    def outline(self, bar: Bar) -> None:
        """Work out better what these rows cost at least: of all pairs of the operators' choices inside."""
        sides, self.parts = self.space.sides, self._parts(bar)
        if not all(self.parts):
            none = np.full(1, np.inf)
            self.least = Metrics(none, none, none, none)
            return
        energy = together([np.minimum.reduce([p.energy for p in each]) for each in self.parts])
        least = [
            least_of(side, steps, 0.0, min(map(_words, each)))
            for side, steps, each in zip(sides, self.steps, self.parts, strict=True)
        ]
        least[0] = replace(least[0], energy=energy.reshape(1))
        self.least = flat(self.chain.metrics(least))
        if bar.promising(self.least).any():
            outlines = [self._outline(*each) for each in zip(sides, self.parts, self.steps, strict=True)]
            self.least = flat(self._metrics(outlines[0], outlines[1] if len(outlines) > 1 else None))

    def glance(self, bar: Bar) -> None:
        """Look for something good."""
        self.glanced = self.first = True
        self._run(bar)

    def run(self, bar: Bar) -> None:
        """Improve the incumbent until nothing with these rows can."""
        if not self.glanced:
            self.glance(bar)
        self.first = False
        self._run(bar)

    def _run(self, bar: Bar) -> None:
        sides, parts = self.space.sides, self.parts or self._parts(bar)
        if not all(parts):
            return
        if len(sides) == 1:
            self._last(sides[0], parts[0], None, bar)
            return
        other = self._outline(sides[1], parts[1], self.steps[1])
        found, known = Found(), Beaten(self.chain, bar.incumbent.goals)
        for exact, nests in self._exact(sides[0], parts[0], other, bar, known):
            found.add(exact, nests)
            known.add(exact)
        if found.nests:
            found.tidy()
            self._last(sides[1], parts[1], found, bar)

    def _last(self, side: Side, parts: list[Part], known: Found | None, bar: Bar) -> None:
        other = known.points[0].grouped(self.chain.meeting) if known else None
        for exact, nests in self._exact(side, parts, other, bar):
            self._join(known, Found([exact], [nests]), bar)

    def _outline(self, side: Side, parts: list[Part], steps: float) -> Points:
        """What the operator costs at least: with less or more of the room where the operators meet, and for
        more or fewer cycles of the array."""
        outlines = [side.outline(part) for part in parts]
        words = min(map(_words, parts))
        cycles = np.concatenate([steps for steps, _ in outlines])
        found = []
        for share, room in enumerate(side.rooms(parts[0])):
            energy = np.concatenate([energy[share] for _, energy in outlines])
            lines = np.stack([cycles, energy], axis=1)[np.isfinite(energy)]
            lines = lines[staircase(lines)]
            points = least_of(side, np.maximum(lines[:, 0], steps), lines[:, 1], words)
            each = np.zeros(points.busy.shape)
            each[self.chain.meeting] = room
            found.append(replace(points, room=each).grouped(self.chain.meeting))
        return Points.joined([_filled(points) for points in found])

    def _parts(self, bar: Bar) -> list[list[Part]]:
        """Each operator's skeletons that may be part of something better, the cheapest first."""
        tags, sides, found = (self.rows, self.keys), self.space.sides, []
        for side, steps in zip(sides, self.steps, strict=True):
            others = [
                least_of(other, self.steps[i], other.energy[::-1, *tags], other.moved[tags])
                for i, other in enumerate(sides)
                if other is not side
            ]
            rest = flat(self.chain.metrics([least_of(side, steps, 0.0, 0.0), *others]))
            energy, words = bar.energy_left(rest), bar.words_left(rest)
            parts = side.cheapest(*tags, energy, words)
            if side.shared.shape != (1, 1):
                parts = side.with_tile(parts, *tags, self.tile, energy)
            found.append(sorted(parts, key=_energy))
        return found

    def _exact(
        self, side: Side, parts: list[Part], other: Points | None, bar: Bar, known: Beaten | None = None
    ) -> Iterator[tuple[Points, Nests]]:
        """Points of an operator that may be part of something better."""
        least = least_of(side, self.steps[self.space.sides.index(side)], 0.0, 0.0)
        for part in _few(parts) if self.first else parts:
            rest = self._metrics(least, other)
            energy, words = float(bar.energy_left(rest).max()), bar.words_left(rest)
            if self.first:
                energy = min(energy, _energy(part) * _NEAR)
            tiles = side.tiles(part, energy, words)
            if tiles is not None:
                for lot in self._lots(tiles, other, bar, known):
                    yield from self._nests(side, lot, other, bar, known)

    def _metrics(self, points: Points, other: Points | None) -> Metrics:
        """[points, others] of both together."""
        alone = self.chain.metrics([points.column()] if other is None else [points.column(), other])
        return alone.broadcast()

    def _promising(
        self, points: Points, other: Points | None, bar: Bar, known: Beaten | None = None
    ) -> Array:
        chosen = np.arange(len(points)) if known is None else np.flatnonzero(~known.worse(points))
        if other is not None and len(points) > _MANY:  # what no point can be good enough for goes first
            least = self._metrics(points, other.least())
            chosen = np.flatnonzero(bar.promising(least).any(axis=1))
        if not len(chosen):
            return chosen
        near = self._metrics(points.take(chosen), other)
        return chosen[bar.promising(near).any(axis=1)]

    def _lots(self, tiles: Tiles, other: Points | None, bar: Bar, known: Beaten | None) -> Iterator[Tiles]:
        """The tiles that may be part of something better, the best first, some at a time."""
        chosen = tiles.take(self._promising(tiles.bound, other, bar, known))
        if not len(chosen.outside):
            return
        metrics = self._metrics(chosen.bound, other)
        goal = metrics[bar.goal].min(axis=1)
        order = np.lexsort((metrics.energy.min(axis=1), goal))
        if self.first:  # the best for every room, because the other operator needs some too
            room = chosen.bound.room[self.chain.meeting]
            order = order[staircase(np.stack([goal, room], axis=1)[order])][:_FIRST]
        chosen = chosen.take(order)
        start, size = 0, 64
        while start < len(chosen.outside):
            lot = chosen.take(np.arange(start, min(start + size, len(chosen.outside))))
            start, size = start + size, min(4 * size, 4096)
            lot = lot.take(self._promising(lot.bound, other, bar, known))
            if len(lot.outside):
                self.space.tally["tiles"] += len(lot.outside)
                yield lot

    def _nests(
        self, side: Side, tiles: Tiles, other: Points | None, bar: Bar, known: Beaten | None
    ) -> Iterator[tuple[Points, Nests]]:
        metrics = self._metrics(tiles.bound, other)
        rest = replace(metrics, energy=metrics.energy - tiles.bound.energy[:, None])
        limits = bar.energy_left(rest).max(axis=1)
        if known is not None:
            limits = np.minimum(limits, known.energy(tiles.bound.cycles))
        choices = tiles.part.menu.choices(self._inside_limits(side, tiles, limits, other, bar))
        inside = self._steps_limits(side, choices.lines.steps, other, bar)
        for pairs in pairs_of(side, tiles, choices, limits, inside):
            self.space.tally["pairs"] += len(pairs)
            yield from self._in_lots(side, tiles, pairs, other, bar, known)

    def _inside_limits(
        self, side: Side, tiles: Tiles, limits: Array, other: Points | None, bar: Bar
    ) -> Array:
        """[cycles] pJ that a choice inside may cost in any of the tiles, by its fewest cycles."""
        steps, _ = tiles.part.menu.tile.fewest_steps
        left = self._steps_limits(side, steps, other, bar) - tiles.outside.min()
        left = np.where(steps <= side.limits[0], left, -np.inf)
        return np.minimum(left, float((limits - tiles.outside).max()))

    def _steps_limits(self, side: Side, steps: Array, other: Points | None, bar: Bar) -> Array:
        """[n] pJ that the operator may cost, given its cycles of the array."""
        every, which = np.unique(steps, return_inverse=True)
        left = bar.energy_left(self._metrics(least_of(side, every, 0.0, 0.0), other))
        return left.max(axis=1)[which]

    def _in_lots(
        self, side: Side, tiles: Tiles, pairs: Pairs, other: Points | None, bar: Bar, known: Beaten | None
    ) -> Iterator[tuple[Points, Nests]]:
        order = np.argsort(pairs.cost, kind="stable")[: _GLANCE if self.first else None]
        for start in range(0, len(order), _LOT):
            lot = order[start : start + _LOT]
            nests, columns = nests_of_pairs(side, tiles, pairs.tile[lot], pairs.lines.take(lot))
            if len(nests):
                where = lot[columns]
                bound = outlined(
                    side, nests, tiles, pairs.tile[where], pairs.lines.take(where), pairs.cost[where]
                )
                yield from self._evaluated(side, nests, bound, other, bar, known)

    def _evaluated(
        self, side: Side, nests: Nests, bound: Points, other: Points | None, bar: Bar, known: Beaten | None
    ) -> Iterator[tuple[Points, Nests]]:
        chosen = self._promising(bound, other, bar, known)[: _FIRST if self.first else None]
        if not len(chosen):
            return
        self.space.tally["nests"] += len(chosen)
        nests = nests.take(chosen)
        exact = evaluated(side, nests)
        good = self._promising(exact, other, bar, known)
        if len(good):
            exact = exact.take(good)
            exact = exact.take(exact.useful())
            yield replace(exact, number=np.arange(len(exact))), nests.take(exact.number)

    def _join(self, known: Found | None, last: Found, bar: Bar) -> None:
        points, other = last.points[0], known.points[0] if known else None
        width = len(other) if other is not None else 1
        height = max(1, _BLOCK // width)
        for start in range(0, len(points), height):
            part = points.take(np.arange(start, min(start + height, len(points))))
            metrics = flat(self._metrics(part, other))
            self.space.tally["joined"] += len(metrics.energy)
            chosen = bar.incumbent.choose(metrics)
            picks: list[object] = []
            for row in chosen:
                a, b = divmod(row, width)
                where = [last.nest(int(part.number[a]))]
                if known is not None and other is not None:
                    where.insert(0, known.nest(int(other.number[b])))
                picks.append(Pick(self.space, tuple(w[0] for w in where), tuple(w[1] for w in where)))
            bar.incumbent.keep(chosen, metrics, picks)
