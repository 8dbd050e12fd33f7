"""What to evaluate next: single designs, or sets of designs that one chip bounds.

Each mode of mapping has its own sets: at first one for each group of comparable chips. A set whose chip has
been asked all that decides the bound of a design is split.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from flat_plugin.architecture.platform import Platform
from flat_plugin.exploration.boxes import Box
from flat_plugin.exploration.chip_cost import Query
from flat_plugin.exploration.figures import MAPPED, Answer, Totals
from flat_plugin.exploration.findings import Item, Known
from flat_plugin.exploration.floors import only
from flat_plugin.exploration.traits import corner_platform


class Key(NamedTuple):
    """What is asked: of a box, or below 0 of the accesses of a part in a group."""

    box: int
    mode: str
    case: int
    family: int
    group: int = 0


Wanted = dict[Key, tuple[Item, Query]]
Flags = NDArray[np.bool_]


class Asking:
    """The sets of an exploration, and what is asked of them.

    Args:
        alive: [modes, designs], which are still looked at; it changes.
        every: ask single designs alone.
        settle: what to do with a design that has all its answers.
    """

    def __init__(
        self, known: Known, alive: Flags, every: bool, settle: Callable[[Item, Totals], None]
    ) -> None:
        self.known, self.alive, self.every, self.settle = known, alive, every, settle
        self.bounds, self.asked = known.bounds, known.bounds.asked
        groups = self.bounds.group
        number = int(groups.max()) + 1
        self._boxes = [Box(np.flatnonzero(groups == g)) for g in range(number)] * len(self.asked.modes)
        self._boxes = [Box(box.designs) for box in self._boxes]
        self._box_of = np.stack([groups + m * number for m in range(len(self.asked.modes))])

    def wanted(self, items: Iterable[Item]) -> Wanted:
        """What to ask next."""
        wanted: Wanted = {}
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

    def _floors(self, item: Item, case: int, family: int) -> Wanted:
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
                    self.settle(item, self._totals(box, item))
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
            self.single(item)
            return
        for part in rest.split(self.bounds):
            self._add(m, part)
        self.single(item)  # what is found of it rules out others

    def single(self, item: Item) -> None:
        """A box of its own for a design."""
        m = self.asked.modes.index(item.mode)
        box = self._boxes[int(self._box_of[m, item.design])]
        if not box.single:
            self._add(m, Box(np.array([item.design])))

    def _add(self, m: int, box: Box) -> None:
        self._box_of[m, box.designs] = len(self._boxes)
        self._boxes.append(box)

    def take(self, wanted: Wanted, found: list[Answer]) -> None:
        """Learn what the answers say."""
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
