"""The best mappings over a declared space, and the proof that they are.

Branch and bound. Every tiling of the outermost memory's loops moves words that are known at once; what
happens below the buffer is bounded from below by what no choice there beats. Tilings whose bound,
joined with the least that the other operator can cost, is no better than what was found cannot be
better either. The rest is evaluated exactly, the shared loops with the best bound first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from flat_plugin.mapping.fused import FusedMapping
from flat_plugin.mapspace.family import Family
from flat_plugin.mapspace.objective import Best, Front, Metrics
from flat_plugin.mapspace.operator_pairs import Chain
from flat_plugin.mapspace.operator_side import Points, Side
from flat_plugin.model.mapping_batch import Array

_FIRST = 4  # tilings of each operator that a first look takes
_LOT = 512  # tilings whose closer bounds are computed at once
_BLOCK = 1 << 20  # pairs joined at once


@dataclass(frozen=True)
class Pick:
    """A point: of which search, and each operator's tiling and entry of its menu."""

    search: Search
    rows: tuple[int, ...]
    choices: tuple[int, ...]


@dataclass(frozen=True)
class Tally:
    """What a search did: tilings of the outermost loops, those that do not fit, those that their bound
    ruled out; points evaluated and pairs of them joined."""

    tilings: int = 0
    unfit: int = 0
    outbid: int = 0
    points: int = 0
    pairs: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(*(getattr(self, n) + getattr(other, n) for n in self.__dataclass_fields__))


class Search:
    """One family: its operators' sides and how they are chained."""

    tolerance = 1e-9  # of its figures, against the engine's
    left_out: tuple[str, ...] = ()  # of the space, to be said beside the answer
    lower = 0.0  # what nothing in it goes below, by the goal; infinite once nothing in it is better
    lengths: Mapping[str, int] = {}  # by dimension, those that tiles divide and that are not the layer's

    def __init__(self, family: Family, sides: Sequence[Side], chain: Chain) -> None:
        self.family, self.sides, self.chain = family, tuple(sides), chain
        self.expanded = [np.zeros(len(side.rows), dtype=bool) for side in self.sides]
        self.pairs = 0

    def run(self, incumbent: Best | Front) -> None:
        """Improve the incumbent until nothing in this family can."""
        outlines = [side.outline() for side in self.sides]
        if all(map(len, outlines)):
            bounds = self._bounds(outlines)
            self.lower = max(_least(bound, goal_of(incumbent)) for bound in bounds)
            self._improve(incumbent, outlines, bounds)
        self.lower = np.inf

    def _improve(self, incumbent: Best | Front, outlines: list[Points], bounds: list[Metrics]) -> None:
        """As :meth:`run`, from the bounds of every tiling."""
        closer: dict[int, list[Points]] = {}
        order = self._order(outlines, bounds, incumbent)
        for number in order:  # a first look everywhere, for something to measure the rest by
            found = self._closer(number, outlines, bounds, incumbent)
            if found is not None:
                closer[number] = found
        for number in order:
            if number in closer:
                self._look(closer[number], incumbent, _FIRST)
                self._look(closer[number], incumbent, None)

    def finished(self, mapping: FusedMapping, number: int) -> FusedMapping:
        """The mapping as results show it, of a choice of shared loops: itself."""
        return mapping

    @property
    def tally(self) -> Tally:
        """What was done so far."""
        return Tally(
            tilings=sum(side.declared for side in self.sides),
            unfit=sum(side.declared - len(side.rows) for side in self.sides),
            outbid=sum(int((~seen).sum()) for seen in self.expanded),
            points=sum(side.evaluated for side in self.sides),
            pairs=self.pairs,
        )

    def _bounds(self, outlines: list[Points]) -> list[Metrics]:
        """For every tiling, metrics that no pair with it beats."""
        count = len(self.family.shared)
        least = [least_by(outline, count) for outline in outlines]
        bounds = []
        for i, outline in enumerate(outlines):
            others = [least[j].take(outline.shared) for j in range(len(outlines)) if j != i]
            bounds.append(self.chain.metrics([outline, *others]))
        return bounds

    def _order(self, outlines: list[Points], bounds: list[Metrics], incumbent: Best | Front) -> list[int]:
        """Shared loops, those with the best bound first; the first few tilings of each are tried."""
        goal = goal_of(incumbent)
        values = np.full(len(self.family.shared), np.inf)
        for outline, bound in zip(outlines, bounds, strict=True):
            np.minimum.at(values, outline.shared, np.where(np.isfinite(bound.energy), bound[goal], np.inf))
        return [int(n) for n in np.argsort(values, kind="stable") if np.isfinite(values[n])]

    def _closer(
        self, number: int, outlines: list[Points], bounds: list[Metrics], incumbent: Best | Front
    ) -> list[Points] | None:
        """Each operator's tilings under one choice of shared loops that may be part of a better pair,
        with closer bounds. Some at a time, those with the least bound first, and a look at each lot:
        what it finds spares the others."""
        goal = goal_of(incumbent)
        left, found = [], [outline.take(np.arange(0)) for outline in outlines]
        for outline, bound in zip(outlines, bounds, strict=True):
            rows = np.flatnonzero(outline.shared == number)
            left.append(rows[np.argsort(bound[goal][rows], kind="stable")])
        while any(map(len, left)):
            left = [
                rows[incumbent.promising(bound.take(rows))] for rows, bound in zip(left, bounds, strict=True)
            ]
            if not all(len(rows) or len(points) for rows, points in zip(left, found, strict=True)):
                return None
            for i, side in enumerate(self.sides):
                lot, left[i] = left[i][:_LOT], left[i][_LOT:]
                found[i] = Points.joined([found[i], side.tighter(lot)])
            self._look(found, incumbent, 1)
        return found if all(map(len, found)) else None

    def _look(self, closer: list[Points], incumbent: Best | Front, most: int | None) -> None:
        """Evaluate the few tilings with the least bounds, or all that may be part of a better pair."""
        closer = self._promising(closer, incumbent)
        if not all(map(len, closer)):
            return
        if most is not None:
            closer = [
                points.take(_foremost(bound, incumbent.goals, most))
                for points, bound in zip(closer, self._joined_with_least(closer), strict=True)
            ]
        self._evaluate([points.row for points in closer], incumbent)

    def _evaluate(self, rows: list[Array], incumbent: Best | Front) -> None:
        for seen, chosen in zip(self.expanded, rows, strict=True):
            seen[chosen] = True
        points = [side.expand(chosen) for side, chosen in zip(self.sides, rows, strict=True)]
        points = self._promising(points, incumbent)
        if all(map(len, points)):
            self._join(points, incumbent)

    def _joined_with_least(self, sides: list[Points]) -> list[Metrics]:
        """Each operator's points with the least that the others cost."""
        metrics = []
        for i, side in enumerate(sides):
            others = [_broadcast(other.least(), len(side)) for j, other in enumerate(sides) if j != i]
            metrics.append(self.chain.metrics([side, *others]))
        return metrics

    def _promising(self, sides: list[Points], incumbent: Best | Front) -> list[Points]:
        """The points that may still be part of a better pair."""
        kept = list(sides)
        for i in range(len(kept)):
            if all(map(len, kept)):
                others = [_broadcast(kept[j].least(), len(kept[i])) for j in range(len(kept)) if j != i]
                kept[i] = kept[i].take(incumbent.promising(self.chain.metrics([kept[i], *others])))
        return kept

    def _join(self, sides: list[Points], incumbent: Best | Front) -> None:
        """Every pair (or every point of a single operator)."""
        first, *rest = sides
        width = len(rest[0]) if rest else 1
        height = max(1, _BLOCK // width)
        for start in range(0, len(first), height):
            part = first.take(np.arange(start, min(start + height, len(first))))
            table = [part.column(), *rest] if rest else [part]
            metrics = self.chain.metrics(table).flat()
            self.pairs += len(metrics.energy)
            rows = incumbent.choose(metrics)
            picks: list[object] = []
            for row in rows:
                where = divmod(row, width) if rest else (row,)
                points = [part, *rest]
                picks.append(
                    Pick(
                        self,
                        tuple(int(p.row[n]) for p, n in zip(points, where, strict=True)),
                        tuple(int(p.choice[n]) for p, n in zip(points, where, strict=True)),
                    )
                )
            incumbent.keep(rows, metrics, picks)


def goal_of(incumbent: Best | Front) -> str:
    """What to look at first: a front has two goals, of which neither is first."""
    return incumbent.goals[0] if len(incumbent.goals) == 1 else "edp"


def least_by(outline: Points, count: int) -> Points:
    """The least of every figure for each choice of shared loops; infinite where there is no tiling."""
    names = [n for n in Points.__dataclass_fields__ if n not in ("shared", "row", "choice")]
    order = np.argsort(outline.shared, kind="stable")
    present, starts = np.unique(outline.shared[order], return_index=True)
    figures = {}
    for name in names:
        values = getattr(outline, name)[..., order]
        least = np.full((*values.shape[:-1], count), np.inf)
        least[..., present] = np.minimum.reduceat(values, starts, axis=-1)
        figures[name] = least
    numbers = np.arange(count)
    return Points(shared=numbers, row=numbers, choice=numbers, **figures)


def _least(bound: Metrics, goal: str) -> float:
    return float(np.where(np.isfinite(bound.energy), bound[goal], np.inf).min(initial=np.inf))


def _broadcast(point: Points, size: int) -> Points:
    return point.take(np.zeros(size, dtype=int))


def _foremost(bound: Metrics, goals: tuple[str, ...], most: int) -> Array:
    """The few rows with the least bounds, by each goal."""
    chosen = [np.argsort(bound[goal], kind="stable")[:most] for goal in goals]
    return np.unique(np.concatenate(chosen))
