"""What one step along each axis would change of a chip, exactly."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from flat_plugin.exploration.aims import Objectives
from flat_plugin.exploration.chip_cost import Oracle
from flat_plugin.exploration.explorer import Explorer
from flat_plugin.exploration.figures import Totals
from flat_plugin.exploration.findings import Known
from flat_plugin.exploration.fronts import ROUNDING
from flat_plugin.exploration.options import Option, best_option
from flat_plugin.exploration.rules import missed


@dataclass(frozen=True)
class Step:
    """One value further along an axis: from ``value`` to ``to``; ``totals`` of that chip, None where there is
    none, and ``why``: no such design is declared, nothing fits it; or which budgets it misses."""

    axis: str
    value: str
    to: str
    totals: Totals | None
    why: str = ""


def steps_of(known: Known, design: int, oracle: Oracle) -> tuple[Step, ...]:
    """The neighbours of a design, each evaluated whatever it costs, by its own best mappings.

    Every axis one value up and one down, in the order of its values; ties follow.
    """
    neighbours = list(_neighbours(known, design))
    evaluate(known, [there for _, _, _, there in neighbours if there is not None], oracle)
    space = known.bounds.chips.space
    return tuple(
        Step(space.axes[axis].name, value, to, *_there(known, there)) for axis, value, to, there in neighbours
    )


def _there(known: Known, design: int | None) -> tuple[Totals | None, str]:
    if design is None:
        return None, "a condition leaves it out"
    option = best_option(known, design)
    if option is None:
        return None, "nothing fits"
    over = missed(known.bounds.asked, option.totals)
    return option.totals, "over the budget of " + ", ".join(over) if over else ""


def _neighbours(known: Known, design: int) -> Iterator[tuple[int, str, str, int | None]]:
    space = known.bounds.chips.space
    codes = space.codes[:, design]
    for axis, each in enumerate(space.axes):
        for further in (-1, 1):
            code = int(codes[axis]) + further
            if 0 <= code < len(each.values):
                moved = codes.copy()
                moved[axis] = code
                yield axis, each.text(int(codes[axis])), each.text(code), space.find(moved)


def evaluate(known: Known, designs: Iterable[int], oracle: Oracle) -> None:
    """The menus of these designs, whatever they cost."""
    Explorer(known, Objectives(known.bounds.asked), oracle, every=True).evaluate(designs)


def leanest(known: Known, option: Option, steps: tuple[Step, ...], oracle: Oracle) -> Option:
    """A design that is equal in the objectives and has less of something: as little as there is, along every
    axis of numbers where one step less changes nothing."""
    space = known.bounds.chips.space
    for axis, each in enumerate(space.axes):
        code = int(space.codes[axis, option.design])
        down = next((s for s in steps if s.axis == each.name and code and s.to == each.text(code - 1)), None)
        if each.numeric and down is not None and _equal(known, option, down.totals):
            option = _least(known, option, axis, oracle)
    return option


def _least(known: Known, option: Option, axis: int, oracle: Oracle) -> Option:
    """By bisection over an axis: the first value from which the objectives are what they are."""
    space = known.bounds.chips.space
    low, high = -1, int(space.codes[axis, option.design])
    while high - low > 1:
        middle = (low + high) // 2
        codes = space.codes[:, option.design].copy()
        codes[axis] = middle
        design = space.find(codes)
        if design is not None:
            evaluate(known, [design], oracle)
            other = best_option(known, design)
            if other is not None and _equal(known, option, other.totals):
                option, high = other, middle
                continue
        low = middle
    return option


def _equal(known: Known, option: Option, totals: Totals | None) -> bool:
    """Whether a chip is as good in the objectives, within the budgets."""
    asked = known.bounds.asked
    if totals is None or missed(asked, totals):
        return False
    return all(totals[name] <= option.totals[name] * (1 + ROUNDING) for name in asked.objectives)
