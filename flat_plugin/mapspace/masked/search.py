"""The best mappings of a family under a mask: best bound first, the rest counted by the model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from flat_plugin.mapping.fused import FusedMapping
from flat_plugin.mapspace.family import Family
from flat_plugin.mapspace.masked.iterations import FEW_TILES
from flat_plugin.mapspace.masked.nodes import FEW
from flat_plugin.mapspace.masked.side import MaskedSide
from flat_plugin.mapspace.objective import Best, Front, Metrics
from flat_plugin.mapspace.operator_pairs import Chain
from flat_plugin.mapspace.operator_side import Points, figures_of, useful
from flat_plugin.mapspace.optimum import Search, goal_of, least_by
from flat_plugin.model.mapping_batch import Array
from flat_plugin.model.shortened_nests import cut_mapping
from flat_plugin.workload.attention import Attention
from flat_plugin.workload.mask import FULL

_FIRST, _FIRST_LOOPS = 2, 8  # tilings of each operator under so many choices of shared loops, to begin with
_PAIRED, _PAIRED_LOOPS = (
    64,
    64,
)  # tilings of each operator that are paired to begin with, of so many such choices
_FRONTS, _TOGETHER = 3, 16  # of bounds that are counted one after the other, before all; and all if so few
_MORE = 2  # times as many at every further look


class MaskedSearch(Search):
    """One family under a mask. Menus give bounds here; what may be part of a better pair is counted."""

    sides: tuple[MaskedSide, ...]

    def __init__(
        self,
        family: Family,
        sides: Sequence[MaskedSide],
        chain: Chain,
        attention: Attention,
        square: Attention,
    ) -> None:
        super().__init__(family, sides, chain)
        lengths = {"M": (square.queries, attention.queries), "N": (square.keys, attention.keys)}
        self.lengths = {d: longer for d, (longer, own) in lengths.items() if longer > own}
        self._attention, self._square, self._counted = attention, square, list[Points]()

    @property
    def tolerance(self) -> float:  # type: ignore[override]
        """Where iterations are summed from a few of them, roundings are not those of each."""
        many = any(len(one.kinds) > FEW for one in self.sides[0].iterations)
        return 1e-4 if many else Search.tolerance

    @property
    def left_out(self) -> tuple[str, ...]:  # type: ignore[override]
        """What the space is besides that of the full square."""
        side = self.sides[0]
        buffer = side.architecture.memories[1].name
        texts = [
            "under the mask rows are tiled outside the operators' own loops; of tiles of keys with all that "
            "an iteration touches, only the smallest",
            f"below {buffer} a tile that is cut has the choices that nothing beats while it is "
            "whole; nests that lose over 1 % of the operations to idle units' rounding are not looked at",
        ]
        if self.lengths:
            texts.append(
                "mappings of longer rows and keys, whose units' tiles fit, are cut to the layer's, last "
                "tiles smaller; one that stays only because these leave loops one iteration is bounded as "
                "if it came anew"
            )
        lowest = min(one.rows for one in side.iterations)
        if self._attention.queries // lowest >= FEW_TILES // 2 and lowest > 1:
            texts.append(f"tiles of fewer than {lowest} rows are not looked at")
        if self.tolerance > Search.tolerance:
            texts.append(f"over {FEW} kinds of iterations are summed from a few, to one part in 10,000")
        return tuple(texts)

    def finished(self, mapping: FusedMapping, number: int) -> FusedMapping:
        """The mapping of the rows, and of the keys that the tile of rows touches which touches most."""
        widest = replace(self._attention, keys=self.sides[0].iterations[number].keys, mask=FULL)
        return cut_mapping(mapping, self._square, widest, self.sides[0].architecture)

    def _improve(self, incumbent: Best | Front, outlines: list[Points], bounds: list[Metrics]) -> None:
        least = [least_by(outline, len(self.family.shared)) for outline in outlines]
        self._counted = [outline.take(np.arange(0)) for outline in outlines]
        self._begin(outlines, bounds, least, incumbent)
        left = [np.flatnonzero(~seen) for seen in self.expanded]
        most, loops = _FIRST, _FIRST_LOOPS
        while True:
            left = [
                rows[incumbent.promising(bound.take(rows))] for rows, bound in zip(left, bounds, strict=True)
            ]
            if not any(map(len, left)):
                return
            chosen = self._foremost(left, outlines, bounds, goal_of(incumbent), most, loops)
            left = [
                np.setdiff1d(rows, own, assume_unique=True) for rows, own in zip(left, chosen, strict=True)
            ]
            self._look_at(chosen, least, incumbent)
            most, loops = most * _MORE, loops * _MORE

    def _begin(
        self,
        outlines: Sequence[Points],
        bounds: Sequence[Metrics],
        least: Sequence[Points],
        incumbent: Best | Front,
    ) -> None:
        """Something to measure the rest by: of the choices of shared loops whose best pairs of tilings have
        the least bounds, these pairs."""
        goal = goal_of(incumbent)
        every = [np.arange(len(outline)) for outline in outlines]
        pairs: list[tuple[float, list[Array]]] = []
        for number in self._numbers(every, outlines, bounds, goal)[:_PAIRED_LOOPS]:
            chosen = []
            for outline, bound in zip(outlines, bounds, strict=True):
                own = np.flatnonzero(outline.shared == number)
                chosen.append(own[np.argsort(bound[goal][own], kind="stable")[:_PAIRED]])
            if not all(map(len, chosen)):
                continue
            first, *rest = (outline.take(own) for outline, own in zip(outlines, chosen, strict=True))
            metrics = self.chain.metrics([first.column(), *rest])
            values = np.where(np.isfinite(metrics.energy), metrics[goal], np.inf)
            where = np.unravel_index(values.argmin(), values.shape)
            if np.isfinite(values[where]):
                one = [own[[int(n)]] for own, n in zip(chosen, where, strict=True)]
                pairs.append((float(values[where]), one))
        for _, one in sorted(pairs, key=lambda pair: pair[0])[:_FIRST_LOOPS]:
            self._look_at(one, least, incumbent)

    def _numbers(
        self, left: Sequence[Array], outlines: Sequence[Points], bounds: Sequence[Metrics], goal: str
    ) -> Array:
        """Choices of shared loops, those with the least bounds of tilings first."""
        values = np.full(len(self.family.shared), np.inf)
        for rows, outline, bound in zip(left, outlines, bounds, strict=True):
            np.minimum.at(values, outline.shared[rows], bound[goal][rows])
        return np.argsort(values, kind="stable")

    def _foremost(
        self,
        left: Sequence[Array],
        outlines: Sequence[Points],
        bounds: Sequence[Metrics],
        goal: str,
        most: int,
        loops: int,
    ) -> list[Array]:
        """The tilings with the least bounds under the choices of shared loops with the least."""
        numbers = self._numbers(left, outlines, bounds, goal)[:loops]
        chosen = []
        for rows, outline, bound in zip(left, outlines, bounds, strict=True):
            own = rows[np.isin(outline.shared[rows], numbers)]
            own = own[np.lexsort((bound[goal][own], outline.shared[own]))]
            shared = outline.shared[own]
            place = np.arange(len(own)) - np.searchsorted(shared, shared)
            chosen.append(own[place < most])
        return chosen

    def _look_at(self, chosen: Sequence[Array], least: Sequence[Points], incumbent: Best | Front) -> None:
        """Count what these tilings have that may be part of a better pair, and pair it."""
        touched: set[int] = set()
        for i, (side, rows) in enumerate(zip(self.sides, chosen, strict=True)):
            if not len(rows):
                continue
            self.expanded[i][rows] = True
            closer = self._may_be(i, side.tighter(rows), least, incumbent)
            points = self._may_be(i, side.expand(closer.row), least, incumbent)
            touched |= set(points.shared.tolist())
            self._count(i, side, points)
        for number in sorted(touched):
            pair = [points.take(np.flatnonzero(points.shared == number)) for points in self._counted]
            if all(map(len, pair)):
                self._join(pair, incumbent)

    def _count(self, i: int, side: MaskedSide, points: Points) -> None:
        """Have points counted that may be useful to the join: those that no bound of another is better than,
        before the rest."""
        fused, turns = self.family.fused, 0
        while len(points):
            apart = turns < _FRONTS and len(points) > _TOGETHER
            front = useful(points, fused) if apart else np.arange(len(points))
            counted = side.counted(points.take(front))
            counted = counted.take(np.flatnonzero(np.isfinite(counted.energy)))
            both = Points.joined([self._counted[i], counted])
            self._counted[i] = both.take(useful(both, fused))
            rest = points.take(np.setdiff1d(np.arange(len(points)), front))
            points = rest.take(np.flatnonzero(~beaten(rest, self._counted[i], fused)))
            turns += 1

    def _may_be(self, i: int, points: Points, least: Sequence[Points], incumbent: Best | Front) -> Points:
        """The points of an operator that may be part of a better pair."""
        others = [each.take(points.shared) for j, each in enumerate(least) if j != i]
        return points.take(np.flatnonzero(incumbent.promising(self.chain.metrics([points, *others]))))


def beaten(points: Points, others: Points, fused: bool) -> Array:
    """[points]: whether another point under the same shared loops has no figure that is larger."""
    found = np.zeros(len(points), dtype=bool)
    table, against = figures_of(points, fused), figures_of(others, fused)
    for number in np.unique(points.shared):
        own, pool = np.flatnonzero(points.shared == number), np.flatnonzero(others.shared == number)
        for one in pool:
            found[own] |= (against[one] <= table[own]).all(axis=1)
    return found
