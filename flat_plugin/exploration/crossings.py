"""Where along the values of an unknown a condition starts and stops holding.

A few values are looked at first. Where the condition's sides move one way against each other over them, the
place at which it changes is found by bisection, and every further value must lie between its neighbours; else
all declared values are looked at, and every change is reported.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log2

import numpy as np

from flat_plugin.errors import FlatError

MOST_VALUES = 4096  # that are all looked at
_FIRST = 17
_ROUNDING = 1e-9
BISECTION, EXHAUSTION = "bisection", "all values"


@dataclass(frozen=True)
class Look:
    """Whether the condition holds at a value, and one side of it over the other (None: it is no single
    comparison)."""

    holds: bool
    ratio: float | None


@dataclass(frozen=True)
class Crossing:
    """Between two neighbouring values the condition changes; it ``holds`` from the second on."""

    before: int
    after: int
    holds: bool


@dataclass(frozen=True)
class Found:
    """All crossings by the places of their values, what was looked at, and how (bisection or all values)."""

    crossings: tuple[Crossing, ...]
    looks: dict[int, Look]
    how: str


Looked = Callable[[Sequence[int]], Sequence[Look]]  # at these places, at once


def crossings_of(count: int, look: Looked, *, every: bool = False) -> Found:
    """Every change of a condition over ``count`` values in their order.

    Args:
        every: look at all of them, however they go.

    Raises:
        FlatError: all have to be looked at, and they are too many.
    """
    looks: dict[int, Look] = {}

    def at(places: Sequence[int]) -> None:
        missing = [place for place in places if place not in looks]
        looks.update(zip(missing, look(missing), strict=True))

    if not every:
        at(_first(count))
        if _one_way(looks) and _bisect(looks, at):
            return Found(_changes(looks), looks, BISECTION)
    if count > MOST_VALUES:
        raise FlatError(
            "the condition changes more than once, and there are too many values to try them all",
            path="values",
            value=count,
            expected=f"at most {MOST_VALUES:,}",
        )
    at(range(count))
    return Found(_changes(looks), looks, EXHAUSTION)


def _first(count: int) -> list[int]:
    """Places that are spread evenly, and the ends."""
    return sorted({round(float(place)) for place in np.linspace(0, count - 1, min(_FIRST, count))})


def _one_way(looks: dict[int, Look]) -> bool:
    """Whether the condition changes at most once, and its sides go one way."""
    ordered = [looks[place] for place in sorted(looks)]
    if sum(one.holds != two.holds for one, two in pairwise(ordered)) > 1:
        return False
    ratios = [look.ratio for look in ordered]
    known = [ratio for ratio in ratios if ratio is not None]
    if len(known) < len(ratios):
        return False
    slack = [_ROUNDING * max(abs(a), abs(b)) if np.isfinite(a + b) else 0.0 for a, b in pairwise(known)]
    rising = all(b >= a - s for (a, b), s in zip(pairwise(known), slack, strict=True))
    falling = all(b <= a + s for (a, b), s in zip(pairwise(known), slack, strict=True))
    return rising or falling


def _bisect(looks: dict[int, Look], at: Callable[[Sequence[int]], None]) -> bool:
    """Close in on the change, if there is one; whether everything still goes one way."""
    while True:
        places = sorted(looks)
        open_ = [(a, b) for a, b in pairwise(places) if looks[a].holds != looks[b].holds and b - a > 1]
        if not open_:
            return True
        ((low, high),) = open_
        at([(low + high) // 2])
        if not _one_way(looks):
            return False


def _changes(looks: dict[int, Look]) -> tuple[Crossing, ...]:
    return tuple(
        Crossing(a, b, looks[b].holds) for a, b in pairwise(sorted(looks)) if looks[a].holds != looks[b].holds
    )


def steps(count: int) -> int:
    """Values that bisection looks at, about."""
    return _FIRST + round(log2(max(1, count / _FIRST)))
