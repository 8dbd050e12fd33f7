"""Branch and bound over everything that one setting leaves open.

The shared loops with the best bound first: what each operator costs at least with them is known from its
tables. Then the rows of a shared iteration (``rows``), one number after the other (``look``).
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
from flat_plugin.mapspace.search.look import Look
from flat_plugin.mapspace.search.outline import least_of
from flat_plugin.mapspace.search.rows import EachRows
from flat_plugin.mapspace.search.shared import Setting
from flat_plugin.mapspace.search.shared_tiles import Ranges
from flat_plugin.mapspace.search.side import Side

_OFTEN = 6  # looks that are outlined before a glance at the best of them


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
    tally: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("tiles", "pairs", "nests", "joined", "looks"), 0)
    )

    def run(self, bar: Bar) -> None:
        """Improve the incumbent until nothing in this space can."""
        self.lower = max(self.lower, min(float(self.floor[bar.goal][0]), bar.ceiling))
        if not bar.promising(self.floor).any():
            return
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
        number, since, rows = count(), 0, EachRows(self)
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
                for each in rows.of(look, bar):
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
