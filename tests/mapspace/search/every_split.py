"""Every way to split a dimension into loops, tiles of any size."""

from __future__ import annotations

from functools import lru_cache
from math import ceil

import numpy as np


@lru_cache(maxsize=4096)
def chains(size: int, limits: tuple[int, ...], perfect: bool) -> np.ndarray:
    """[slots, n] trips of the loops over a dimension, outermost first; the outermost covers what is left."""
    found: list[tuple[int, ...]] = []

    def go(inner: tuple[int, ...], rows: int) -> None:
        slot, left = len(limits) - 1 - len(inner), ceil(size / rows)
        if slot == 0:
            found.append((left, *inner))
            return
        for n in range(1, min(limits[slot], left) + 1):
            if not perfect or size % (rows * n) == 0:
                go((n, *inner), rows * n)

    go((), 1)
    return np.array(found).T


@lru_cache(maxsize=4096)
def parts(most: int, limits: tuple[int, ...], perfect: int) -> np.ndarray:
    """[slots, n] trips whose product is at most so many rows (a divisor of ``perfect``, if that is not 0)."""
    found: list[tuple[int, ...]] = []

    def go(inner: tuple[int, ...], rows: int) -> None:
        if len(inner) == len(limits):
            found.append(inner)
            return
        for n in range(1, min(limits[len(limits) - 1 - len(inner)], most // rows) + 1):
            if not perfect or perfect % (rows * n) == 0:
                go((n, *inner), rows * n)

    go((), 1)
    return np.array(found).T
