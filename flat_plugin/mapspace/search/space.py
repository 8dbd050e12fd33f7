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
from flat_plugin.mapspace.search.join import Chain, together
from flat_plugin.mapspace.search.look import Look
from flat_plugin.mapspace.search.rows import EachRows
from flat_plugin.mapspace.search.shared import Setting
from flat_plugin.mapspace.search.shared_tiles import Ranges
from flat_plugin.mapspace.search.side import Side
from flat_plugin.mapspace.search.size import size_of

_MANY = 400  # skeletons that are worth a search below lower bars first
_TIMES = (1.03, 1.1, 1.25, 1.6)  # of what nothing goes below, where these bars are
_OFTEN = 6  # looks that are outlined before a glance at the best of them


@dataclass(frozen=True)
class Made:
    """The operators of one setting, and how they are chained with each choice of shared loops.

    Attributes:
        chain: for the tag of keys, and the rows of the core with most, on which softmax depends.
        ranges: for the tags of rows and of keys, the rows of a shared iteration.
    """

    sides: tuple[Side, ...]
    chain: Callable[..., Chain]
    ranges: tuple[Sequence[Ranges], Sequence[Ranges]]


@dataclass
class Space:
    """Everything that one setting leaves open.

    Args:
        make: makes it; most settings of a chip of many cores are ruled out before.
        rough: what nothing goes below, before anything is made.
    """

    setting: Setting
    make: Callable[[], Made]
    rough: Metrics
    lower: float = 0.0  # what nothing in here goes below, by the goal
    size: int = 0  # mappings, once they were made
    _gathered: bool = False
    tally: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("tiles", "pairs", "nests", "joined", "looks"), 0)
    )

    @cached_property
    def made(self) -> Made:
        made = self.make()
        self.size = size_of(made.sides)
        return made

    @property
    def sides(self) -> tuple[Side, ...]:
        return self.made.sides

    @property
    def chain(self) -> Callable[..., Chain]:
        return self.made.chain

    @property
    def ranges(self) -> tuple[Sequence[Ranges], Sequence[Ranges]]:
        return self.made.ranges

    def forget(self) -> None:
        """Drop what was made; it is made again where it is asked for."""
        self._gathered = False
        for name in ("made", "floor"):
            self.__dict__.pop(name, None)

    def begin(self, goal: str) -> float:
        """What nothing in here goes below, before anything is made."""
        self.lower = max(self.lower, float(self.rough[goal][0]))
        return self.lower

    def bound(self, bar: Bar) -> float:
        """What nothing in here goes below that may be better; infinite where nothing may."""
        found = np.inf
        if bar.promising(self.rough).any():
            self.lower = max(self.lower, float(self.floor[bar.goal][0]))
            if self.lower < np.inf and bar.promising(self.floor).any() and self._gather(bar):
                found = self._goal(bar)
        if found == np.inf:
            self.forget()
        self.lower = max(self.lower, min(found, bar.ceiling))
        return found

    def run(self, bar: Bar) -> None:
        """Improve the incumbent until nothing in this space can."""
        if self._gathered or self.bound(bar) < np.inf:
            for each in self._bars(bar):
                if self._prepare(each):
                    self._best_first(each)
                if bar.best <= each.ceiling:  # nothing below the next bar is better
                    break
            self.forget()

    def _gather(self, bar: Bar) -> bool:
        """Bound each operator's skeletons that keep the same; whether there is anything left."""
        limits = self._inside_limits(bar)
        for side, (steps, _) in zip(self.sides, limits, strict=True):
            side.begin(steps)
        self._gathered = self._in_turn(Side.gather, limits)
        return self._gathered

    def _goal(self, bar: Bar) -> float:
        """What nothing goes below of what was gathered, by the goal."""
        return float(self._least([side.least for side in self.sides])[bar.goal][0])

    def _bars(self, bar: Bar) -> Iterator[Bar]:
        """The bar; where there are many skeletons or nothing was found, lower ones before, below which there
        is little."""
        many = sum(side.many for side in self.sides) > _MANY or bar.best == np.inf
        if many and bar.goal == bar.capped:
            bound = self._goal(bar)
            for times in _TIMES:
                if bound * times < min(bar.ceiling, bar.best):
                    yield replace(bar, ceiling=bound * times)
        yield bar

    def _prepare(self, bar: Bar) -> bool:
        """Make each operator's tables, by what the others cost at least; whether there is anything left."""
        for side in self.sides:
            side.rewind()
        limits = self._inside_limits(bar)
        return self._in_turn(Side.prepare, limits) and self._in_turn(Side.narrow, limits)

    def _in_turn(self, step: Callable[[Side, float], None], limits: Sequence[tuple[float, float]]) -> bool:
        """Let each operator leave out what costs too much beside the others, whether anything is left."""
        for side, (_, energy) in zip(self.sides, limits, strict=True):
            others = (other for other in self.sides if other is not side)
            step(side, energy - sum(other.least - other.floor for other in others))
            if side.least == np.inf:
                return False
        return True

    def _least(self, energies: Sequence[float]) -> Metrics:
        """What nothing goes below whose operators cost at least so many pJ."""
        each = zip(self.sides, energies, strict=True)
        least = [
            side.needs.least(side.fewest_steps, energy, side.operator.fewest_words) for side, energy in each
        ]
        return self.chain(0).metrics(least).flat()

    @cached_property
    def floor(self) -> Metrics:
        """What nothing goes below, before any table is made."""
        return self._least([side.floor for side in self.sides])

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
        rough = [(look.goal(bar), next(number), look) for look in self._looks(bar)]
        outlined: list[tuple[float, int, Look]] = []
        heapify(rough)
        while rough or outlined:
            nearest = min(heap[0][0] for heap in (rough, outlined) if heap)
            self.lower = max(self.lower, min(nearest, bar.ceiling))
            if outlined and (not rough or outlined[0][0] <= rough[0][0]):
                goal, _, look = heappop(outlined)
                if bar.promising(look.least).any():
                    self.tally["looks"] += 1
                    look.run(bar)
                continue
            if since >= _OFTEN and (new := [entry for entry in outlined if not entry[2].glanced]):
                since = 0
                min(new)[2].glance(bar)
            goal, _, look = heappop(rough)
            if not bar.promising(look.least).any():
                continue
            if look.shared:
                for each in rows.of(look, bar):
                    heappush(rough, (each.goal(bar), next(number), each))
            else:
                since += 1
                look.outline(bar)
                heappush(outlined, (look.goal(bar), next(number), look))

    def _looks(self, bar: Bar) -> Iterator[Look]:
        """Every choice of shared loops that may be better, with what it costs at least."""
        energy = together([side.energy for side in self.sides])
        words, steps = [side.moved for side in self.sides], [side.steps for side in self.sides]
        finite = np.isfinite(energy + sum(steps))
        for keys in np.flatnonzero(finite.any(axis=0)).tolist():
            rows, chain = np.flatnonzero(finite[:, keys]), self.chain(keys)
            least = [
                side.needs.least(s[rows, keys], 0.0, w[rows, keys])
                for side, s, w in zip(self.sides, steps, words, strict=True)
            ]
            least[0] = replace(least[0], energy=energy[rows, keys] + least[0].energy)
            bound = chain.metrics(least).flat()
            for i in np.flatnonzero(bar.promising(bound)).tolist():
                row = int(rows[i])
                fewest = tuple(float(s[row, keys]) for s in steps)
                yield Look(self, chain, row, keys, (), fewest, bound.take(np.array([i])), shared=True)
