"""Trips and tiles: in how many turns a loop walks a length, and the least tile that takes so many.

A tile is a number of rows and the last one may be smaller, so trips are ⌈length / tile⌉. Of tiles with
the same trips the smallest is never worse: it needs less room, takes no more steps, and everything that
moves moves as often. That leaves about 2·√length choices, whatever divides the length.
"""

from __future__ import annotations

from enum import Enum
from functools import lru_cache
from math import isqrt

import numpy as np

from flat_plugin.model.mapping_batch import Array


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


class Factors(Enum):
    """What tiles may be.

    ``COARSE`` are ragged tiles of powers of two, or as many: few, and some of them good for any length.
    """

    RAGGED = "ragged"
    PERFECT = "perfect"
    COARSE = "coarse"


@lru_cache(maxsize=4096)
def coarse_trips(length: int) -> Array:
    """The trips that tiles of powers of two give, and as many tiles as these have rows."""
    powers = 2 ** np.arange(length.bit_length(), dtype=np.int64)
    many = -(-length // np.append(powers[powers < length], length))
    return np.unique(np.concatenate([many, -(-length // many)]))


def choices(length: int, factors: Factors) -> Array:
    """Trips that a loop over this length may have, which are its tiles as well."""
    made = {Factors.PERFECT: divisors, Factors.COARSE: coarse_trips, Factors.RAGGED: distinct_trips}
    return made[factors](length)


def ceil_div(length: Array | int, part: Array | int) -> Array:
    """⌈length / part⌉ of whole numbers."""
    return -(-np.asarray(length) // part)
