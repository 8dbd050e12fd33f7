"""Inverse questions: at which values of an unknown a condition holds."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf, isfinite, isnan
from typing import Any

from flat_plugin.architecture.energy_table import EnergyTable
from flat_plugin.architecture.hardware import Architecture
from flat_plugin.architecture.platform import Platform
from flat_plugin.energy import energy_for
from flat_plugin.errors import FlatError
from flat_plugin.exploration.cases import Case
from flat_plugin.exploration.catalogue import At, figure_of, quantity_of
from flat_plugin.exploration.chip_cost import Oracle, Query
from flat_plugin.exploration.chips import UM2_IN_MM2
from flat_plugin.exploration.crossings import Crossing, Found, Look, crossings_of
from flat_plugin.exploration.expressions import Expression
from flat_plugin.exploration.figures import Answer
from flat_plugin.exploration.limits import least_on
from flat_plugin.exploration.power import leak_watts, peak_watts
from flat_plugin.exploration.quantities import Quantity
from flat_plugin.exploration.targets import Base, parts_of
from flat_plugin.exploration.unknowns import Unknown
from flat_plugin.mapping.dataflow import Dataflow
from flat_plugin.plain import plain
from flat_plugin.question.settled import usual_of
from flat_plugin.shown import Shown


@dataclass(frozen=True)
class Inverse:
    """What is asked: for which values of the unknown does the condition hold?

    ``first`` asks for the first value from which it does (``until``), or else for all (``where``). ``mode``
    is what mappings of searched dataflows are the best in. ``perfect_because``: why their factors are
    perfect, where nobody asked for that.
    """

    unknown: Unknown
    condition: Expression
    first: bool
    case: Case
    base: Base
    settings: Mapping[str, Any]
    dataflows: tuple[Dataflow, ...]
    mode: str
    softmax: str
    estimator: str
    perfect_because: str = ""

    def settings_at(self, place: int) -> dict[str, Any]:
        """All that is set of the hardware."""
        return {**self.settings, **self.unknown.settings(place)}

    def hardware(self, place: int) -> Architecture:
        """
        Raises:
            FlatError: there is no such hardware.
        """
        try:
            return self.base.build(self.settings_at(place))
        except FlatError as error:
            message = f"{error.message} ({self.unknown.name} {self.unknown.axis.values[place]})"
            raise FlatError(message, path=error.path, value=error.value, expected=error.expected) from None

    def query(self, place: int, platform: Platform, flow: Dataflow) -> Query:
        """By one dataflow at one value, on the hardware of that value."""
        return Query(self.unknown.case(self.case, place), platform, flow, self.mode, self.softmax)


@dataclass(frozen=True)
class Value:
    """One value of the unknown: whether the condition holds, its figures, and the best dataflow."""

    value: Any
    holds: bool
    figures: Mapping[str, float | None]


@dataclass(frozen=True, repr=False)
class Solution(Shown):
    """The answer to an inverse question.

    Attributes:
        crossings: every change of the condition, as (value before, value from which, whether it holds then).
        looked: the values that were tried, in their order.
        how: ``bisection`` or ``all values``.
        declared: how many values there are.
    """

    asked: Inverse
    crossings: tuple[tuple[Any, Any, bool], ...]
    looked: tuple[Value, ...]
    how: str
    declared: int

    @property
    def answer(self) -> Any:
        """The first value at which the condition holds; None where it does at none."""
        return next((each.value for each in self.looked if each.holds), None)

    def to_dict(self) -> dict[str, Any]:
        """The machine-readable form that ``flat solve --json`` prints."""
        asked = self.asked
        return {
            "unknown": asked.unknown.name,
            "condition": asked.condition.text,
            "workload": asked.case.name,
            "architecture": asked.base.name,
            "set": plain(asked.settings),
            "dataflows": [flow.name for flow in asked.dataflows],
            "factors": [flow.factors for flow in asked.dataflows],
            "perfect_because": asked.perfect_because or None,
            "mapped_for": asked.mode,
            "softmax": asked.softmax,
            "answer": plain(self.answer),
            "crossings": [
                {"before": plain(a), "from": plain(b), "holds": holds} for a, b, holds in self.crossings
            ],
            "how": self.how,
            "declared": self.declared,
            "looked": [
                {"value": plain(v.value), "holds": v.holds, "figures": plain(v.figures)} for v in self.looked
            ],
        }


@dataclass(frozen=True, repr=False)
class Curve(Shown):
    """The answers for each value of something else, by its ``name``."""

    name: str
    points: tuple[tuple[Any, Solution], ...]

    def to_dict(self) -> dict[str, Any]:
        """The machine-readable form that ``flat solve --over --json`` prints."""
        return {
            "over": self.name,
            "points": [{"value": plain(value), "solution": found.to_dict()} for value, found in self.points],
        }


def settled_alike(asked: Sequence[Inverse]) -> list[Inverse]:
    """Questions whose searches have the same factors, where nobody says which: those that suit the first and
    the last value of each. (A mask that matters at any value does at the last; widths are the same at all.)

    Raises:
        FlatError: such a value cannot be tried.
    """
    if not any(flow.open for each in asked for flow in each.dataflows):
        return [*asked]
    ends = [(each, place) for each in asked for place in (0, len(each.unknown.axis.values) - 1)]
    usual = usual_of(
        [
            each.query(place, Platform(each.hardware(place), EnergyTable()), flow).question()
            for each, place in ends
            for flow in each.dataflows
        ]
    )
    return [
        replace(
            each,
            dataflows=tuple(usual.settle(f) if f.open else f for f in each.dataflows),
            perfect_because=usual.reason,
        )
        for each in asked
    ]


def solved(asked: Inverse, oracle: Oracle, *, every: bool = False) -> Solution:
    """The answer.

    Raises:
        FlatError: a value cannot be tried, or a figure is asked for that nobody knows.
    """
    solver = _Solver(asked, oracle)
    values = asked.unknown.axis.values
    found: Found = crossings_of(len(values), solver.look, every=every)
    return Solution(
        asked,
        tuple(_crossing(each, values) for each in found.crossings),
        tuple(Value(values[n], found.looks[n].holds, solver.figures[n]) for n in sorted(found.looks)),
        found.how,
        len(values),
    )


def _crossing(crossing: Crossing, values: Sequence[Any]) -> tuple[Any, Any, bool]:
    return values[crossing.before], values[crossing.after], crossing.holds


class _Solver:
    def __init__(self, asked: Inverse, oracle: Oracle) -> None:
        self.asked, self.oracle = asked, oracle
        self.names = [(name, *figure_of(name)) for name in asked.condition.names]
        self.figures: dict[int, dict[str, float | None]] = {}
        best = any(family is None for _, family, _ in self.names)
        named = {family for _, family, _ in self.names}
        self.flows = [flow for flow in asked.dataflows if best or flow.name in named]

    def look(self, places: Sequence[int]) -> list[Look]:
        """Whether the condition holds at these values."""
        platforms = [self._platform(place) for place in places]
        queries = [
            self.asked.query(place, platform, flow)
            for place, platform in zip(places, platforms, strict=True)
            for flow in self.flows
        ]
        answers = self.oracle(queries)
        size = len(self.flows)
        return [
            self._look(place, platform, answers[n * size : (n + 1) * size])
            for n, (place, platform) in enumerate(zip(places, platforms, strict=True))
        ]

    def _platform(self, place: int) -> Platform:
        hardware = self.asked.hardware(place)
        said = ", ".join(f"{name} {value}" for name, value in self.asked.settings_at(place).items())
        named = replace(hardware, name=f"{hardware.name}, {said}" if said else hardware.name)
        return Platform(named, energy_for(hardware, None, self.asked.estimator))

    def _look(self, place: int, platform: Platform, answers: Sequence[Answer]) -> Look:
        by_name = {
            flow.name: self._on(place, platform, a) for flow, a in zip(self.flows, answers, strict=True)
        }
        best = min(by_name.values(), key=lambda at: _metric(at.answer, self.asked.mode))
        values: dict[str, Quantity] = {}
        for name, family, figure in self.names:
            found = quantity_of(figure, by_name[family] if family else best)
            if found is None or isnan(found.value):
                raise FlatError(
                    f"{name} is not known here", path="condition", value=self.asked.condition.text
                )
            values[name] = found
        self.figures[place] = {
            name: each.value if isfinite(each.value) else None for name, each in values.items()
        }
        holds = bool(self.asked.condition.truth(values))
        return Look(holds, _ratio(self.asked.condition, values))

    def _on(self, place: int, platform: Platform, answer: Answer) -> At:
        hardware, table = platform.architecture, platform.energies
        pairs = [(part, table.components[part.name]) for part in parts_of(hardware)] if table.known else []
        areas = [None if e.area_um2 is None else e.area_um2 * part.instances for part, e in pairs]
        known = [area for area in areas if area is not None]
        whole = sum(known) * UM2_IN_MM2 if pairs and len(known) == len(areas) else None
        leak = sum(leak_watts(part, energy, hardware.cycle_seconds) for part, energy in pairs)
        peak = sum(peak_watts(part, energy, hardware) for part, energy in pairs) + leak
        case = self.asked.unknown.case(self.asked.case, place)
        limits = [least_on(case, platform, self.asked.softmax, flow) for flow in self.flows]
        cycles = min(float(least.latency[0]) for least in limits) / hardware.cycle_seconds
        return At(answer, leak, whole, peak, cycles, min(float(least.energy[0]) for least in limits))


def _metric(answer: Answer, mode: str) -> float:
    """Where energies are not known, by latency."""
    value = answer[mode]
    return answer["latency"] if isnan(value) else value


def _ratio(condition: Expression, values: Mapping[str, Quantity]) -> float | None:
    """One side of a single comparison over the other."""
    tree = condition.tree
    if not isinstance(tree, ast.Compare) or len(tree.ops) != 1:
        return None
    one, two = (
        replace(condition, tree=side).value(values, finite=False).value
        for side in (tree.left, tree.comparators[0])
    )
    if not two:
        return None
    if one == two == inf:
        return 1.0
    found = float(one) / float(two)
    return None if isnan(found) else found
