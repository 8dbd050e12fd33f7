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
    """Lower bounds of every metric: ``least[metric]`` is [workloads, dataflows, designs]; and upper ones of
    what mappings are the best in: ``most[metric]`` is [workloads, designs]."""

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
        self.most = {metric: np.full((len(asked.cases), len(chips.space)), np.inf) for metric in MAPPED}
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
        """What a design's own mapping costs: chips that are no worse in any trait cost no more."""
        if self.shared(case, family) and np.isfinite(value):
            members = self._members[self.group[design]]
            better = members[self.traits.no_worse(self.traits.values[:, design], members)]
            self.most[mode][case, better] = np.minimum(self.most[mode][case, better], value)
        self.least[mode][case, family, design] = max(value, self.least[mode][case, family, design])

    def case_least(self, metric: str, designs: Designs) -> Array:
        """[workloads, designs]: a metric by whichever dataflow."""
        found: Array = self.least[metric][:, :, designs].min(axis=1)
        return found

    def total(self, figure: str, designs: Designs, mode: str, within: bool = True) -> Array:
        """[designs]: a figure of all workloads together, or of the chip, at least.

        Args:
            mode: what their mappings are the best in.
            within: of designs that meet the budgets.
        """
        if figure == "area":
            return self.chips.area_mm2[designs]
        if figure == "peak_power":
            return self.chips.peak_watts[designs]
        if figure == "power":
            return self._power(designs, mode, within, None)
        found: Array = self.weights @ self.case_least(figure, designs)
        return found

    def of(self, budget: Budget, designs: Designs, mode: str, within: bool = True) -> Array:
        """[designs]: what they have of a budget at least."""
        if budget.case is None:
            return self.total(budget.figure, designs, mode, within)
        if budget.figure == "power":
            return self._power(designs, mode, within, budget.case)
        found: Array = self.case_least(budget.figure, designs)[budget.case]
        return found

    def broken(self, designs: Designs, mode: str) -> list[tuple[Budget, NDArray[np.bool_]]]:
        """Which of the designs break each budget for certain."""
        return [
            (budget, self.of(budget, designs, mode) > budget.most * (1 + _ROUNDING))
            for budget in self.asked.limited
        ]

    def _power(self, designs: Designs, mode: str, within: bool, case: int | None) -> Array:
        """Leakage, and what the least energy makes of the longest time that a run can take.

        The leakage that an energy counts is at most that of all parts in the same time.
        """
        leakage = self.chips.leak_watts[designs]
        numbers: list[int] = [*range(len(self.limits))] if case is None else [case]
        weights = self.weights if case is None else np.ones_like(self.weights)
        energy, time = np.zeros(len(designs)), np.zeros(len(designs))
        dynamic = np.zeros(len(designs))
        for n in numbers:
            least = self.least["energy"][n][:, designs].min(axis=0)
            energy += weights[n] * least
            dynamic += weights[n] * self.limits[n].energy[designs]
            time += weights[n] * self._longest(n, designs, mode, least)
        budgets = [b.most for b in self.asked.limited if b.figure == "latency" and b.case == case]
        if within and budgets:
            time = np.minimum(time, min(budgets))
        with np.errstate(invalid="ignore"):  # nothing fits at all, however long
            found: Array = np.maximum(leakage + dynamic / time, energy / time)
        return np.where(np.isfinite(energy), found, np.inf)

    def _longest(self, case: int, designs: Designs, mode: str, energy: Array) -> Array:
        """Seconds that a workload takes at most by its best mapping in a mode."""
        most = self.most[mode][case, designs]
        if mode == "energy":
            return np.full(len(designs), np.inf)
        with np.errstate(invalid="ignore"):
            return most if mode == "latency" else most / energy


def _whichever(limits: Sequence[Least]) -> Least:
    """The limits by whichever dataflow."""
    return Least(
        np.minimum.reduce([each.latency for each in limits]),
        np.minimum.reduce([each.energy for each in limits]),
    )
