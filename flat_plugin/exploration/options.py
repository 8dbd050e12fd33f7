"""What a design that has its menus offers: its choices of mappings with their figures, for an aim."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

from flat_plugin.exploration.aims import Aim, Excess, Objectives, within
from flat_plugin.exploration.bounds import Bounds
from flat_plugin.exploration.chips import Array
from flat_plugin.exploration.choosing import Choices, Columns, choices_of
from flat_plugin.exploration.figures import Run, Totals
from flat_plugin.exploration.findings import Known
from flat_plugin.exploration.fronts import ROUNDING
from flat_plugin.exploration.rules import named, rules_of
from flat_plugin.mapspace.objective import staircase

Picks = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Option:
    """A design with an entry of each workload's menu: what it comes to, and its totals."""

    design: int
    values: tuple[float, ...]
    totals: Totals


@dataclass(frozen=True)
class Offer:
    """The options of a design that no other of them equals or beats; or why there are none."""

    options: tuple[Option, ...]
    why: str = ""


def offer(known: Known, design: int, aim: Aim) -> Offer:
    """What a design offers for an aim."""
    bounds, menus = known.bounds, known.menus[design]
    if not all(map(len, menus)):
        return Offer((), "nothing fits")
    asked, leakage = bounds.asked, float(bounds.chips.leak_watts[design])
    rules = rules_of(asked)
    cases = [rule.columns(menu, leakage) for rule, menu in zip(rules, menus, strict=True)]
    kept = [np.ones(len(menu), dtype=bool) for menu in menus]
    if aim.limited:
        kept = [columns["over"] <= ROUNDING for columns in cases]
        if not all(own.any() for own in kept):
            return Offer((), _why_not(known, design))
    dims = tuple(dict.fromkeys((*aim.dims, *aim.ties)))
    choices = choices_of(cases, kept, [rule.weight for rule in rules], dims)
    columns = {**choices.columns, **_of_chip(bounds, design, len(choices))}
    if aim.limited:
        met = np.flatnonzero(within(asked, columns))
        choices, columns = choices.take(met), {name: column[met] for name, column in columns.items()}
        if not len(choices):
            return Offer((), _why_not(known, design))
    values = aim.values(columns)
    rows = _foremost(values, choices)
    return Offer(tuple(_option(known, design, choices.picks[n], values[:, n], cases) for n in rows))


def _of_chip(bounds: Bounds, design: int, count: int) -> dict[str, Array]:
    chips = bounds.chips
    figures = {"area": chips.area_mm2, "peak_power": chips.peak_watts}
    return {name: np.full(count, values[design]) for name, values in figures.items()}


def _foremost(values: Array, choices: Choices) -> list[int]:
    """The best choices: of one number the first of the least, of two those that none beats."""
    tie = choices.columns.get("edp", np.zeros(len(choices)))
    order = np.lexsort([tie, *values[::-1]])
    if len(values) == 1:
        return [int(order[0])]
    return [int(order[n]) for n in staircase(values[:, order].T)]


def _option(known: Known, design: int, picks: Picks, values: Array, cases: Sequence[Columns]) -> Option:
    menus = known.menus[design]
    runs = []
    for menu, columns, pick in zip(menus, cases, picks, strict=True):
        time, energy, power = (float(columns[name][pick]) for name in ("latency", "energy", "power"))
        runs.append(Run(time, energy, power, float(menu.latency[pick]), tuple(map(int, menu.source[pick]))))
    return Option(design, tuple(map(float, values)), totals_of(known, design, tuple(runs)))


def totals_of(known: Known, design: int, runs: tuple[Run, ...]) -> Totals:
    """All workloads on a design."""
    chips, asked = known.bounds.chips, known.bounds.asked
    return Totals(
        runs,
        tuple(case.weight for case in asked.cases),
        float(chips.area_mm2[design]),
        float(chips.leak_watts[design]),
        float(chips.peak_watts[design]),
    )


def _why_not(known: Known, design: int) -> str:
    """The first budget that the design's nearest option breaks."""
    (nearest,) = offer(known, design, Excess(known.bounds.asked)).options
    asked = known.bounds.asked
    return next(named(asked, b) for b in asked.limited if b.over(nearest.totals) > ROUNDING)


def best_option(known: Known, design: int) -> Option | None:
    """A design's own best: within the budgets if it can, of two objectives the least product."""
    asked = known.bounds.asked
    for limited in (True, False):
        if options := offer(known, design, Objectives(asked, limited=limited)).options:
            return min(options, key=lambda each: prod(each.values))
    return None
