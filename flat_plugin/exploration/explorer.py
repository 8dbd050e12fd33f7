"""The best chips of a space, proven: best first, by lower bounds that answers make closer.

In each round the designs with the best bounds are looked at. A set of designs is bounded by the chip that is
the best of them in every trait (:mod:`.boxes`); where that is not enough the set is split, down to single
designs, whose own menus are exact. A design is ruled out when nothing that it can reach is within the budgets
and better than what was found. What a round looks at does not depend on how many processes answer, so neither
does the result.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from flat_plugin.exploration.aims import Aim
from flat_plugin.exploration.bounds import Designs
from flat_plugin.exploration.chip_cost import Oracle
from flat_plugin.exploration.findings import Known
from flat_plugin.exploration.fronts import Front, foremost
from flat_plugin.exploration.next_queries import Asking
from flat_plugin.exploration.options import Option, offer
from flat_plugin.exploration.reach import BETTER, Reaching

LOT = 16  # designs that a round looks at
BY_DESIGNS, BY_LIMITS = "comparison with other designs", "physical limits"
BY_ANSWERS, EVALUATED = "answers for other chips", "evaluated"


@dataclass(frozen=True)
class Progress:
    """Where an exploration is: answers so far, designs left, and the best so far (None: nothing yet)."""

    answers: int
    left: int
    ruled_out: int
    best: tuple[float, ...] | None


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
        self.front: Front[Option] = Front()
        self.tally: Counter[tuple[str, str]] = Counter()  # (by what, because of what) -> designs
        self.alive = np.ones(len(self.bounds.chips.space), dtype=bool)
        self.asking = Asking(known, self.alive, every, self._settle)
        self._reaching = Reaching(self.bounds, aim)

    def run(self) -> None:
        """Look until nothing that is left can be better.

        Raises:
            KeyboardInterrupt: what is found by then is in ``front``.
        """
        for design in list(self.known.menus):
            self._settle(design)
        if not self.every and self.bounds.all_shared:
            beaten = np.flatnonzero(self.alive & ~self.known.undominated)
            self._rule_out(beaten, BY_DESIGNS, "no smaller and no better in anything")
        by = BY_LIMITS
        while True:
            candidates = self._round(by)
            by = BY_ANSWERS
            if not candidates:
                return
            if self.front.points:
                self._ask(candidates)
            else:  # something to measure the rest by
                self.evaluate(candidates)
            self._report()

    def evaluate(self, designs: Iterable[int]) -> None:
        """Work out the menus of these, whatever they cost."""
        left = [design for design in designs if design not in self.known.menus]
        for design in left:
            self.asking.single(design)
        while left:
            self._ask(left)
            left = [design for design in left if design not in self.known.menus]

    def _ask(self, designs: list[int]) -> None:
        wanted = self.asking.wanted(designs)
        queries = list(wanted.values())
        self.asking.take(wanted, self.oracle(queries) if queries else [])

    def _round(self, by: str) -> list[int]:
        """Rule out what cannot be better; of the rest what to look at."""
        front: Front[Option] = Front() if self.every else self.front
        reach = self._reaching.of(np.flatnonzero(self.alive), front)
        for why, designs in reach.lost:
            self._rule_out(designs, by, why)
        chosen = np.arange(min(LOT, len(reach.designs)))
        if not self.every:
            chosen = foremost(reach.values, self.known.merit[reach.designs], LOT)
        return [int(design) for design in reach.designs[chosen]]

    def _rule_out(self, designs: Designs, by: str, why: str) -> None:
        self.alive[designs] = False
        if len(designs):
            self.tally[by, why] += len(designs)

    def _settle(self, design: int) -> None:
        """A design whose menus are known."""
        self.alive[design] = False
        found = offer(self.known, design, self.aim)
        added = [self.front.add(option.values, option) for option in found.options]
        self.tally[EVALUATED, found.why or ("" if any(added) else BETTER)] += 1

    def _report(self) -> None:
        if self.progress is not None:
            left = int(self.alive.sum())
            best = self.front.sorted()[0][0] if self.front.points else None
            self.progress(Progress(self.known.answered, left, self.alive.size - left, best))
