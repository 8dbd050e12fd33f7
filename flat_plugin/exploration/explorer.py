"""The best chips of a space, proven: best first, by lower bounds that answers make closer.

In each round the designs with the best bounds are looked at. A set of designs is bounded by the chip that is
the best of them in every trait (:mod:`.boxes`); where that is not enough the set is split, down to single
designs, whose own answers are exact. A design is ruled out when its bound breaks a budget, or is no better
than a chip that was found. What a round looks at does not depend on how many processes answer, so neither
does the result.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from flat_plugin.architecture.platform import Platform
from flat_plugin.exploration.aims import Aim
from flat_plugin.exploration.bounds import Bounds, Designs
from flat_plugin.exploration.boxes import Box
from flat_plugin.exploration.chips import Array
from flat_plugin.exploration.dominance import merit, undominated
from flat_plugin.exploration.figures import MAPPED, OF_CHIP, Answer, Totals
from flat_plugin.exploration.floors import only
from flat_plugin.exploration.fronts import Front, foremost
from flat_plugin.exploration.oracle import Oracle, Query
from flat_plugin.exploration.traits import corner_platform

LOT = 16  # designs that a round looks at
BY_DESIGNS, BY_LIMITS = "comparison with other designs", "physical limits"
BY_ANSWERS, EVALUATED = "answers for other chips", "evaluated"


class Key(NamedTuple):
    """What is asked: of a box, or below 0 of the accesses of a part in a group."""

    box: int
    mode: str
    case: int
    family: int
    group: int = 0


@dataclass(frozen=True)
class Item:
    """A design with mappings that are the best in a mode."""

    mode: str
    design: int


@dataclass(frozen=True)
class Progress:
    """Where an exploration is: answers so far, items left, and the best so far (None: nothing yet)."""

    answers: int
    left: int
    ruled_out: int
    best: tuple[float, ...] | None


@dataclass
class Known:
    """What has been found out, for whatever is looked for: bounds, and the totals of designs."""

    bounds: Bounds
    totals: dict[Item, Totals] = field(default_factory=dict)
    own: dict[tuple[Item, int, int], Answer] = field(default_factory=dict)  # by workload and dataflow
    answered: int = 0

    @cached_property
    def merit(self) -> Array:
        """[designs]: more where a chip is better in more traits."""
        return merit(self.bounds.traits)

    @cached_property
    def undominated(self) -> NDArray[np.bool_]:
        """[designs]: those that no other design is sure to equal or beat in all that is asked for."""
        every = np.arange(len(self.bounds.chips.space))
        costs = [
            self.bounds.total(figure, every, "") for figure in OF_CHIP if figure in self.bounds.asked.figures
        ]
        return undominated(self.bounds.traits, np.array(costs).reshape(len(costs), len(every)))


class Explorer:
    """One search for an aim.

    Args:
        every: evaluate every design within the budgets, whether it can be the best or not.
    """

    def __init__(
        self,
        known: Known,
        aim: Aim,
        oracle: Oracle,
        progress: Callable[[Progress], None] | None = None,
        *,
        every: bool = False,
    ) -> None:
        self.known, self.aim, self.oracle, self.progress, self.every = known, aim, oracle, progress, every
        self.bounds, self.asked = known.bounds, known.bounds.asked
        self.front = Front()
        self.tally: Counter[tuple[str, str]] = Counter()  # (by what, because of what) -> items
        count = len(self.bounds.chips.space)
        self.alive = np.ones((len(self.asked.modes), count), dtype=bool)
        groups = self.bounds.group
        self._boxes = [Box(np.flatnonzero(groups == g)) for g in range(int(groups.max()) + 1)]
        self._box_of = np.tile(groups, (len(self.asked.modes), 1))
        modes = range(1, len(self.asked.modes))
        for m in modes:  # each mode has its own boxes
            self._box_of[m] += len(self._boxes)
            self._boxes += [Box(box.designs) for box in self._boxes[: int(groups.max()) + 1]]

    def run(self) -> None:
        """Look until nothing that is left can be better.

        Raises:
            KeyboardInterrupt: what is found by then is in ``front``.
        """
        for item, totals in list(self.known.totals.items()):
            self._settle(item, totals)
        if not self.every and self._monotone:
            for m in range(len(self.asked.modes)):
                beaten = np.flatnonzero(self.alive[m] & ~self.known.undominated)
                self._rule_out(m, beaten, BY_DESIGNS, "no smaller and no better in anything")
        by = BY_LIMITS
        while True:
            candidates = self._round(by)
            by = BY_ANSWERS
            if not candidates:
                return
            if self.front.points:
                self._answer(self._wanted(candidates))
            else:  # something to measure the rest by
                self.evaluate(candidates)
            self._report()

    @property
    def _monotone(self) -> bool:
        """Whether a chip that is better in every trait is as good in all that is asked for.

        Not where mappings are the best in one figure and another one counts too: the better chip's mapping
        may be worse in that one.
        """
        return self.asked.figures <= {*OF_CHIP, *self.asked.modes} and len(self.asked.modes) == 1

    def evaluate(self, items: list[Item]) -> None:
        """Work out the figures of these, whatever they cost."""
        left = [item for item in items if item not in self.known.totals]
        for item in left:
            self._single(self.asked.modes.index(item.mode), item)
        while left:
            self._answer(self._wanted(left))
            left = [item for item in left if item not in self.known.totals]

    def _round(self, by: str) -> list[Item]:
        """Rule out what cannot be better; of the rest what to look at."""
        places, least = [], []
        for m in range(len(self.asked.modes)):
            designs = np.flatnonzero(self.alive[m])
            designs = self._within(m, designs, by) if self.aim.limited else designs
            values = self.aim.least(self.bounds, designs, self.asked.modes[m])
            lost = ~np.isfinite(values).all(axis=0)
            self._rule_out(m, designs[lost], by, "nothing fits")
            covered = ~lost & self.front.covered(values) if not self.every else np.zeros_like(lost)
            self._rule_out(m, designs[covered], by, "better chips")
            left = ~lost & ~covered
            places.append(np.stack([np.full(left.sum(), m), designs[left]]))
            least.append(values[:, left])
        place, value = np.concatenate(places, axis=1), np.concatenate(least, axis=1)
        if not place.shape[1]:
            return []
        chosen = np.arange(min(LOT, place.shape[1]))
        if not self.every:
            chosen = foremost(value, self.known.merit[place[1]], LOT)
        return [Item(self.asked.modes[m], int(design)) for m, design in place[:, chosen].T]

    def _within(self, m: int, designs: Designs, by: str) -> Designs:
        for budget, broken in self.bounds.broken(designs, self.asked.modes[m]):
            still = self.alive[m, designs]
            self._rule_out(m, designs[broken & still], by, self._name(budget.case, budget.figure))
        return designs[self.alive[m, designs]]

    def _name(self, case: int | None, figure: str) -> str:
        return f"budget of {figure}" + ("" if case is None else f" of {self.asked.cases[case].name}")

    def _rule_out(self, m: int, designs: Designs, by: str, why: str) -> None:
        self.alive[m, designs] = False
        if len(designs):
            self.tally[by, why] += len(designs)

    def _wanted(self, items: Iterable[Item]) -> dict[Key, tuple[Item, Query]]:
        """What to ask next."""
        wanted: dict[Key, tuple[Item, Query]] = {}
        for item in items:
            m = self.asked.modes.index(item.mode)
            number, missing = self._refined(m, item)
            box = self._boxes[number]
            for mode, case, family in missing:
                if not box.single:
                    wanted |= self._floors(item, case, family)
                key = Key(number, mode, case, family)
                if key not in wanted:
                    wanted[key] = (item, self._query(box.platform(self.bounds), *key[1:4]))
        return wanted

    def _query(self, platform: Platform, mode: str, case: int, family: int) -> Query:
        asked = self.asked
        return Query(asked.cases[case], platform, asked.dataflows[family], mode, asked.softmax)

    def _floors(self, item: Item, case: int, family: int) -> dict[Key, tuple[Item, Query]]:
        """What parts' accesses cost at least in the group of a design, if nobody knows yet."""
        group, found = int(self.bounds.group[item.design]), {}
        chips, traits = self.bounds.chips, self.bounds.traits
        for number, prices in enumerate(self.bounds.prices):
            if item.mode != "latency" and (case, family, group, number) not in self.bounds.floors:
                part = chips.parts[prices.part].name
                best = corner_platform(chips, traits, self.bounds.corner(group), item.design)
                query = self._query(only(best, part), "energy", case, family)
                found[Key(-1 - number, "energy", case, family, group)] = (item, query)
        return found

    def _refined(self, m: int, item: Item) -> tuple[int, list[tuple[str, int, int]]]:
        """The smallest box of a design that says nothing of it yet, and what to ask of it: nothing where the
        design has all its answers."""
        while True:
            number = int(self._box_of[m, item.design])
            box = self._boxes[number]
            missing = self._missing(box, item)
            if missing or box.single:
                if not missing:
                    self._settle(item, self._totals(box, item))
                return number, missing
            self._split(m, box, item)

    def _missing(self, box: Box, item: Item) -> list[tuple[str, int, int]]:
        """(mode, workload, dataflow) that decide a design's bounds, and have no answer in the box."""
        found = []
        for mode in (item.mode,) if box.single else (item.mode, *self._beside(item.mode)):
            least = self.bounds.least[mode][:, :, item.design]
            for case, family in enumerate(map(int, least.argmin(axis=1))):
                useful = box.single or (self.bounds.shared(case, family) and not self.every)
                if useful and (mode, case, family) not in box.answers and np.isfinite(least[case, family]):
                    found.append((mode, case, family))
        return found

    def _beside(self, mode: str) -> tuple[str, ...]:
        """What else is asked for than what mappings are the best in; power is bounded by energy."""
        figures = self.asked.figures | ({"energy"} if "power" in self.asked.figures else set())
        return tuple(name for name in MAPPED if name in figures and name != mode)

    def _split(self, m: int, box: Box, item: Item) -> None:
        own = self._box_of[m, box.designs] == self._box_of[m, item.design]
        alive = box.designs[self.alive[m, box.designs] & own]
        rest = Box(alive, box.answers)
        shared = any(
            self.bounds.shared(c, f)
            for c in range(len(self.asked.cases))
            for f in range(len(self.asked.dataflows))
        )
        if not shared or self.every:
            self._single(m, item)
            return
        for part in rest.split(self.bounds):
            self._add(m, part)
        self._single(m, item)  # what is found of it rules out others

    def _single(self, m: int, item: Item) -> None:
        """A box of its own for a design."""
        box = self._boxes[int(self._box_of[m, item.design])]
        if not box.single:
            self._add(m, Box(np.array([item.design])))

    def _add(self, m: int, box: Box) -> None:
        self._box_of[m, box.designs] = len(self._boxes)
        self._boxes.append(box)

    def _answer(self, wanted: dict[Key, tuple[Item, Query]]) -> None:
        found = self.oracle([query for _, query in wanted.values()]) if wanted else []
        self.known.answered += len(found)
        pairs = sorted(zip(wanted.items(), found, strict=True), key=lambda pair: pair[0][0].box >= 0)
        for (key, (item, _)), answer in pairs:  # floors first: bounds use them
            if key.box < 0:
                joules = answer.energy_j if answer.fits else 0.0
                self.bounds.floor(key.case, key.family, key.group, -1 - key.box, joules)
            else:
                self._learn(key, item, answer)

    def _learn(self, key: Key, item: Item, answer: Answer) -> None:
        box, (_, mode, case, family, _) = self._boxes[key.box], key
        box.answers[mode, case, family] = answer
        value, design = answer[mode], int(box.designs[0])
        if self.bounds.shared(case, family):
            self.bounds.learn(mode, case, family, value, box.corner(self.bounds), design)
        if box.single:
            self.bounds.learn_own(mode, case, family, value, design)
            self.known.own[item, case, family] = answer

    def _totals(self, box: Box, item: Item) -> Totals:
        """All workloads on a design, each by its best dataflow."""
        chosen = []
        for case in range(len(self.asked.cases)):
            own = {f: a for (m, c, f), a in sorted(box.answers.items()) if (m, c) == (item.mode, case)}
            nothing = Answer("", "nothing fits")
            chosen.append(min(own.values(), key=lambda a: a[item.mode], default=nothing))
        chips, design = self.bounds.chips, item.design
        return Totals(
            tuple(chosen),
            tuple(float(w) for w in self.bounds.weights),
            float(chips.area_mm2[design]),
            float(chips.leak_watts[design]),
            float(chips.peak_watts[design]),
        )

    def _settle(self, item: Item, totals: Totals) -> None:
        """A design whose figures are known."""
        m = self.asked.modes.index(item.mode)
        self.known.totals[item] = totals
        self.alive[m, item.design] = False
        over = [b for b in self.asked.limited if b.over(totals) > 1e-9] if self.aim.limited else []
        why = "nothing fits" if not totals.fits else self._name(over[0].case, over[0].figure) if over else ""
        if not why and not self.front.add(self.aim.of(totals), item):
            why = "better chips"
        self.tally[EVALUATED, why] += 1

    def _report(self) -> None:
        if self.progress is not None:
            left = int(self.alive.sum())
            best = self.front.sorted()[0][0] if self.front.points else None
            self.progress(Progress(self.known.answered, left, self.alive.size - left, best))
