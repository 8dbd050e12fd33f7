"""What designs can reach at best, by the menus that bound them: many designs at once.

Designs that the same menus bound have the same choices; what differs between them is added to all of these:
dearer accesses, their own physical limits, their area.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from flat_plugin.distinct import distinct_columns
from flat_plugin.exploration.aims import Aim, within
from flat_plugin.exploration.bounds import NONE, Bounds, Designs
from flat_plugin.exploration.budgets import Budget
from flat_plugin.exploration.chips import Array
from flat_plugin.exploration.choosing import Choices, Rule, choices_of
from flat_plugin.exploration.fronts import ROUNDING, Front
from flat_plugin.exploration.menus import Menu, joined, point
from flat_plugin.exploration.options import Option
from flat_plugin.exploration.rules import named, rules_of

NOTHING_FITS, BETTER, TOGETHER = "nothing fits", "better chips", "budgets together"
_TINY = 1e-300
_RAISED = ("latency", "energy", "edp")
_NUMBERS = (*("latency", "energy", "edp", "power", "over"), *("area", "peak_power"))
Lost = list[tuple[str, Designs]]  # designs that are ruled out, by reason
Numbers = NDArray[np.int32]


@dataclass(frozen=True)
class Reach:
    """Designs that may still be better, with the best that each may reach [numbers, designs]; and those that
    cannot, by reason."""

    designs: Designs
    values: Array
    lost: Lost


class Reaching:
    """The reach of designs for an aim."""

    def __init__(self, bounds: Bounds, aim: Aim) -> None:
        self.bounds, self.aim, self.asked = bounds, aim, bounds.asked
        # Where budgets may be missed, chips that leak more than a cap do not wait.
        rules = rules_of(self.asked, None if aim.limited else float(bounds.chips.leak_watts.max()))
        self._limits = _Limits(bounds, rules)
        self._choosing = _Choosing(bounds, aim, rules)
        self._count = len(aim.values(dict.fromkeys(_NUMBERS, np.zeros(1))))

    def of(self, designs: Designs, front: Front[Option]) -> Reach:
        """What these designs can reach that no point of a front equals or beats."""
        lost: Lost = []
        left, values = [designs[:0]], [np.empty((self._count, 0))]
        if self.aim.limited:
            designs = self._limits.within(designs, lost)
        for members, menus in _alike(self.bounds, designs):
            choices, why = self._choosing.of(menus)
            if not len(choices):
                lost.append((why, members))
                continue
            may, reached = self._reached(members, choices, lost, front)
            left.append(members[may])
            values.append(reached[:, may])
        return Reach(np.concatenate(left), np.concatenate(values, axis=1), lost)

    def _reached(
        self, designs: Designs, choices: Choices, lost: Lost, front: Front[Option]
    ) -> tuple[NDArray[np.bool_], Array]:
        """Which designs may be better, and the values of their best choice."""
        columns = self._limits.raised(choices, designs)
        shape = (len(choices), len(designs))
        values = np.broadcast_to(self.aim.values(columns), (self._count, *shape))
        met = np.broadcast_to(within(self.asked, columns) if self.aim.limited else True, shape)
        self._lost_by_budgets(designs, columns, met, lost)
        covered = front.covered(values.reshape(self._count, -1)).reshape(shape)
        may = met & ~covered
        found = np.asarray(may.any(axis=0))
        lost.append((BETTER, designs[met.any(axis=0) & ~found]))
        best = np.where(may, np.prod(np.maximum(values, _TINY), axis=0), np.inf).argmin(axis=0)
        return found, values[:, best, np.arange(len(designs))]

    def _lost_by_budgets(
        self, designs: Designs, columns: dict[str, Array], met: NDArray[np.bool_], lost: Lost
    ) -> None:
        left = ~met.any(axis=0)
        for budget in self.asked.budgets if left.any() else ():
            if budget.figure in columns:
                over = (columns[budget.figure] > budget.most * (1 + ROUNDING)).all(axis=0) & left
                lost.append((named(self.asked, budget), designs[over]))
                left = left & ~over
        lost.append((TOGETHER, designs[left]))


def _alike(bounds: Bounds, designs: Designs) -> Iterator[tuple[Designs, Numbers]]:
    """Designs that the same menus ([workloads, dataflows]) bound."""
    if not len(designs):
        return
    of = bounds.of[:, :, designs]
    kinds, which = distinct_columns(of.reshape(-1, len(designs)))
    order = np.argsort(which, kind="stable")
    ends = np.cumsum(np.bincount(which))
    for kind, rows in enumerate(np.split(order, ends[:-1])):
        yield designs[rows], kinds[:, kind].reshape(of.shape[:2])


class _Choosing:
    """The choices that menus leave."""

    def __init__(self, bounds: Bounds, aim: Aim, rules: tuple[Rule, ...]) -> None:
        self._bounds, self._aim, self._rules = bounds, aim, rules
        self._found: dict[bytes, tuple[Choices, str]] = {}

    def of(self, menus: Numbers) -> tuple[Choices, str]:
        """Those within the budgets of single workloads; or why there are none."""
        key = menus.tobytes()
        if key not in self._found:
            self._found[key] = self._choose(menus)
        return self._found[key]

    def _choose(self, menus: Numbers) -> tuple[Choices, str]:
        nothing = Choices({}, np.empty((0, 0), dtype=np.int64))
        cases, kept = [], []
        for number, (rule, own) in enumerate(zip(self._rules, menus, strict=True)):
            menu = joined([self._menu(int(n)) for n in own])
            if not len(menu):
                return nothing, NOTHING_FITS
            columns = rule.columns(menu, None)
            met = columns["over"] <= ROUNDING if self._aim.limited else np.ones(len(menu), dtype=bool)
            if not met.any():
                return nothing, self._why_not(number, columns)
            cases.append(columns)
            kept.append(met)
        weights = [rule.weight for rule in self._rules]
        return choices_of(cases, kept, weights, self._aim.dims, bound=True), ""

    def _menu(self, number: int) -> Menu:
        """Where none is known, what physical limits will raise."""
        return point({}) if number == NONE else self._bounds.menus[number]

    def _why_not(self, case: int, columns: dict[str, Array]) -> str:
        def broken(budget: Budget) -> bool:
            return bool(columns[budget.figure].min() > budget.most * (1 + ROUNDING))

        names = (named(self._bounds.asked, b) for b in self._rules[case].budgets if broken(b))
        return next(names, TOGETHER)


class _Limits:
    """What differs between designs that the same menus bound."""

    def __init__(self, bounds: Bounds, rules: tuple[Rule, ...]) -> None:
        self._bounds, self._rules, self._asked = bounds, rules, bounds.asked
        self._weights = np.array([rule.weight for rule in rules])

    def within(self, designs: Designs, lost: Lost) -> Designs:
        """The designs that break no budget by what no mapping beats in one figure."""
        for budget in self._asked.limited:
            over = self._least(budget, designs) > budget.most * (1 + ROUNDING)
            lost.append((named(self._asked, budget), designs[over]))
            designs = designs[~over]
        return designs

    def raised(self, choices: Choices, designs: Designs) -> dict[str, Array]:
        """[choices, designs]: at least."""
        columns = {name: column[:, None] for name, column in choices.columns.items()}
        columns |= {name: values[None] for name, values in self._of_chips(designs).items()}
        own = self._of_workloads(designs)
        more = self._bounds.more[:, :, designs].min(axis=1)
        dearer = {"energy": more, "edp": more * own["latency"]}
        for name, least in own.items():
            if name in columns:
                added = columns[name] + self._weights @ dearer[name] if name in dearer else columns[name]
                columns[name] = np.maximum(added, self._weights @ least)
        if "over" in columns:
            caps = [rule.cap for rule in rules_of(self._asked)]
            leaks = self._bounds.chips.leak_watts[designs] / min(caps) - 1
            columns["over"] = np.maximum(columns["over"], leaks)
        return columns

    def _least(self, budget: Budget, designs: Designs) -> Array:
        chips = self._of_chips(designs)
        if budget.figure in chips:
            return chips[budget.figure]
        if budget.figure == "power":  # the rest is kept by waiting
            return self._bounds.chips.leak_watts[designs]
        least = self._of_workloads(designs)[budget.figure]
        total: Array = self._weights @ least if budget.case is None else least[budget.case]
        return total

    def _of_chips(self, designs: Designs) -> dict[str, Array]:
        chips = self._bounds.chips
        return {"area": chips.area_mm2[designs], "peak_power": chips.peak_watts[designs]}

    def _of_workloads(self, designs: Designs) -> dict[str, Array]:
        """[workloads, designs]: by whichever dataflow, with the time that is waited."""
        latency, energy, edp = (self._bounds.least[n][:, :, designs].min(axis=1) for n in _RAISED)
        caps, paces = (np.array([[getattr(rule, name)] for rule in self._rules]) for name in ("cap", "pace"))
        time = np.maximum.reduce(np.broadcast_arrays(latency, energy / caps, paces))
        return {"latency": time, "energy": energy, "edp": np.maximum(edp, time * energy)}
