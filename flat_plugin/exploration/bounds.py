"""What designs cost at least, and why: physical limits first, then answers for other chips.

The best mapping of a searched family at attention level on one chip bounds that of every chip of its group
that is no better in any trait (:mod:`.traits`). Other answers (named dataflows; whole models, whose products
are mapped by a rule) say something of their own chip alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from flat_plugin.exploration.budgets import Budget
from flat_plugin.exploration.chips import Array, Chips
from flat_plugin.exploration.design_file import Exploration
from flat_plugin.exploration.figures import MAPPED
from flat_plugin.exploration.floors import priced_parts
from flat_plugin.exploration.limits import Least, least_of
from flat_plugin.exploration.traits import Traits, traits_of

Designs = NDArray[np.int64]
_ROUNDING = 1e-9


class Bounds:
    """Lower bounds of every metric: ``least[metric]`` is [workloads, dataflows, designs]."""

    def __init__(self, asked: Exploration, chips: Chips) -> None:
        self.asked, self.chips = asked, chips
        self.traits: Traits = traits_of(chips)
        self.group = self.traits.group
        self.weights = np.array([case.weight for case in asked.cases])
        limits = [
            [least_of(case, chips, asked.softmax, flow) for flow in asked.dataflows] for case in asked.cases
        ]
        self.limits = [_whichever(each) for each in limits]
        shape = (len(asked.cases), len(asked.dataflows), len(chips.space))
        self.least = {metric: np.empty(shape) for metric in MAPPED}
        for number in range(len(asked.cases)):
            for family in range(len(asked.dataflows)):
                limit = limits[number][family]
                self.least["latency"][number, family] = limit.latency
                self.least["energy"][number, family] = limit.energy
                self.least["edp"][number, family] = limit.latency * limit.energy
        self.prices = priced_parts(chips, self.traits)
        self.floors: dict[tuple[int, int, int, int], tuple[Array, float]] = {}
        self._members = [np.flatnonzero(self.group == g) for g in range(int(self.group.max()) + 1)]

    def shared(self, case: int, family: int) -> bool:
        """Whether answers of a family bound those of other chips."""
        return self.asked.dataflows[family].searched and self.asked.cases[case].level == "attention"

    def learn(self, mode: str, case: int, family: int, value: float, corner: Array, design: int) -> None:
        """What the best mapping of a chip of a design's group, with these traits, costs."""
        members = self._members[self.group[design]]
        held = members[self.traits.no_better(corner, members)]
        known = self.least[mode][case, family]
        known[held] = np.maximum(known[held], value + self._dearer(mode, case, family, corner, held))
        if not np.isfinite(value):  # nothing fits there: nothing fits a chip that is no better
            for metric in MAPPED:
                self.least[metric][case, family, held] = np.inf

    def corner(self, group: int) -> Array:
        """[traits]: the best of a group in each."""
        return self.traits.corner(self._members[group])

    def floor(self, case: int, family: int, group: int, part: int, joules: float) -> None:
        """What the accesses of a part (a number of ``prices``) cost at least on the best chip of a group."""
        self.floors[case, family, group, part] = self.corner(group), joules

    def _dearer(self, mode: str, case: int, family: int, corner: Array, designs: Designs) -> Array | float:
        """What dearer accesses than those of a corner add to a metric at least."""
        if mode == "latency" or not len(designs):
            return 0.0
        group, more = int(self.group[designs[0]]), np.zeros(len(designs))
        for number, prices in enumerate(self.prices):
            if (case, family, group, number) in self.floors:
                best, joules = self.floors[case, family, group, number]
                here = float(prices.ratio(corner[:, None], best)[0]) * joules
                more += here * (prices.ratio(self.traits.values[:, designs], corner) - 1)
        return more if mode == "energy" else more * self.least["latency"][case, family, designs]

    def learn_own(self, mode: str, case: int, family: int, value: float, design: int) -> None:
        """What a design's own mapping costs."""
        self.least[mode][case, family, design] = max(value, self.least[mode][case, family, design])

    def case_least(self, metric: str, designs: Designs) -> Array:
        """[workloads, designs]: a metric by whichever dataflow."""
        found: Array = self.least[metric][:, :, designs].min(axis=1)
        return found

    def total(self, figure: str, designs: Designs) -> Array:
        """[designs]: a figure of all workloads together, or of the chip, at least."""
        if figure == "area":
            return self.chips.area_mm2[designs]
        if figure == "peak_power":
            return self.chips.peak_watts[designs]
        if figure == "power":
            return self._power(designs, None)
        found: Array = self.weights @ self.case_least(figure, designs)
        return found

    def objectives(self, designs: Designs) -> Array:
        """[objectives, designs]"""
        return np.stack([self.total(figure, designs) for figure in self.asked.objectives])

    def of(self, budget: Budget, designs: Designs) -> Array:
        """[designs]: what they have of a budget at least."""
        if budget.case is None:
            return self.total(budget.figure, designs)
        if budget.figure == "power":
            return self._power(designs, budget.case)
        found: Array = self.case_least(budget.figure, designs)[budget.case]
        return found

    def broken(self, designs: Designs) -> list[tuple[Budget, NDArray[np.bool_]]]:
        """Which of the designs break each budget for certain."""
        return [
            (budget, self.of(budget, designs) > budget.most * (1 + _ROUNDING))
            for budget in self.asked.limited
        ]

    def _power(self, designs: Designs, case: int | None) -> Array:
        """Leakage; and where the latency has a budget, what the energy makes of it."""
        leakage = self.chips.leak_watts[designs]
        most = [b.most for b in self.asked.limited if b.figure == "latency" and b.case == case]
        if not most:
            return leakage
        numbers: Sequence[int] = range(len(self.limits)) if case is None else [case]
        weights = self.weights if case is None else np.ones_like(self.weights)
        dynamic = np.sum([weights[n] * self.limits[n].energy[designs] for n in numbers], axis=0)
        found: Array = leakage + dynamic / min(most)
        return found


def _whichever(limits: Sequence[Least]) -> Least:
    """The limits by whichever dataflow."""
    return Least(
        np.minimum.reduce([each.latency for each in limits]),
        np.minimum.reduce([each.energy for each in limits]),
    )
