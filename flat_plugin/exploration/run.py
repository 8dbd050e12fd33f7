"""An exploration from its question to its answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from math import prod

from flat_plugin.errors import FlatError
from flat_plugin.exploration.aims import Excess, Objectives
from flat_plugin.exploration.assumptions import assumptions_of
from flat_plugin.exploration.bounds import Bounds
from flat_plugin.exploration.checks import check_areas, check_axes, check_settings, check_workloads
from flat_plugin.exploration.chip_cost import Oracle
from flat_plugin.exploration.chips import Chips
from flat_plugin.exploration.design_file import Exploration
from flat_plugin.exploration.explorer import Explorer, Progress
from flat_plugin.exploration.findings import Known
from flat_plugin.exploration.gains import Step, leanest, steps_of
from flat_plugin.exploration.options import Option, best_option
from flat_plugin.exploration.result import Count, ExploreResult
from flat_plugin.exploration.rules import missed
from flat_plugin.exploration.showing import Shower

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
            best, steps = _settled(explorer, best)
        elif asked.limited:
            nearest = _nearest(known, oracle, progress)
            steps = steps_of(known, nearest.design, oracle) if nearest else ()
    except KeyboardInterrupt:
        if not explorer.front.points:
            raise
        proven, best = False, best_of(explorer)
    chips = Shower(known, oracle)
    return ExploreResult(
        asked,
        chips.of([option for _, option in explorer.front.sorted()]),
        chips.one(best),
        chips.one(nearest),
        steps,
        tuple(Count(by, why, number) for (by, why), number in explorer.tally.items()),
        asked.space.declared,
        len(asked.space),
        known.answered,
        time.monotonic() - start,
        proven,
        assumptions_of(known.bounds.chips, asked),
        chips.of(_met(known)) if every else (),
    )


def _settled(explorer: Explorer, best: Option) -> tuple[Option, tuple[Step, ...]]:
    """The best that has no more of anything than it needs, and its steps."""
    known, oracle = explorer.known, explorer.oracle
    steps = steps_of(known, best.design, oracle)
    lean = leanest(known, best, steps, oracle)
    if lean.design != best.design:
        explorer.front.replace(best, lean)
        return lean, steps_of(known, lean.design, oracle)
    return best, steps


def known_of(asked: Exploration, scales: Mapping[str, float] | None = None) -> Known:
    """What is known of all designs before anything is searched.

    Raises:
        FlatError: a design cannot be built, has no energies, or no area where one is asked for.
    """
    try:
        chips = Chips(asked.base, asked.space, asked.estimator, asked.areas, scales)
        check_areas(chips, asked)
        check_settings(chips, asked)
        check_axes(chips)
        check_workloads(chips, asked)
        return Known(Bounds(asked, chips))
    except FlatError as error:
        raise error.located(asked.file) if asked.file else error from None


def best_of(explorer: Explorer) -> Option | None:
    """Of one objective the best; of two the one with the least product."""
    options = [option for _, option in explorer.front.sorted()]
    return min(options, key=lambda option: prod(option.values), default=None)


def _nearest(known: Known, oracle: Oracle, progress: Report | None) -> Option | None:
    """The chip that is least over the budget that it misses most."""
    explorer = Explorer(known, Excess(known.bounds.asked), oracle, progress)
    explorer.run()
    return best_of(explorer)


def _met(known: Known) -> list[Option]:
    """The best of each design that meets the budgets."""
    options = [best_option(known, design) for design in sorted(known.menus)]
    return [each for each in options if each is not None and not missed(known.bounds.asked, each.totals)]
