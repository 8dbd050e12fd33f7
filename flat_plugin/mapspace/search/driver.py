"""Branch and bound over everything that a family leaves open.

The shared loops with the best bound first: what each operator costs at least with them is known from its
tables. Tiles of an operator that, with the least that everything else costs, are no better than what was
found cannot be part of something better; nor can a choice inside of such a tile. What is left is
evaluated by the model itself, operator by operator, and joined.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from flat_plugin.mapspace.objective import OBJECTIVES, Best, Front, Metrics
from flat_plugin.mapspace.search.inside import Lines
from flat_plugin.mapspace.search.join import Chain, flat
from flat_plugin.mapspace.search.nests import Nests
from flat_plugin.mapspace.search.operator import FEW
from flat_plugin.mapspace.search.points import Points
from flat_plugin.mapspace.search.shared import Setting
from flat_plugin.mapspace.search.side import Side, Tiles
from flat_plugin.model.batch import Array

_FIRST = 40  # choices that a first look evaluates of each operator
_NEAR = 1.02  # of the least, what a first look takes
_PARTS = 6  # skeletons of each operator that a first look takes
_LOT = 1 << 15
_BLOCK = 1 << 20  # pairs joined at once


@dataclass(frozen=True)
class Pick:
    """A point: of which space, and each operator's nest."""

    space: Space
    tags: tuple[int, int]
    nests: tuple[Nests, ...]
    columns: tuple[int, ...]


@dataclass
class Space:
    """The operators of one setting, and how they are chained with each choice of shared loops.

    Args:
        chain: for the tag of keys, on which softmax depends.
    """

    sides: tuple[Side, ...]
    chain: Callable[[int], Chain]
    capacity: tuple[float, ...]
    setting: Setting
    tally: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("tiles", "pairs", "nests", "joined"), 0)
    )

    def run(self, incumbent: Best | Front) -> None:
        """Improve the incumbent until nothing in this space can."""
        if self._hopeless(incumbent):
            return
        if incumbent.empty:
            fastest = [side.steps for side in self.sides]
            for side, steps in zip(self.sides, fastest, strict=True):
                side.prepare(steps * 1.1, FEW, self.capacity, plain=True)
            self._shared(incumbent, first=True)
        for side in self.sides:
            side.prepare(*self._inside_limits(side, incumbent), self.capacity)
        self._shared(incumbent, first=True)
        self._shared(incumbent, first=False)

    def _hopeless(self, incumbent: Best | Front) -> bool:
        """Whether the cycles of the array alone leave nothing better."""
        if isinstance(incumbent, Front) or incumbent.empty:
            return False
        steps, slack = sum(side.steps for side in self.sides), 1 + 1e-9
        best = dict(zip(_ranks(incumbent.objective), incumbent.rank, strict=True))
        if incumbent.objective == "edp":
            return steps * self.floor > best["edp"] * slack
        return incumbent.objective == "latency" and steps > best["latency"] * slack

    def _inside_limits(self, side: Side, incumbent: Best | Front) -> tuple[float, float]:
        """Cycles of the array and pJ that the operator's choice inside may take for something better."""
        if isinstance(incumbent, Front) or incumbent.empty:
            return np.inf, np.inf
        steps = sum(other.steps for other in self.sides)
        best = dict(zip(_ranks(incumbent.objective), incumbent.rank, strict=True))
        slack = 1 + 1e-9
        if incumbent.objective == "latency":
            return best["latency"] * slack - steps + side.steps, np.inf
        if incumbent.objective == "energy":
            return np.inf, best["energy"] * slack
        if incumbent.objective == "edp":
            return best["edp"] / self.floor * slack - steps + side.steps, best["edp"] / steps * slack
        return np.inf, np.inf

    @property
    def floor(self) -> float:
        """pJ that nothing goes below."""
        total = 0.0
        for side in self.sides:
            op = side.operator
            total += op.prices.compute * op.structure.einsum.operations * 0.99
            for t, words in enumerate(op.words):
                if op.role.outermost[t]:
                    output = t == op.structure.output
                    total += words * (op.prices.update[0] if output else op.prices.read[0])
        return total

    def _shared(self, incumbent: Best | Front, *, first: bool) -> None:
        energy = [side.energy for side in self.sides]
        words = [side.words for side in self.sides]
        order = sorted(self._bounds(energy, words), key=lambda entry: entry[0])
        for number, (_, rows, keys, bound) in enumerate(order):
            if not incumbent.promising(bound).any():
                continue
            if first and number >= 3 and not incumbent.empty:
                break
            self._look(
                rows, keys, [e[rows, keys] for e in energy], [w[rows, keys] for w in words], incumbent, first
            )

    def _bounds(
        self, energy: Sequence[Array], words: Sequence[Array]
    ) -> Iterator[tuple[float, int, int, Metrics]]:
        """(least EDP, tags, metrics) of every choice of shared loops."""
        finite = np.isfinite(sum(energy))
        for keys in np.flatnonzero(finite.any(axis=0)):
            rows = np.flatnonzero(finite[:, keys])
            least = [
                self._least(side, e[rows, keys], w[rows, keys])
                for side, e, w in zip(self.sides, energy, words, strict=True)
            ]
            bound = flat(self.chain(int(keys)).metrics(least))
            goal = bound.energy * bound.latency
            for i, row in enumerate(rows.tolist()):
                yield float(goal[i]), row, int(keys), bound.take(np.array([i]))

    def _least(self, side: Side, energy: Array | float, words: Array | float) -> Points:
        memories = side.operator.architecture.memories
        energy, words = np.atleast_1d(energy), np.atleast_1d(words)
        busy = np.zeros((len(memories), len(words)))
        if np.isfinite(memories[0].shared_bandwidth):
            busy[0] = words / memories[0].shared_bandwidth
        steps = np.array([side.steps])
        room, none = np.zeros((len(memories), 1)), np.zeros(1)
        return Points(np.maximum(steps, busy[0]), steps, busy, energy, words, room, none, np.zeros(1, int))

    def _look(
        self,
        rows: int,
        keys: int,
        energy: list[float],
        words: list[float],
        incumbent: Best | Front,
        first: bool,
    ) -> None:
        chain = self.chain(keys)
        least = [self._least(s, e, w) for s, e, w in zip(self.sides, energy, words, strict=True)]
        *before, last = range(len(self.sides))
        known: list[Found] = []
        for i in before:
            others = [least[j] for j in range(len(self.sides)) if j != i]
            found = Found([], [])
            for exact, nests in self._exact(self.sides[i], rows, keys, chain, others, incumbent, first):
                found.add(exact, nests)
            if not found.nests:
                return
            found.tidy()
            known.append(found)
        others = [found.points[0].least() for found in known]
        for exact, nests in self._exact(self.sides[last], rows, keys, chain, others, incumbent, first):
            self._join((rows, keys), chain, [*known, Found([exact], [nests])], incumbent)

    def _limits(
        self, incumbent: Best | Front, chain: Chain, others: list[Points], side: Side
    ) -> tuple[float, float]:
        """pJ and words of the outermost memory that the operator may cost for something better."""
        if isinstance(incumbent, Front) or incumbent.empty:
            return np.inf, np.inf
        rest = chain.metrics([self._least(side, 0.0, 0.0), *others])
        energy, latency, traffic = (float(m[0]) for m in (rest.energy, rest.latency, rest.traffic))
        best, slack = dict(zip(_ranks(incumbent.objective), incumbent.rank, strict=True)), 1 + 1e-9
        as_good = best["edp"] / latency * slack - energy
        if incumbent.objective == "energy":
            return best["energy"] * slack - energy, np.inf
        if incumbent.objective == "edp":
            return as_good, np.inf
        if incumbent.objective == "traffic":
            return np.inf, best["traffic"] * slack - traffic
        if incumbent.objective == "latency" and latency >= best["latency"] * (1 - 1e-9):
            return as_good, np.inf
        return np.inf, np.inf

    def _each_limit(
        self, bound: Points, incumbent: Best | Front, chain: Chain, others: list[Points]
    ) -> Array:
        """[tiles] pJ that each tile may cost with a choice inside."""
        if isinstance(incumbent, Front) or incumbent.empty:
            return np.full(len(bound), np.inf)
        metrics = chain.metrics([bound, *others])
        best, slack = dict(zip(_ranks(incumbent.objective), incumbent.rank, strict=True)), 1 + 1e-9
        rest = metrics.energy - bound.energy
        if incumbent.objective == "energy":
            return best["energy"] * slack - rest
        as_good = best["edp"] / metrics.latency * slack - rest
        if incumbent.objective == "edp":
            return as_good
        return np.where(
            metrics[incumbent.objective] < best[incumbent.objective] * (1 - 1e-9), np.inf, as_good
        )

    def _exact(
        self,
        side: Side,
        rows: int,
        keys: int,
        chain: Chain,
        others: list[Points],
        incumbent: Best | Front,
        first: bool,
    ) -> Iterator[tuple[Points, Nests]]:
        """Points of an operator that may be part of something better; of a few skeletons at first."""
        parts = side.cheapest(rows, keys)
        for part in parts[:_PARTS] if first else parts:
            energy, words = self._limits(incumbent, chain, others, side)
            if first:  # a look at the cheapest tiles
                energy = min(energy, float(part.energy[rows, keys]) * _NEAR)
            tiles = side.tiles(part, rows, keys, energy, words)
            if tiles is not None:
                for chosen in self._lots(tiles, chain, others, incumbent, first):
                    yield from self._nests(side, chosen, chain, others, incumbent, first)

    def _line_limit(
        self, side: Side, tiles: Tiles, incumbent: Best | Front, chain: Chain, others: list[Points]
    ) -> Array:
        """[lines] pJ that the operator may cost with each choice inside, given its cycles of the array."""
        lines = side.lines_of(tiles.part)
        free = np.full(len(lines), np.inf)
        if isinstance(incumbent, Front) or incumbent.empty or incumbent.objective not in ("edp", "latency"):
            return free
        none = self._least(side, 0.0, 0.0)
        point = replace(none, steps=lines.steps, cycles=lines.steps)
        rest = flat(chain.metrics([point, *others]))
        best, slack = incumbent.rank[0], 1 + 1e-9
        if incumbent.objective == "latency":
            return np.where(rest.latency <= best * slack, free, -np.inf)
        return best / rest.latency * slack - rest.energy

    def _lots(
        self, tiles: Tiles, chain: Chain, others: list[Points], incumbent: Best | Front, first: bool
    ) -> Iterator[Tiles]:
        """The tiles that may be part of something better, the best first, some at a time."""
        chosen = tiles.take(self._promising(tiles.bound, chain, others, incumbent))
        if not len(chosen.outside):
            return
        metrics = flat(chain.metrics([chosen.bound, *others]))
        order = np.lexsort((metrics.energy, metrics[_goal(incumbent)]))
        chosen = chosen.take(order[:_FIRST] if first else order)
        start, size = 0, 64
        while start < len(chosen.outside):
            lot = chosen.take(np.arange(start, min(start + size, len(chosen.outside))))
            start, size = start + size, min(4 * size, 4096)
            lot = lot.take(self._promising(lot.bound, chain, others, incumbent))
            if len(lot.outside):
                self.tally["tiles"] += len(lot.outside)
                yield lot

    def _nests(
        self,
        side: Side,
        tiles: Tiles,
        chain: Chain,
        others: list[Points],
        incumbent: Best | Front,
        first: bool,
    ) -> Iterator[tuple[Points, Nests]]:
        most, seen = (50 if first else 64), 0
        while len(tiles.outside):
            limits = self._each_limit(tiles.bound, incumbent, chain, others)
            inside = self._line_limit(side, tiles, incumbent, chain, others)
            tile, lines, cost, more = side.pairs(tiles, limits, inside, seen, most)
            self.tally["pairs"] += len(cost)
            order = np.argsort(cost, kind="stable")
            for start in range(0, len(order), _LOT):
                lot = order[start : start + _LOT]
                yield from self._evaluated(
                    side, tiles, tile[lot], lines.take(lot), cost[lot], chain, others, incumbent, first
                )
            if first or not more.any():
                return
            tiles = tiles.take(np.flatnonzero(more))
            tiles = tiles.take(self._promising(tiles.bound, chain, others, incumbent))
            seen, most = most, most * 32

    def _evaluated(
        self,
        side: Side,
        tiles: Tiles,
        tile: Array,
        lines: Lines,
        cost: Array,
        chain: Chain,
        others: list[Points],
        incumbent: Best | Front,
        first: bool,
    ) -> Iterator[tuple[Points, Nests]]:
        nests, columns = side.nests(tiles, tile, lines)
        if not len(nests):
            return
        bound = side.outlined(nests, tiles, tile[columns], lines.take(columns), cost[columns])
        chosen = self._promising(bound, chain, others, incumbent)
        if first:
            chosen = chosen[:_FIRST]
        if not len(chosen):
            return
        self.tally["nests"] += len(chosen)
        nests = nests.take(chosen)
        exact = side.evaluate(nests)
        good = self._promising(exact, chain, others, incumbent)
        if len(good):
            exact = exact.take(good)
            exact = exact.take(exact.useful())
            yield _numbered(exact, np.arange(len(exact))), nests.take(exact.number)

    def _promising(
        self, points: Points, chain: Chain, others: list[Points], incumbent: Best | Front
    ) -> Array:
        if not len(points):
            return np.arange(0)
        return np.flatnonzero(incumbent.promising(chain.metrics([points, *others])))

    def _join(self, tags: tuple[int, int], chain: Chain, found: list[Found], incumbent: Best | Front) -> None:
        *rest, last = found
        points, other = last.points[0], rest[0].points[0] if rest else None
        width = len(other) if other is not None else 1
        height = max(1, _BLOCK // width)
        for start in range(0, len(points), height):
            part = points.take(np.arange(start, min(start + height, len(points))))
            metrics = flat(chain.metrics([part.column(), other] if other is not None else [part]))
            self.tally["joined"] += len(metrics.energy)
            chosen = incumbent.choose(metrics)
            picks: list[object] = []
            for row in chosen:
                a, b = divmod(row, width)
                where = [last.nest(int(part.number[a]))]
                if other is not None:
                    where.insert(0, rest[0].nest(int(other.number[b])))
                picks.append(Pick(self, tags, tuple(w[0] for w in where), tuple(w[1] for w in where)))
            incumbent.keep(chosen, metrics, picks)


@dataclass
class Found:
    """Points of an operator and the nests that they are, part by part."""

    points: list[Points]
    nests: list[Nests]
    count: int = 0

    def add(self, points: Points, nests: Nests) -> None:
        self.points.append(_numbered(points, points.number + self.count))
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


def _numbered(points: Points, number: Array) -> Points:
    return replace(points, number=number)


def _goal(incumbent: Best | Front) -> str:
    """What to look at first: a front has two goals, of which neither is first."""
    return incumbent.goals[0] if len(incumbent.goals) == 1 else "edp"


def _ranks(objective: str) -> tuple[str, ...]:
    return (objective, *(name for name in OBJECTIVES if name != objective))
