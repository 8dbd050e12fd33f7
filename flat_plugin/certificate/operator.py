"""Least energy of an operator against the cycles of its array, over all nests of a part.

A tensor's words are counted where they cross from the memory that keeps it to the next inside that does.
Outside a memory, loops bring a tensor's tile anew at every turn along its axis, but for one tensor: the one
whose axis is innermost *stays*. So with tiles of ``a`` rows along an axis of ``n`` a tensor comes ⌈n/a⌉
times, or once if it stays. Each memory is given its best tile, whatever the others have, and the best choice
of what is kept; children side by side get a word together where they need the same.

Where that leaves something below a cost that matters, tiles of the innermost shared memory are joined with
those of the units: a unit's tile lies inside the memory's, and what stays there is brought anew outside.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import product
from math import inf

import numpy as np

from flat_plugin.certificate.counts import Counts, Kept, Parents
from flat_plugin.certificate.part import Part
from flat_plugin.certificate.prices import Prices
from flat_plugin.certificate.shared import Outside, Triple, shared_tiles, sums
from flat_plugin.certificate.units import AXES, Array, Units, close_units, loose_units, unit_tiles, volume

_MOST = 1 << 18  # choices that are bounded closely; if there are more they are bounded loosely
_PAIRS = 1 << 24  # of a choice and a tile that are joined
_BLOCK = 1 << 18  # of these at once


@dataclass(frozen=True)
class Front:
    """Pairs of which no nest is below: with at most so many cycles of the array, at least so much energy."""

    steps: Array  # [n] cycles, ascending
    cost: Array  # [n] in the unit of the prices, descending
    choices: int = 0  # of what units do that were bounded


def front_of(part: Part, prices: Prices, worth: Callable[[Array], Array] | None = None) -> Front:
    """The bound of a part; empty where no nest fits.

    Args:
        worth: for cycles of the array the cost above which nothing matters. The bound is close below it, and
            says no more than that above it; if it is not given it is loose.
    """
    bound = Bound(part, prices, loose_units(part))
    steps, cost, choices = bound.steps, bound.least(), len(bound.units)
    if worth is not None and part.shared == part.levels - 2:
        below, tiles = np.flatnonzero(cost <= worth(steps)), unit_tiles(part)
        if len(below) * tiles.shape[1] <= _MOST:
            close = Bound(part, prices, close_units(part, bound.units, below, tiles), worth)
            steps = np.concatenate([np.delete(steps, below), close.steps])
            cost = np.concatenate([np.delete(cost, below), close.least()])
            choices += len(close.units)
    order = np.lexsort((cost, steps))
    steps, cost = steps[order], cost[order]
    chosen = cost < np.concatenate([[inf], np.minimum.accumulate(cost)[:-1]])
    return Front(steps[chosen], cost[chosen], choices)


class Bound:
    """The least cost of each choice of what the compute units do; close where it is worth it."""

    def __init__(
        self, part: Part, prices: Prices, units: Units, worth: Callable[[Array], Array] | None = None
    ) -> None:
        self.part, self.units, self.counts = part, units, Counts(part, prices, units)
        self.steps = self.counts.steps
        self.worth = None if worth is None else worth(self.steps)
        self.known: dict[tuple[int, Parents], Array] = {}
        self.pairs = 0  # of a choice and a tile that were worth a look

    def least(self) -> Array:
        """[choices]"""
        homes = (self.part.home_of(name) for name in self.counts.names)
        return self.counts.fixed + self.inside(1, tuple(0 if home == 0 else -1 for home in homes))

    def inside(self, level: int, parents: Parents) -> Array:
        """[choices]: the least of a memory and all inside it."""
        if level == self.part.levels:
            return self.counts.asked(parents)
        key = level, parents
        if key not in self.known:
            found = np.full(len(self.units), inf)
            for kept in self._choices(level):
                fed = tuple(level if kept[t] else parents[t] for t in AXES)
                if level > self.part.shared:
                    cost = self.unit_memory(level, kept, parents) + self.inside(level + 1, fed)
                elif (outside := shared_tiles(self.counts, level, kept, parents)) is None:
                    continue
                elif level == self.part.shared and self.worth is not None:
                    cost = self.joined(outside, fed)
                else:
                    cost = outside.cost.min() + self.inside(level + 1, fed)
                found = np.minimum(found, cost)
            self.known[key] = found
        return self.known[key]

    def _choices(self, level: int) -> list[Kept]:
        """What a memory may keep."""
        return list(product(*(self.part.kept(level, name) for name in self.counts.names)))

    def _unit(self, level: int, kept: Kept, parents: Parents) -> tuple[Triple, Triple, Triple]:
        """What each tensor costs that a unit's memory keeps, once and each time that it comes again; and the
        turns along each axis, which are infinite where its tiles do not fit."""
        tile, turns = self.units.tile, self.units.turns
        if self.units.loose:
            most = self._longest(level, kept)
            turns = np.stack([np.ceil(turns[x] / most[x]) if most[x] >= 1 else turns[x] * inf for x in AXES])
        else:
            words = sum((volume(tile) / tile[t] for t in AXES if kept[t]), np.zeros(len(self.units)))
            turns = np.where(words <= self.part.room(level), turns, inf)
        once, again = [], []
        for t in AXES:
            parent = parents[t] if kept[t] else -1
            copies, counted = self.units.used[t], self.counts.counted(t)  # what is left over is read as well
            first = self.counts.moved(t, level, parent, counted, copies)
            once.append(first)
            again.append(self.counts.moved(t, level, parent, 2 * counted, 2 * copies) - first)
        return _triple(once), _triple(again), _triple(turns)

    def _longest(self, level: int, kept: Kept) -> list[float]:
        """Rows along each axis of a unit's tile, whatever the other sides."""
        room, counts = self.part.room(level), [float(keep) for keep in kept]
        found = []
        for x in AXES:
            others = sum(counts) - counts[x]
            found.append((room - counts[x]) // others if others else inf if room >= counts[x] else 0.0)
        return [min(most, self.part.longest[x]) for x, most in enumerate(found)]

    def unit_memory(self, level: int, kept: Kept, parents: Parents) -> Array:
        """[choices]: the least of a memory of each unit."""
        if not any(kept):
            return np.zeros(len(self.units))
        once, again, turns = self._unit(level, kept, parents)
        moving = [_times(once[t], again[t], np.maximum(turns[t], self._least[t])) for t in AXES]
        staying = [_times(once[t], again[t], self._least[t]) for t in AXES]
        found = np.minimum.reduce(sums(moving, staying))
        return np.where(np.isfinite(turns).all(axis=0), found, inf)

    @property
    def _least(self) -> list[Array]:
        """How often what stays in the units comes: anew in every iteration that operators share."""
        return [np.asarray(float(n)) for n in self.part.iterations]

    def joined(self, outside: Outside, parents: Parents) -> Array:
        """[choices]: the least of the tiles of the innermost shared memory and of the units' one together."""
        assert self.worth is not None
        worth, level = self.worth - self.counts.fixed, self.part.levels - 1
        found = np.full(len(self.units), inf)
        for kept in self._choices(level):
            asked = self.counts.asked(tuple(level if kept[t] else parents[t] for t in AXES))
            inside = asked + self.unit_memory(level, kept, parents)
            cost = inside + outside.cost.min()
            left = worth - inside  # for what crosses into the shared memory
            chosen = np.flatnonzero(left >= outside.cost.min())
            near = outside.take(np.flatnonzero(outside.cost <= left[chosen].max(initial=-inf)))
            self.pairs += len(chosen) * len(near.cost)
            if len(chosen) and self.pairs <= _PAIRS:
                figures = self._unit(level, kept, parents)
                for lot in np.array_split(chosen, -(-len(chosen) * len(near.cost) // _BLOCK)):
                    once, again, turns = (_triple([each[t][lot][:, None] for t in AXES]) for each in figures)
                    units = (self.units.wide[:, lot] * self.units.tile[:, lot])[:, :, None]
                    together = self._together(near, units, once, again, turns)
                    cost[lot] = np.minimum(asked[lot] + together, worth[lot])
            found = np.minimum(found, cost)
        return found

    def _together(self, outside: Outside, units: Array, once: Triple, again: Triple, turns: Triple) -> Array:
        """[choices]: some choices with every tile of the shared memory. What stays in the units is brought
        anew at every turn outside the shared memory along its axis; where the units have the memory's whole
        tile of it, it may stay as long as it does there, yet no longer than a shared iteration."""
        moving = [_times(once[t], again[t], np.maximum(turns[t], outside.turns[t])) for t in AXES]
        least = outside.cost + moving[0] + moving[1] + moving[2]
        for t, (u, v) in ((0, (1, 2)), (1, (0, 2)), (2, (0, 1))):
            rest = moving[u] + moving[v]
            least = np.minimum(least, outside.cost + rest + _times(once[t], again[t], outside.turns[t]))
            whole = (outside.tiles[u] <= units[u]) & (outside.tiles[v] <= units[v])
            longer = outside.costs[t] + rest + _times(once[t], again[t], self._least[t])
            least = np.minimum(least, np.where(whole, longer, inf))
        found: Array = least.min(axis=1)
        return found


def _triple(figures: Iterable[Array]) -> Triple:
    a, b, c = figures
    return a, b, c


def _times(once: Array, again: Array, turns: Array) -> Array:
    """The cost of what comes so many times; of nothing where it costs nothing."""
    cost: Array = once + np.where(np.isfinite(turns), turns - 1, 0.0) * again
    return cost
