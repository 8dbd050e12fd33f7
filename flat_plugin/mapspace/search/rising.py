"""Searches under a rising ceiling.

What is looked for first is so good that little can be; then a little worse, until something is found. EDP
and energy have floors that tell something. For everything else the least EDP is looked for first, and then
what costs no more than a few times of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from heapq import heapify, heappop, heappush

import numpy as np

from flat_plugin.mapspace.objective import Best
from flat_plugin.mapspace.search.bar import RISING, Bar
from flat_plugin.mapspace.search.space import Space
from flat_plugin.mapspace.search.trips import Factors

MOST = 10.0  # of the least EDP: what costs more is not looked for
_RISE = 1.5  # of a bound: what costs more is looked for later
_HIGH = 1e4  # of the least floor, above which there is no ceiling
_MANY = 64  # spaces that are worth a run of the nearest before the others are bounded
_PARTS = (1.0, 1.5, 4.0, MOST)  # of the least EDP, one after the other


def settle(spaces: Callable[[Factors], Sequence[Space]], factors: Factors, incumbent: Best) -> None:
    """Improve the incumbent until nothing with such tiles can be better; where they need not divide, the few
    of powers of two are looked at first, because what is good among them rules out most of the others."""
    if factors is Factors.RAGGED:
        search(spaces(Factors.COARSE), incumbent)
    search(spaces(factors), incumbent)


def search(spaces: Sequence[Space], incumbent: Best) -> None:
    """Improve the incumbent until nothing in any space can; for goals other than EDP and energy, nothing of
    ``MOST`` times the least EDP."""
    if not spaces:
        return
    if incumbent.objective in RISING:
        _rising(spaces, incumbent)
        return
    least = Best("edp", incumbent.slack)
    search(spaces, least)
    if least.empty:
        return
    offer(incumbent, least, least.payload)
    for part in _PARTS:
        for space in sorted(spaces, key=lambda space: space.begin("edp")):
            space.run(Bar(incumbent, part * least.rank[0]))
        if not any(_may_be_better(space, incumbent) for space in spaces):
            return


def _may_be_better(space: Space, incumbent: Best) -> bool:
    """Whether the floor of a space is below what was found."""
    return float(space.rough[incumbent.objective][0]) < incumbent.rank[0] * (1 - max(incumbent.slack, 1e-9))


def offer(incumbent: Best, best: Best, payload: object) -> None:
    """What was found in another way is there to be beaten."""
    metrics = best.metrics
    chosen = incumbent.choose(metrics)
    incumbent.keep(chosen, metrics, [payload for _ in chosen])


def _rising(spaces: Sequence[Space], incumbent: Best) -> None:
    """Look where the least bound is, and there only for what is not much above it, until all bounds are
    above what was found."""
    every = [(space.begin(incumbent.objective), number, 0.0) for number, space in enumerate(spaces)]
    heapify(every)
    high = every[0][0] * _HIGH if every else np.inf
    if len(spaces) > _MANY:
        lower, number, _ = every[0]
        spaces[number].run(Bar(incumbent, lower * _RISE))  # what is found there rules most others out
    while every and every[0][0] < _best(incumbent) * (1 - incumbent.slack):
        lower, number, ceiling = heappop(every)
        if ceiling:
            spaces[number].run(Bar(incumbent, ceiling))
            heappush(every, (ceiling, number, 0.0))
        else:
            ceiling = lower * _RISE if lower < high else np.inf
            open_below = spaces[number].bound(Bar(incumbent, ceiling)) < np.inf
            heappush(every, (spaces[number].lower, number, ceiling if open_below else 0.0))


def _best(incumbent: Best) -> float:
    return np.inf if incumbent.empty else float(incumbent.rank[0])
