"""The best chips of a space, proven: best first, by lower bounds that answers make closer.

In each round the designs with the best bounds are looked at. A set of designs is bounded by the chip that is
the best of them in every trait (:mod:`.boxes`); where that is not enough the set is split, down to single
designs, whose own answers are exact. A design is ruled out when its bound breaks a budget, or is no better
than a chip that was found. What a round looks at does not depend on how many processes answer, so neither
does the result.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from flat_plugin.exploration.aims import Aim
from flat_plugin.exploration.bounds import Designs
from flat_plugin.exploration.chip_cost import Oracle
from flat_plugin.exploration.figures import OF_CHIP, Totals
from flat_plugin.exploration.findings import Item, Known
from flat_plugin.exploration.fronts import Front, foremost
from flat_plugin.exploration.next_queries import Asking

LOT = 16  # designs that a round looks at
BY_DESIGNS, BY_LIMITS = "comparison with other designs", "physical limits"
BY_ANSWERS, EVALUATED = "answers for other chips", "evaluated"


@dataclass(frozen=True)
class Progress:
    """Where an exploration is: answers so far, items left, and the best so far (None: nothing yet)."""

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
        self.front = Front()
        self.tally: Counter[tuple[str, str]] = Counter()  # (by what, because of what) -> items
        count = len(self.bounds.chips.space)
        self.alive = np.ones((len(self.asked.modes), count), dtype=bool)
        self.asking = Asking(known, self.alive, every, self._settle)

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
                self._ask(candidates)
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
            self.asking.single(item)
        while left:
            self._ask(left)
            left = [item for item in left if item not in self.known.totals]

    def _ask(self, items: list[Item]) -> None:
        wanted = self.asking.wanted(items)
        queries = [query for _, query in wanted.values()]
        self.asking.take(wanted, self.oracle(queries) if queries else [])

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
