"""Every tile outside the innermost shared memory that may be part of something better, skeleton by skeleton.

What a tile costs is a sum over three axes, and what it needs of a memory is a sum of products of two. So for
every pair of chains on two axes, the room that is left says how long a tile the third may have, and a table
of what its chains cost up to each length says at once what is the least.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from flat_plugin.mapspace.pareto import pareto_in_groups, pareto_indices
from flat_plugin.mapspace.search.axes import Axis
from flat_plugin.model.mapping_batch import Array

WHOLE = np.ones(1)
_BLOCK = 1 << 20  # chains compared at once


@dataclass(frozen=True)
class Room:
    """One memory: words that fit beside what is held anyway, and how often each tensor's tile counts."""

    place: int  # the place just outside it
    words: float
    copies: tuple[float, float, float]
    meeting: bool = False  # the scores are held here


@dataclass(frozen=True)
class Figures:
    """What every chain of one axis costs; additive over the axes."""

    energy: Array  # [n] pJ
    words: Array  # [n] words of the outermost memory
    held: Array  # [n] words that the scores take where the operators meet, at least


@dataclass(frozen=True)
class Chains:
    """Chains of one axis that a skeleton may have, and what they cost."""

    axis: Axis
    columns: Array  # [n] which of all chains of the axis
    figures: Figures
    inside: Array  # [n] pJ of what is inside, where it depends on this axis; part of the figures

    def __len__(self) -> int:
        return len(self.columns)

    def take(self, columns: Array) -> Chains:
        figures = Figures(*(getattr(self.figures, n)[columns] for n in ("energy", "words", "held")))
        return Chains(self.axis.take(columns), self.columns[columns], figures, self.inside[columns])

    @cached_property
    def cheapest(self) -> float:
        return float(self.figures.energy.min(initial=np.inf))

    @cached_property
    def fewest(self) -> float:
        return float(self.figures.words.min(initial=np.inf))

    @cached_property
    def _slim(self) -> dict[tuple[tuple[int, ...], bool], Chains]:
        return {}

    def slim(self, places: tuple[int, ...], tags: Array | None = None) -> Chains:
        """Without those that another one equals or beats in pJ, in what the scores take and in rows at these
        places.

        Args:
            tags: [all chains of the axis] the shared loops of each, if only those of the same do.
        """
        key = places, tags is not None
        if key not in self._slim:
            columns = np.stack(
                [self.figures.energy, self.figures.held, *(self.axis.rows[p] for p in places)], axis=1
            )
            kept = pareto_indices(columns) if tags is None else pareto_in_groups(columns, tags[self.columns])
            self._slim[key] = self.take(kept)
        return self._slim[key]


@dataclass(frozen=True)
class Table:
    """One skeleton's chains of each axis, and what fits."""

    chains: tuple[Chains, Chains, Chains]
    rooms: tuple[Room, ...]
    energy: float  # pJ inside in any case
    words: float  # words of the outermost memory in any case

    @property
    def axes(self) -> tuple[Axis, ...]:
        return tuple(chains.axis for chains in self.chains)

    @property
    def figures(self) -> tuple[Figures, ...]:
        return tuple(chains.figures for chains in self.chains)

    @property
    def floor(self) -> float:
        """pJ that nothing goes below, whatever fits."""
        return self.energy + sum(chains.cheapest for chains in self.chains)

    def promising(self, energy: float) -> bool:
        """Whether there are tiles, and some may cost no more."""
        return bool(np.isfinite(self.floor)) and self.floor <= energy

    def slimmed(self, axes: Sequence[int], tags: Mapping[int, Array] | None = None) -> Table:
        """The same bounds with fewer chains of some axes.

        Args:
            tags: of axes, the shared loops of all their chains, each of which is to keep its bound.
        """
        places, tags = tuple(dict.fromkeys(room.place for room in self.rooms)), tags or {}
        chains = [c.slim(places, tags.get(axis)) if axis in axes else c for axis, c in enumerate(self.chains)]
        return replace(self, chains=(chains[0], chains[1], chains[2]))

    def cheapest(self, shares: Array = WHOLE) -> Array:
        """[shares] the least energy of all; infinite where nothing fits."""
        slim = self.slimmed((0, 1, 2))
        first, second, _ = slim._in_order()
        return slim.least(first, second, shares).min(axis=(1, 2), initial=np.inf)

    def least_along(self, axis: int, shares: Array) -> Array:
        """[shares, chains] the least energy with each chain of an axis."""
        others = [other for other in range(3) if other != axis]
        slim = self.slimmed(others)
        first, second, third = slim._in_order()
        if axis == third and not slim.figures[third].held.any():
            second, third = third, second
        if axis in (first, second):
            other = second if axis == first else first
            return slim.least(axis, other, shares).min(axis=2, initial=np.inf)
        return slim.least(axis, first, shares).min(axis=2, initial=np.inf)

    def _in_order(self) -> list[int]:
        """The axes, those first where scores are held, then those with fewer chains."""
        return sorted(range(3), key=lambda axis: (not self.figures[axis].held.any(), len(self.chains[axis])))

    def least(self, first: int, second: int, shares: Array = WHOLE) -> Array:
        """[shares, chains, chains]: the least energy with a chain of each of two axes.

        Args:
            shares: of the room that the scores leave where the operators meet.
        """
        third = 3 - first - second
        limits = self._limits(first, second, third, shares)
        costs = [figures.energy for figures in self.figures]
        cheapest = _Cheapest(self.axes[third], costs[third], self.rooms)
        pair = costs[first][:, None] + costs[second][None, :]
        return np.broadcast_to(pair + cheapest.within(limits) + self.energy, (len(shares), *pair.shape))

    def rows(self, energy: float, words: float) -> Iterator[tuple[tuple[Array, Array, Array], Array]]:
        """Chains of the three axes, and pJ, of every tile that costs no more and fits, some at a time, about
        the best first.

        Args:
            energy: pJ at most.
            words: of the outermost memory at most.
        """
        third = max(
            (axis for axis in range(3) if not self.figures[axis].held.any()),
            key=lambda axis: len(self.axes[axis]),
        )
        first, second = (axis for axis in range(3) if axis != third)
        least = self.least(first, second)[0]
        pairs = np.argwhere(least <= energy)
        pairs = pairs[np.argsort(least[pairs[:, 0], pairs[:, 1]], kind="stable")]
        size = max(1, _BLOCK // max(1, len(self.axes[third])))
        for start in range(0, len(pairs), size):
            yield self._with_third(first, second, third, pairs[start : start + size], energy, words)

    def _with_third(
        self, first: int, second: int, third: int, pairs: Array, energy: float, words: float
    ) -> tuple[tuple[Array, Array, Array], Array]:
        a, b = pairs.T
        one, two, other = (self.figures[axis] for axis in (first, second, third))
        costs = (one.energy[a] + two.energy[b] + self.energy)[:, None] + other.energy[None]
        fits = costs <= energy
        moved = (one.words[a] + two.words[b] + self.words)[:, None] + other.words[None]
        fits &= moved <= words
        for room in self.rooms:
            most = self._limit(room, first, second, third, a, b)
            fits &= self.axes[third].rows[room.place][None] <= most[:, None]
        pair, chain = np.nonzero(fits)
        chains = {first: a[pair], second: b[pair], third: chain}
        return (chains[0], chains[1], chains[2]), costs[pair, chain]

    def _limits(self, first: int, second: int, third: int, shares: Array) -> list[Array]:
        a, b = np.ogrid[: len(self.axes[first]), : len(self.axes[second])]
        return [self._limit(room, first, second, third, a, b, shares[:, None, None]) for room in self.rooms]

    def _limit(
        self, room: Room, first: int, second: int, third: int, a: Array, b: Array, shares: Array | float = 1.0
    ) -> Array:
        """Rows that the third axis may have, so that the memory holds the tiles of all three tensors."""
        one = self.axes[first].rows[room.place][a].astype(float)
        two = self.axes[second].rows[room.place][b].astype(float)
        left: Array | float = room.words
        if room.meeting:
            left = (room.words - self.figures[first].held[a] - self.figures[second].held[b]) * shares
        left = left - room.copies[third] * one * two
        each = room.copies[first] * two + room.copies[second] * one
        with np.errstate(divide="ignore", invalid="ignore"):
            most = np.where(each > 0, np.floor(left / each), np.where(left >= 0, np.inf, 0.0))
        return np.where(left >= 0, most, 0.0)


class _Cheapest:
    """What the chains of an axis cost at least, up to a number of rows in the first and the last memory."""

    def __init__(self, axis: Axis, costs: Array, rooms: Sequence[Room]) -> None:
        self.rooms = [rooms[0]] if len(rooms) == 1 else [rooms[0], rooms[-1]] if rooms else []
        self.rows = [np.unique(axis.rows[room.place]) for room in self.rooms]
        table = np.full([len(rows) + 1 for rows in self.rows], np.inf)
        where = tuple(
            np.searchsorted(rows, axis.rows[room.place]) + 1
            for rows, room in zip(self.rows, self.rooms, strict=True)
        )
        if where:
            np.minimum.at(table, where, costs)
            for d in range(table.ndim):
                table = np.minimum.accumulate(table, axis=d)
        else:
            table = np.array(costs.min() if len(costs) else np.inf)
        self.table = table

    def within(self, limits: Sequence[Array]) -> Array:
        if not self.rooms:
            return self.table
        chosen = [limits[0]] if len(self.rooms) == 1 else [limits[0], limits[-1]]
        where = (np.searchsorted(rows, limit, "right") for rows, limit in zip(self.rows, chosen, strict=True))
        return self.table[tuple(where)]
