"""What to evaluate next: single designs, or sets of designs that one chip bounds.

At first there is one set for each group of comparable chips. A set whose chip has been asked all that decides
the bound of a design is split.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from flat_plugin.architecture.platform import Platform
from flat_plugin.exploration.boxes import Box
from flat_plugin.exploration.chip_cost import Query
from flat_plugin.exploration.figures import FRONT, Answer
from flat_plugin.exploration.findings import Known
from flat_plugin.exploration.floors import only
from flat_plugin.exploration.menus import bound_of, joined, menu_of
from flat_plugin.exploration.questions import Modes, asked_of
from flat_plugin.exploration.traits import corner_platform


class Key(NamedTuple):
    """What is asked: of a box, or below 0 of the accesses of a part in a group."""

    box: int
    case: int
    family: int
    mode: str
    group: int = 0


Wanted = dict[Key, Query]
Flags = NDArray[np.bool_]


class Asking:
    """The sets of an exploration, and what is asked of them.

    Args:
        alive: [designs], which are still looked at; it changes.
        every: ask single designs alone.
        settle: what to do with a design that has its menus.
    """

    def __init__(self, known: Known, alive: Flags, every: bool, settle: Callable[[int], None]) -> None:
        self.known, self.alive, self.every, self.settle = known, alive, every, settle
        self.bounds, self.asked = known.bounds, known.bounds.asked
        groups = self.bounds.group
        self._boxes = [Box(np.flatnonzero(groups == g)) for g in range(int(groups.max()) + 1)]
        self._box_of = groups.copy()
        families = range(len(self.asked.dataflows))
        self._questions = [
            [asked_of(self.asked, case, family) for family in families]
            for case in range(len(self.asked.cases))
        ]
        self._splits = not every and any(each.bound for row in self._questions for each in row)

    def wanted(self, designs: Iterable[int]) -> Wanted:
        """What to ask next."""
        wanted: Wanted = {}
        for design in designs:
            number, missing = self._refined(design)
            box = self._boxes[number]
            for case, family in missing:
                if not box.single:
                    wanted |= self._floors(design, case, family)
                for mode in self._modes(box, case, family):
                    key = Key(number, case, family, mode)
                    if key not in wanted:
                        wanted[key] = self._query(box.platform(self.bounds), case, family, mode)
        return wanted

    def _query(self, platform: Platform, case: int, family: int, mode: str) -> Query:
        return Query(self.asked.cases[case], platform, self.asked.dataflows[family], mode, self.asked.softmax)

    def _floors(self, design: int, case: int, family: int) -> Wanted:
        """What parts' accesses cost at least in the group of a design, if nobody knows yet."""
        group, found = int(self.bounds.group[design]), Wanted()
        if self._questions[case][family].bound == ("latency",):
            return found
        chips, traits = self.bounds.chips, self.bounds.traits
        for number, prices in enumerate(self.bounds.prices):
            if (case, family, group, number) not in self.bounds.floors:
                part = chips.parts[prices.part].name
                best = corner_platform(chips, traits, self.bounds.corner(group), design)
                key = Key(-1 - number, case, family, "energy", group)
                found[key] = self._query(only(best, part), case, family, "energy")
        return found

    def _refined(self, design: int) -> tuple[int, list[tuple[int, int]]]:
        """The smallest box of a design that says nothing of it yet, and what to ask of it: nothing where the
        design has all its menus."""
        while True:
            number = int(self._box_of[design])
            box = self._boxes[number]
            missing = self._missing(box, design)
            if missing:
                return number, missing
            if box.single:
                self._finish(box, design)
                return number, []
            self._split(box, design)

    def _modes(self, box: Box, case: int, family: int) -> Modes:
        return self._questions[case][family].of(box.single, self.every)

    def _missing(self, box: Box, design: int) -> list[tuple[int, int]]:
        """(workload, dataflow): for each workload the most promising dataflow that the box has not been asked
        of, if those that it has been asked of do not cover what that may offer."""
        found = []
        for case in range(len(self.asked.cases)):
            families = np.argsort(self.bounds.ranked(case, design), kind="stable").tolist()
            known = [box.bounds[case, f] for f in families if (case, f) in box.bounds]
            for family in families:
                if (case, family) not in box.bounds and self._modes(box, case, family):
                    offered = self.bounds.menu(case, family, design)
                    if not (known and joined(known).covers(offered)):
                        found.append((case, family))
                        break
        return found

    def _split(self, box: Box, design: int) -> None:
        alive = box.designs[self.alive[box.designs] & (self._box_of[box.designs] == self._box_of[design])]
        if self._splits:
            for part in Box(alive, hints=box.hints).split(self.bounds):
                self._add(part)
        self.single(design)  # what is found of it rules out others

    def single(self, design: int) -> None:
        """A box of its own for a design."""
        if not self._boxes[int(self._box_of[design])].single:
            self._add(Box(np.array([design])))

    def _add(self, box: Box) -> None:
        self._box_of[box.designs] = len(self._boxes)
        self._boxes.append(box)

    def take(self, wanted: Wanted, found: list[Answer]) -> None:
        """Learn what the answers say."""
        self.known.answered += len(found)
        menus: dict[tuple[int, int, int], dict[str, Answer]] = {}
        for key, answer in zip(wanted, found, strict=True):
            if key.box < 0:  # floors first: bounds use them
                joules = answer.energy_j if answer.fits else 0.0
                self.bounds.floor(key.case, key.family, key.group, -1 - key.box, joules)
            else:
                menus.setdefault((key.box, key.case, key.family), {})[key.mode] = answer
        for (number, case, family), answers in menus.items():
            self._learn(self._boxes[number], case, family, answers)

    def _learn(self, box: Box, case: int, family: int, answers: dict[str, Answer]) -> None:
        place, design = (case, family), int(box.designs[0])
        menu = menu_of(answers, family)
        shared = bool(self._questions[case][family].bound)
        bound = bound_of(answers) if shared and FRONT not in answers else menu
        box.menus[place], box.bounds[place] = menu, bound
        box.hints[place] = next(iter(answers.values()))
        if shared:
            self.bounds.learn(case, family, bound, box.corner(self.bounds), design)
        if box.single:
            self.bounds.learn_own(case, family, bound, design)

    def _finish(self, box: Box, design: int) -> None:
        """A design that has its menus: one for each workload, of all dataflows."""
        if design not in self.known.menus:
            self.known.menus[design] = tuple(
                joined([box.menus[place] for place in sorted(box.menus) if place[0] == case])
                for case in range(len(self.asked.cases))
            )
        self.settle(design)
