"""Branch and bound over everything that one setting leaves open.

The shared loops with the best bound first: what each operator costs at least with them is known from its
tables. Then the rows of a shared iteration, one number after the other (``look``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from heapq import heapify, heappop, heappush
from itertools import count

import numpy as np

from flat_plugin.mapspace.objective import Metrics
from flat_plugin.mapspace.search.bar import Bar
from flat_plugin.mapspace.search.join import Chain, flat, together
from flat_plugin.mapspace.search.look import Look, least_of
from flat_plugin.mapspace.search.shared import Setting
from flat_plugin.mapspace.search.shared_tiles import Ranges, Tile, common_multiples, each_tile
from flat_plugin.mapspace.search.side import Side
from flat_plugin.model.mapping_batch import Array
from flat_plugin.model.softmax_site import counted_of

_LOT = 1 << 10  # numbers of rows bounded at once
_OFTEN = 6  # looks that are outlined before a glance at the best of them


Rows = tuple[tuple[str, int], ...]  # by dimension


@dataclass
class Space:
    """The operators of one setting, and how they are chained with each choice of shared loops.

    Args:
        chain: for the tag of keys, and the rows of the core with most, on which softmax depends.
        ranges: for the tags of rows and of keys, the rows of a shared iteration.
    """

    sides: tuple[Side, ...]
    chain: Callable[..., Chain]
    setting: Setting
    ranges: tuple[Sequence[Ranges], Sequence[Ranges]]
    seen: float = np.inf  # the least bound in the last run
    lower: float = 0.0  # what nothing in here goes below, by the goal
    _known_parts: dict[str, Array] = field(default_factory=dict)
    tally: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("tiles", "pairs", "nests", "joined", "looks"), 0)
    )

    def run(self, bar: Bar) -> None:
        """Improve the incumbent until nothing in this space can."""
        self.lower = max(self.lower, min(float(self.floor[bar.goal][0]), bar.ceiling))
        if not bar.promising(self.floor).any():
            return
        self._known_parts.clear()
        self.seen = np.inf
        if self._prepare(bar):
            self._best_first(bar)

    def _prepare(self, bar: Bar) -> bool:
        """Make each operator's tables, by what the others cost at least; whether there is anything left."""
        limits = self._inside_limits(bar)
        more = 0.0  # pJ that operators cost at least, above their floors
        for side, (steps, energy) in zip(self.sides, limits, strict=True):
            side.prepare(steps, energy - more)
            if not side.parts:
                return False
            more += side.least - side.floor
        for side, (_, energy) in zip(self.sides, limits, strict=True):
            side.narrow(energy - (more - (side.least - side.floor)))
        return all(side.parts for side in self.sides)

    @cached_property
    def floor(self) -> Metrics:
        """What nothing goes below, before any table is made."""
        least = [
            least_of(side, side.fewest_steps, side.floor, side.operator.fewest_words) for side in self.sides
        ]
        return flat(self.chain(0).metrics(least))

    def _inside_limits(self, bar: Bar) -> list[tuple[float, float]]:
        """Cycles of the array and pJ that each operator's choice inside may take for something better."""
        every = sum(side.fewest_steps for side in self.sides)
        left = float(bar.energy_left(self.floor)[0])
        return [
            (bar.steps_left(self.floor, every - side.fewest_steps), left + side.floor) for side in self.sides
        ]

    def _best_first(self, bar: Bar) -> None:
        """Look at shared loops and rows by what they cost at least, which is worked out better and better.

        What is outlined is looked at when nothing else may cost less; now and then the best of it is
        glanced at before, so that a better incumbent rules out more.
        """
        number, since = count(), 0
        rough = [(look.goal(bar), next(number), look) for look in self._looks()]
        outlined: list[tuple[float, int, Look]] = []
        heapify(rough)
        while rough or outlined:
            nearest = min(heap[0][0] for heap in (rough, outlined) if heap)
            self.lower = max(self.lower, min(nearest, bar.ceiling))
            if outlined and (not rough or outlined[0][0] <= rough[0][0]):
                goal, _, look = heappop(outlined)
                self.seen = min(self.seen, goal)
                if bar.promising(look.least).any():
                    self.tally["looks"] += 1
                    look.run(bar)
                continue
            if since >= _OFTEN and (new := [entry for entry in outlined if not entry[2].glanced]):
                since = 0
                min(new)[2].glance(bar)
            goal, _, look = heappop(rough)
            if not bar.promising(look.least).any():
                self.seen = min(self.seen, goal)
                continue
            if look.shared:
                for each in self._with_rows(look, bar):
                    heappush(rough, (each.goal(bar), next(number), each))
            else:
                since += 1
                look.outline(bar)
                heappush(outlined, (look.goal(bar), next(number), look))

    def _looks(self) -> Iterator[Look]:
        """Every choice of shared loops, with what it costs at least."""
        energy = together([side.energy for side in self.sides])
        words, steps = [side.moved for side in self.sides], [side.steps for side in self.sides]
        finite = np.isfinite(energy + sum(steps))
        for keys in np.flatnonzero(finite.any(axis=0)).tolist():
            rows, chain = np.flatnonzero(finite[:, keys]), self.chain(keys)
            least = [
                least_of(side, s[rows, keys], 0.0, w[rows, keys])
                for side, s, w in zip(self.sides, steps, words, strict=True)
            ]
            least[0] = replace(least[0], energy=energy[rows, keys])
            bound = flat(chain.metrics(least))
            for i, row in enumerate(rows.tolist()):
                fewest = tuple(float(s[row, keys]) for s in steps)
                yield Look(self, chain, row, keys, (), fewest, bound.take(np.array([i])), shared=True)

    def _with_rows(self, look: Look, bar: Bar) -> Iterator[Look]:
        """The numbers of rows that these shared loops may have for something better."""
        tags = look.rows, look.keys
        energy = together([side.energy[:, *tags] for side in self.sides])
        ranges = {**self.ranges[0][look.rows], **self.ranges[1][look.keys]}
        tiles = self._each_tile(ranges)
        for start in range(0, len(tiles), _LOT):
            lot = tiles[start : start + _LOT]
            steps = np.stack([side.steps_of(lot) for side in self.sides])
            bound = self._bound(look, steps, energy)
            near = np.flatnonzero(bar.promising(bound) & np.isfinite(steps.sum(axis=0)))
            if not len(near):
                continue
            lot, steps = [lot[i] for i in near], steps[:, near]
            each = self._energy_of(look, lot, bar.energy_left(self._bound(look, steps, np.zeros(1))))
            bound = self._bound(look, steps, together(each))
            for i in np.flatnonzero(bar.promising(bound)).tolist():
                chain = self.chain(look.keys, self._busiest(lot[i], ranges))
                fewest, known = tuple(steps[:, i].tolist()), bound.take(np.array([i]))
                yield replace(look, chain=chain, tile=lot[i], steps=fewest, least=known, shared=False)

    def _energy_of(self, look: Look, tiles: Sequence[Tile], left: Array) -> list[Array]:
        """[shares, tiles] pJ of each operator, at least, where all may cost so many ([tiles])."""
        tags = look.rows, look.keys
        least = [float(side.energy[-1, *tags]) for side in self.sides]
        others = [sum(least) - own for own in least]
        sides = zip(self.sides, others, strict=True)
        return [side.energy_of(*tags, tiles, left - other) for side, other in sides]

    def _bound(self, look: Look, steps: Array, energy: Array) -> Metrics:
        """What rows cost at least whose operators ([operators, rows]) take so many cycles of the array, and
        so many pJ together."""
        moved = [side.moved[look.rows, look.keys] for side in self.sides]
        each = zip(self.sides, steps, moved, strict=True)
        least = [least_of(side, fewest, 0.0, words) for side, fewest, words in each]
        least[0] = replace(least[0], energy=np.broadcast_to(energy, steps.shape[1:]))
        return flat(look.chain.metrics(least))

    def _busiest(self, tile: Tile, ranges: Ranges) -> Rows:
        """Rows of the core with most, along the dimensions that shared loops walk."""
        sizes = self.sides[0].operator.structure.einsum.sizes
        return tuple(
            (d, int(counted_of(sizes[d], [*ranges[d].loops, (rows, True)])))
            for d, rows, _ in tile
            if d != "N"
        )

    def _each_tile(self, ranges: Ranges) -> list[Tile]:
        return each_tile(ranges, {d: self._parts_of(d) for d in ranges})

    def _parts_of(self, dimension: str) -> Array:
        """Rows along a dimension that choices inside of all operators take at once."""
        if dimension not in self._known_parts:
            one, *others = [side.parts_of(dimension) for side in self.sides]
            for two in others:
                one = common_multiples(one, two, self.sides[0].operator.structure.einsum.sizes[dimension])
            self._known_parts[dimension] = one
        return self._known_parts[dimension]
