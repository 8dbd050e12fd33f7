"""Trips and tiles: in how many turns a loop walks a length, and the least tile that takes so many.

A tile is a number of rows and the last one may be smaller, so trips are ⌈length / tile⌉. Of tiles with
the same trips the smallest is never worse: it needs less room, takes no more steps, and everything that
moves moves as often. That leaves about 2·√length choices, whatever divides the length.
"""

from __future__ import annotations

from functools import lru_cache
from math import isqrt

import numpy as np

from flat_plugin.model.batch import Array


@lru_cache(maxsize=4096)
def distinct_trips(length: int) -> Array:
    """Every ⌈length / tile⌉ that some tile gives, ascending, as whole numbers."""
    tiles = np.arange(1, isqrt(length) + 2, dtype=np.int64)
    many = -(-length // tiles)
    few = -(-length // many)  # what the smallest tile of so many trips gives
    return np.unique(np.concatenate([many, few]))


@lru_cache(maxsize=4096)
def divisors(length: int) -> Array:
    """Every divisor, ascending: the trips of perfect factors."""
    few = np.arange(1, isqrt(length) + 1, dtype=np.int64)
    few = few[length % few == 0]
    return np.unique(np.concatenate([few, length // few]))


def choices(length: int, perfect: bool) -> Array:
    """Trips that a loop over this length may have, which are its tiles as well."""
    return divisors(length) if perfect else distinct_trips(length)


def ceil_div(length: Array | int, part: Array | int) -> Array:
    """⌈length / part⌉ of whole numbers."""
    return -(-np.asarray(length) // part)
