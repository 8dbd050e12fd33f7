"""Units side by side below a memory: which of them want the same words, or what a neighbour just had.

All units of a fan-out want the same shape of words, each a step further: unit by unit the steps are
the sums of what the unrolled loops move. Two share an access if their steps are equal. Units lie row by
row on a mesh, and one whose neighbour held the very words in the iteration before takes them from there.
"""

from __future__ import annotations

from functools import lru_cache
from math import prod

import numpy as np
from numpy.typing import NDArray

from flat_plugin.distinct import distinct_columns
from flat_plugin.errors import FlatError
from flat_plugin.model.walk.boxes import Point

Array = NDArray[np.int64]
Groups = tuple[tuple[int, int], ...]  # (units that share an access, accesses that so many share)
Steps = tuple[tuple[int, Point], ...]  # of the unrolled loops, innermost first: trips, words moved by one

MAX_UNITS = 1 << 20  # of a mesh, where windows or smaller last tiles make us look at each


@lru_cache(maxsize=4096)
def shared(steps: Steps) -> Groups:
    """How the units of a fan-out share their accesses."""
    still = prod(trips for trips, step in steps if not any(step))
    moving = [(trips, step) for trips, step in steps if any(step)]
    used = [rank for _, step in moving for rank, words in enumerate(step) if words]
    if len(set(used)) == len(used):  # no two loops move along one rank: all sums differ
        return ((still, prod(trips for trips, _ in moving)),)
    return _groups(_places(tuple(moving)), still)


@lru_cache(maxsize=4096)
def passed_on(now: Steps, before: Steps, moved: Point, mesh: tuple[int, int]) -> tuple[int, Groups]:
    """Units that take their words from a neighbour, and how the others share theirs.

    Args:
        before: the steps in the iteration before, when some units may not have worked.
        moved: from what the first unit wants now to what it had then.
        mesh: its width and height.
    """
    reach = [sum((trips - 1) * abs(step[rank]) for trips, step in now) for rank in range(len(moved))]
    back = [sum((trips - 1) * abs(step[rank]) for trips, step in before) for rank in range(len(moved))]
    if any(abs(m) > a + b for m, a, b in zip(moved, reach, back, strict=True)):
        return 0, shared(now)
    places, held = _places(now), _places(before) + np.array(moved)
    width, height = mesh
    number: Array = np.arange(len(places))
    x, y = number % width, number // width
    linked = np.zeros(len(places), dtype=bool)
    for aside, inside in ((-1, x > 0), (1, x < width - 1), (-width, y > 0), (width, y < height - 1)):
        there = inside & (number + aside < len(held))
        linked[there] |= (held[number[there] + aside] == places[there]).all(axis=1)
    if not linked.any():
        return 0, shared(now)
    return int(linked.sum()), _groups(places[~linked], 1)


def _places(steps: Steps) -> Array:
    """[units, ranks]: how far each unit's words lie from the first one's."""
    if prod(trips for trips, _ in steps) > MAX_UNITS:
        raise FlatError(
            "too many units side by side for windows or smaller last tiles",
            path="mapping",
            value=prod(trips for trips, _ in steps),
            expected=f"at most {MAX_UNITS}",
        )
    places: Array = np.zeros((1, len(steps[0][1])), dtype=np.int64)
    for trips, step in steps:
        along = np.arange(trips)[:, None] * np.array(step)
        places = (along[:, None, :] + places[None, :, :]).reshape(-1, places.shape[1])
    return places


def _groups(places: Array, times: int) -> Groups:
    if not len(places):
        return ()
    _, which = distinct_columns(_numbers(places).T)
    together = np.bincount(which)
    sizes, apart = np.unique(together, return_counts=True)
    return tuple((int(s) * times, int(n)) for s, n in zip(sizes, apart, strict=True))


def _numbers(places: Array) -> Array:
    """[places, 1]: each as one number, which is quicker to compare; [places, ranks] if they are too large."""
    low, spans = places.min(axis=0), np.ptp(places, axis=0) + 1
    if prod(map(int, spans)) >= 1 << 62:
        return places
    numbers: Array = np.zeros(len(places), dtype=np.int64)
    for rank, span in enumerate(spans):
        numbers = numbers * span + (places[:, rank] - low[rank])
    return numbers[:, None]
