"""What the choices inside cost at least, known once for whatever rows a shared iteration has.

Which choices divide the rows of a shared iteration is a matter of the rows that lie in all units together
along the dimensions that shared loops walk. So they are bounded once, and sorted out row by row after that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod

import numpy as np

from flat_plugin.mapspace.search.trips import ceil_div
from flat_plugin.model.mapping_batch import Array

_BLOCK = 1 << 20  # rows and values compared at once


@dataclass(frozen=True)
class Rough:
    """What some choices cost at least: no one's figures, but no choice is better in everything."""

    base: Array  # [n] pJ in any case
    steps: Array  # [n] cycles of the array
    moved: float  # words of the outermost memory that units ask for themselves, in any case
    word: float  # pJ each time the staying tensor's tile changes
    word_moved: float  # words of the outermost memory each time

    def __len__(self) -> int:
        return len(self.base)


@dataclass(frozen=True)
class Bounds:
    """The same by rows, the cheapest first (``n``).

    Attributes:
        walked: the core dimensions that shared loops may walk, and the rows that one core has of each.
        wide, own: [walked, n] units side by side, and rows of one unit.
        rest: [n] cycles of the array, at least, for each turn along these dimensions.
    """

    walked: Mapping[int, int]
    base: Array
    rest: Array
    moved: Array
    wide: Array
    own: Array
    word: float
    word_moved: float

    def __len__(self) -> int:
        return len(self.base)

    def of(self, tile: Mapping[int, tuple[int, int]], steps: float, energy: float) -> Rough:
        """Those of at most so many cycles and pJ, with which units make up the rows of an iteration.

        Args:
            tile: (rows of a shared iteration, iterations) of the core dimensions that shared loops walk.
        """
        few = slice(int(np.searchsorted(self.base, energy, "right")))
        turns, fits = self.rest[few], np.ones(few.stop, dtype=bool)
        for (d, size), wide, own in zip(
            self.walked.items(), self.wide[:, few], self.own[:, few], strict=True
        ):
            if d in tile:
                rows, times = tile[d]
                fits &= rows % (wide * own) == 0
                turns = turns * (rows // wide * times)
            else:
                turns = turns * (ceil_div(size, wide * own) * own)
        kept = np.flatnonzero(fits & (turns <= steps))
        moved = float(self.moved[few][kept].min(initial=np.inf))
        return Rough(self.base[few][kept], turns[kept], moved, self.word, self.word_moved)

    @property
    def cheapest(self) -> float:
        """pJ in any case that none goes below."""
        return float(self.base[0]) if len(self) else np.inf

    def least(self, tiles: Sequence[Mapping[int, tuple[int, int]]]) -> Array:
        """[tiles] the fewest pJ in any case of those with which units make up the rows of an iteration.

        Args:
            tiles: (rows of a shared iteration, iterations) of the core dimensions that shared loops walk, the
                same in each; infinite where nothing makes them up.
        """
        names = tuple(d for d in self.walked if d in tiles[0])
        if not names:
            return np.full(len(tiles), self.cheapest)
        rows = np.array([[tile[d][0] for d in names] for tile in tiles])
        width = prod(len(self._values[d]) for d in names[1:])
        size, found = max(1, _BLOCK // width), []
        for start in range(0, len(tiles), size):
            found.append(self._least_of(names, rows[start : start + size]))
        return np.concatenate(found)

    def _least_of(self, names: tuple[int, ...], rows: Array) -> Array:
        """[tiles] the same for rows ([tiles, names]) along these dimensions, one of them after the other."""
        first, which = np.unique(rows[:, 0], return_inverse=True)
        left = np.stack([self._dividing(names, n) for n in first.tolist()])[which]
        for d, own in zip(names[1:], rows.T[1:], strict=True):
            divides = own[:, None] % self._values[d] == 0
            left = np.where(divides.reshape(*divides.shape, *(1,) * (left.ndim - 2)), left, np.inf).min(
                axis=1
            )
        return left

    def _dividing(self, names: tuple[int, ...], rows: int) -> Array:
        """[values, ...] of all but the first of these dimensions: the fewest pJ with what divides so many
        rows along the first one."""
        if (names, rows) not in self._known:
            others = tuple(i for i, d in enumerate(self.walked) if d not in names)
            table = self._by_rows.min(axis=others) if others else self._by_rows
            good = rows % self._values[names[0]] == 0
            self._known[names, rows] = table[good].min(axis=0, initial=np.inf)
        return self._known[names, rows]

    @cached_property
    def _known(self) -> dict[tuple[tuple[int, ...], int], Array]:
        return {}

    @cached_property
    def _values(self) -> dict[int, Array]:
        """The different rows of all units together along each dimension."""
        together = self.wide * self.own
        return {d: np.unique(rows) for d, rows in zip(self.walked, together, strict=True)}

    @cached_property
    def _by_rows(self) -> Array:
        """[values, ...] the fewest pJ in any case for the rows of all units along each dimension."""
        table = np.full([len(values) for values in self._values.values()], np.inf)
        each = zip(self._values.values(), self.wide * self.own, strict=True)
        where = tuple(np.searchsorted(values, rows) for values, rows in each)
        np.minimum.at(table, where, self.base)
        return table


def bounds_of(
    walked: Mapping[int, int],
    choices: tuple[Array, Array, Array],
    extents: tuple[Array, Array],
    each: tuple[float, float],
) -> Bounds:
    """Bounds without those of which another with the same rows is as good.

    Args:
        choices: [n] pJ, cycles for each turn, and words moved.
        extents: [walked, n] units side by side and rows of one unit.
        each: pJ and words each time the staying tensor's tile changes.
    """
    (base, rest, moved), (wide, own) = choices, extents
    if not len(base):
        return Bounds(walked, base, rest, moved, wide, own, *each)
    group = _numbered(np.concatenate([wide, own]))
    fewest = np.full(int(group.max()) + 1, np.inf)
    np.minimum.at(fewest, group, moved)
    order = np.lexsort((rest, base, group))
    kept = order[_falling(group[order], rest[order])]
    kept = kept[np.argsort(base[kept], kind="stable")]
    return Bounds(walked, base[kept], rest[kept], fewest[group[kept]], wide[:, kept], own[:, kept], *each)


def _numbered(columns: Array) -> Array:
    """[n] which of the different columns each is."""
    number = np.zeros(columns.shape[1], dtype=np.int64)
    for row in columns:
        _, which = np.unique(row, return_inverse=True)
        _, number = np.unique(number * (int(which.max(initial=0)) + 1) + which, return_inverse=True)
    return number


def _falling(group: Array, values: Array) -> Array:
    """Where a value is less than all before it in its group; groups follow one another."""
    _, rank = np.unique(values, return_inverse=True)
    falling = rank.reshape(-1) - group * (int(rank.max()) + 1)
    least = np.minimum.accumulate(falling)
    return np.flatnonzero(np.diff(least, prepend=least[0] + 1) < 0)
