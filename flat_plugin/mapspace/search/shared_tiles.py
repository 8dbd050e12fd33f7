"""Tiles of shared loops: the rows of an iteration, which every operator's own loops divide.

Numbers of rows with the same trips are a *range*. A first bound takes a range as one: the fewest rows, and
anything that divides some number in it. What may be better is then looked at number by number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod

import numpy as np

from flat_plugin.mapspace.search.trips import Factors, ceil_div
from flat_plugin.model.mapping_batch import Array

_EVERY = 64  # numbers of a range that are all looked at


@dataclass(frozen=True)
class Range:
    """Rows along one dimension that give the same shared loops.

    Attributes:
        trips: of each shared place, the outermost first.
        least, most: rows.
        loops: trips of every shared loop, the outermost first, and whether it is in time.
    """

    trips: tuple[int, ...]
    least: int
    most: int
    loops: tuple[tuple[int, bool], ...] = ()

    @property
    def iterations(self) -> int:
        """Of all shared loops in time."""
        return prod(self.trips)

    def holds_multiple(self, parts: Array) -> Array:
        """Whether some number in the range is a multiple of each part."""
        return self.most // parts * parts >= self.least

    def needed(self, parts: Array) -> list[int]:
        """The rows that are needed so that both operators can divide them by what they take at once.

        Args:
            parts: rows that the operators together take at once (their least common multiples). Of two
                multiples of one the larger is never better: it has the same trips and needs more room.
        """
        if self.most - self.least < _EVERY:
            return list(range(self.least, self.most + 1))
        rows = np.unique(ceil_div(self.least, parts) * parts)
        return [int(n) for n in rows[rows <= self.most]]


def range_of(size: int, loops: Sequence[int], trips: tuple[int, ...], *, factors: Factors) -> Range | None:
    """The rows of a shared iteration; None where no shared loop walks the dimension.

    Args:
        loops: iterations of every shared loop, in time and over cores, the outermost first.
        trips: those in time, of each shared place.
    """
    real = [n for n in loops if n > 1]
    if not real:
        return None
    around = prod(real)
    least = -(-size // around)
    most = (
        least
        if factors is Factors.PERFECT
        else max(least, (size - 1) // ((real[0] - 1) * (around // real[0])))
    )
    return Range(trips, least, most)


Ranges = Mapping[str, Range]  # of the dimensions that shared loops walk
Tile = tuple[tuple[str, int, int], ...]  # (dimension, rows of a shared iteration, iterations)


def each_tile(ranges: Ranges, parts: Mapping[str, Array]) -> list[Tile]:
    """Every choice of rows along the dimensions that shared loops walk."""
    options = [
        [(d, n, found.iterations) for n in found.needed(parts.get(d, np.ones(1, dtype=np.int64)))]
        for d, found in sorted(ranges.items())
    ]
    return [tuple(choice) for choice in product(*options)]


def common_multiples(one: Array, two: Array, most: int) -> Array:
    """Every least common multiple of a number of each list, up to ``most``."""
    both = np.lcm(one[:, None], two[None, :]).reshape(-1)
    return np.unique(both[both <= most])
