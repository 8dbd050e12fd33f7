"""A look at one choice of shared loops and rows: what may be better is evaluated by the model and joined."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from flat_plugin.mapspace.objective import Metrics
from flat_plugin.mapspace.search.bar import Bar
from flat_plugin.mapspace.search.beaten import Beaten
from flat_plugin.mapspace.search.finder import Finder
from flat_plugin.mapspace.search.found import Found, Pick
from flat_plugin.mapspace.search.join import Chain, together
from flat_plugin.mapspace.search.known_rows import KnownRows
from flat_plugin.mapspace.search.outline import outlined_by
from flat_plugin.mapspace.search.parts import Part
from flat_plugin.mapspace.search.points import Points
from flat_plugin.mapspace.search.shared_tiles import Tile

if TYPE_CHECKING:
    from flat_plugin.mapspace.search.space import Space

_BLOCK = 1 << 20  # pairs of operators joined at once


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
            side.needs.least(steps, 0.0, min(part.fewest for part in each))
            for side, steps, each in zip(sides, self.steps, self.parts, strict=True)
        ]
        least[0] = replace(least[0], energy=energy.reshape(1) + least[0].energy)
        self.least = self.chain.metrics(least).flat()
        if bar.promising(self.least).any():
            one, *others = [outlined_by(*each) for each in zip(sides, self.parts, self.steps, strict=True)]
            self.least = self.chain.pairs(one, others[0] if others else None).flat()

    def glance(self, bar: Bar) -> None:
        """Look for something good."""
        self.glanced = True
        self._run(bar, first=True)

    def run(self, bar: Bar) -> None:
        """Improve the incumbent until nothing with these rows can."""
        if not self.glanced:
            self.glance(bar)
        self._run(bar, first=False)

    def _run(self, bar: Bar, first: bool) -> None:
        sides, parts = self.space.sides, self.parts or self._parts(bar)
        if not all(parts):
            return
        known: Found | None = None
        other: Points | None = None
        if len(sides) > 1:
            outline = outlined_by(sides[1], parts[1], self.steps[1])
            known = self._every(parts[0], outline, bar, first)
            if not known.nests:
                return
            other = known.points[0].grouped(self.chain.meeting)
        for points, nests in self._finder(-1, other, bar, None, first).points(parts[-1]):
            self._join(known, Found([points], [nests]), bar)

    def _every(self, parts: list[Part], other: Points, bar: Bar, first: bool) -> Found:
        """All of the first operator's points that may be part of something better."""
        found, known = Found(), Beaten(self.chain, bar.incumbent.goals)
        for points, nests in self._finder(0, other, bar, known, first).points(parts):
            found.add(points, nests)
            known.add(points)
        if found.nests:
            found.tidy()
        return found

    def _finder(
        self, number: int, other: Points | None, bar: Bar, known: Beaten | None, first: bool
    ) -> Finder:
        side, steps = self.space.sides[number], self.steps[number]
        return Finder(side, self.chain, steps, other, bar, known, first, self.space.tally)

    def _parts(self, bar: Bar) -> list[list[Part]]:
        """Each operator's skeletons that may be part of something better, the cheapest first."""
        tags, sides, found = (self.rows, self.keys), self.space.sides, []
        for side, steps in zip(sides, self.steps, strict=True):
            others = [
                other.needs.least(self.steps[i], other.energy[::-1, *tags], other.moved[tags])
                for i, other in enumerate(sides)
                if other is not side
            ]
            rest = self.chain.metrics([side.needs.least(steps, 0.0, 0.0), *others]).flat()
            energy, words = bar.energy_left(rest), bar.words_left(rest)
            parts = side.cheapest(*tags, energy, words)
            if side.shared.shape != (1, 1):
                parts = list(KnownRows(side, *tags).parts(parts, self.tile, energy))
            found.append(sorted(parts, key=lambda part: part.least))
        return found

    def _join(self, known: Found | None, last: Found, bar: Bar) -> None:
        """Offer pairs of one operator's known points, if there is one, and the last one's."""
        points, other = last.points[0], known.points[0] if known else None
        width = len(other) if other is not None else 1
        height = max(1, _BLOCK // width)
        for start in range(0, len(points), height):
            part = points.take(np.arange(start, min(start + height, len(points))))
            metrics = self.chain.pairs(part, other).flat()
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
