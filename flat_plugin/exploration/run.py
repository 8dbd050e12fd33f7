"""An exploration from its question to its answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import numpy as np

from flat_plugin.errors import FlatError
from flat_plugin.exploration.aims import Excess, Objectives
from flat_plugin.exploration.assumptions import assumptions_of
from flat_plugin.exploration.bounds import Bounds
from flat_plugin.exploration.budgets import Budget
from flat_plugin.exploration.checks import check_areas, check_axes, check_workloads
from flat_plugin.exploration.chip_cost import Oracle
from flat_plugin.exploration.chips import UM2_IN_MM2, Chips
from flat_plugin.exploration.design_file import Exploration
from flat_plugin.exploration.explorer import Explorer, Progress
from flat_plugin.exploration.findings import Item, Known
from flat_plugin.exploration.fronts import ROUNDING
from flat_plugin.exploration.gains import Step, leanest, steps_of
from flat_plugin.exploration.result import Chip, Count, ExploreResult

Report = Callable[[Progress], None]


def explored(
    asked: Exploration, oracle: Oracle, progress: Report | None = None, *, every: bool = False
) -> ExploreResult:
    """The answer of an exploration; interrupted (Ctrl-C), what there is by then, marked as not proven.

    Args:
        every: also the figures of every design that meets the budgets, whether it can be the best or not.

    Raises:
        FlatError: a design cannot be built, or figures are asked for that nobody knows.
        KeyboardInterrupt: it was interrupted before anything was found.
    """
    start = time.monotonic()
    known = known_of(asked)
    explorer = Explorer(known, Objectives(asked), oracle, progress, every=every)
    proven, best, nearest = True, None, None
    steps: tuple[Step, ...] = ()
    try:
        explorer.run()
        best = best_of(explorer)
        if best is not None:
            steps = steps_of(known, best, oracle)
            lean = leanest(known, best, steps, oracle)
            if lean != best:
                explorer.front.replace(best, lean)
                best, steps = lean, steps_of(known, lean, oracle)
        elif asked.limited:
            nearest = _nearest(known, oracle, progress)
            steps = steps_of(known, nearest, oracle) if nearest else ()
    except KeyboardInterrupt:
        if not explorer.front.points:
            raise
        proven, best = False, best_of(explorer)
    return ExploreResult(
        asked,
        tuple(chip_of(known, each) for _, each in explorer.front.sorted()),
        chip_of(known, best) if best else None,
        chip_of(known, nearest) if nearest else None,
        steps,
        tuple(Count(by, why, chips) for (by, why), chips in explorer.tally.items()),
        asked.space.declared,
        len(asked.space),
        known.answered,
        time.monotonic() - start,
        proven,
        assumptions_of(known.bounds.chips, asked),
        tuple(chip_of(known, each) for each in _evaluated(known)) if every else (),
    )


def known_of(asked: Exploration, scales: Mapping[str, float] | None = None) -> Known:
    """What is known of all designs before anything is searched.

    Raises:
        FlatError: a design cannot be built, has no energies, or no area where one is asked for.
    """
    try:
        chips = Chips(asked.base, asked.space, asked.estimator, asked.areas, scales)
        check_areas(chips, asked)
        check_axes(chips)
        check_workloads(chips, asked)
        return Known(Bounds(asked, chips))
    except FlatError as error:
        raise error.located(asked.file) if asked.file else error from None


def best_of(explorer: Explorer) -> Item | None:
    """Of one objective the best; of two the one with the least product."""
    items = explorer.front.sorted()
    if not items:
        return None
    item = min(items, key=lambda each: float(np.prod(each[0])))[1]
    assert isinstance(item, Item)
    return item


def _nearest(known: Known, oracle: Oracle, progress: Report | None) -> Item | None:
    """The chip that is least over the budget that it misses most."""
    explorer = Explorer(known, Excess(known.bounds.asked), oracle, progress)
    explorer.run()
    return best_of(explorer)


def _evaluated(known: Known) -> list[Item]:
    """The designs that meet the budgets."""
    limited = known.bounds.asked.limited
    met = [i for i, totals in known.totals.items() if all(b.over(totals) <= ROUNDING for b in limited)]
    return sorted(met, key=lambda item: (item.design, item.mode))


def chip_of(known: Known, item: object) -> Chip:
    """A design as results show it."""
    assert isinstance(item, Item)
    chips, asked = known.bounds.chips, known.bounds.asked
    totals, codes = known.totals[item], asked.space.codes[:, [item.design]]
    parts = chips.variants(item.design)
    over = [(budget, budget.over(totals)) for budget in asked.limited]
    missed = {_said(budget, asked): share for budget, share in over if share > ROUNDING}
    return Chip(
        item.design,
        asked.space.label(item.design),
        asked.space.values(item.design),
        next(iter(asked.space.settings(codes))),
        item.mode,
        totals,
        {name: None if v.area_um2 is None else v.area_um2 * UM2_IN_MM2 for name, v in parts.items()},
        {name: v.peak_watts for name, v in parts.items()},
        missed,
    )


def _said(budget: Budget, asked: Exploration) -> str:
    return budget.figure if budget.case is None else f"{budget.figure} of {asked.cases[budget.case].name}"
