"""What one step along each axis would change of a chip, exactly."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flat_plugin.exploration.aims import Objectives
from flat_plugin.exploration.chip_cost import Oracle
from flat_plugin.exploration.explorer import Explorer
from flat_plugin.exploration.figures import Totals
from flat_plugin.exploration.findings import Item, Known
from flat_plugin.exploration.fronts import ROUNDING


@dataclass(frozen=True)
class Step:
    """One value further along an axis: from ``value`` to ``to``; ``totals`` of that chip, None where no such
    design is declared (``why`` says so)."""

    axis: str
    value: str
    to: str
    totals: Totals | None
    why: str = ""


def steps_of(known: Known, item: Item, oracle: Oracle) -> tuple[Step, ...]:
    """The neighbours of a design, each evaluated whatever it costs.

    Every axis one value up and one down, in the order of its values; ties follow.
    """
    space = known.bounds.chips.space
    neighbours = list(_neighbours(known, item.design))
    designs = [design for _, _, _, design in neighbours if design is not None]
    evaluate(known, [Item(item.mode, design) for design in designs], oracle)
    found = []
    for axis, value, to, design in neighbours:
        totals = None if design is None else known.totals[Item(item.mode, design)]
        why = "" if design is not None else "a condition leaves it out"
        found.append(Step(space.axes[axis].name, value, to, totals, why))
    return tuple(found)


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


def evaluate(known: Known, items: list[Item], oracle: Oracle) -> None:
    """The totals of these designs, whatever they cost."""
    missing = [item for item in items if item not in known.totals]
    Explorer(known, Objectives(known.bounds.asked), oracle, every=True).evaluate(missing)


def leanest(known: Known, item: Item, steps: tuple[Step, ...], oracle: Oracle) -> Item:
    """A design that is equal in the objectives and has less of something: as little as there is, along every
    axis of numbers where one step less changes nothing."""
    space = known.bounds.chips.space
    for axis, each in enumerate(space.axes):
        code = int(space.codes[axis, item.design])
        down = next((s for s in steps if s.axis == each.name and code and s.to == each.text(code - 1)), None)
        if each.numeric and down is not None and down.totals is not None and _equal(known, item, down.totals):
            item = _least(known, item, axis, oracle)
    return item


def _least(known: Known, item: Item, axis: int, oracle: Oracle) -> Item:
    """By bisection over an axis: the first value from which the objectives are what they are."""
    space = known.bounds.chips.space
    low, high = -1, int(space.codes[axis, item.design])
    while high - low > 1:
        middle = (low + high) // 2
        codes = space.codes[:, item.design].copy()
        codes[axis] = middle
        design = space.find(codes)
        if design is not None:
            other = Item(item.mode, design)
            evaluate(known, [other], oracle)
            if _equal(known, item, known.totals[other]):
                item, high = other, middle
                continue
        low = middle
    return item


def _equal(known: Known, item: Item, totals: Totals) -> bool:
    asked = known.bounds.asked
    aim, own = Objectives(asked), known.totals[item]
    if any(budget.over(totals) > ROUNDING for budget in asked.limited):
        return False
    pairs = zip(aim.of(totals), aim.of(own), strict=True)
    return all(a <= b * (1 + ROUNDING) for a, b in pairs)
