"""The kinds of iterations that a mask makes of a layer: each a dense problem, with its repetitions.

A tile of rows runs as a dense layer over the keys that at least one of its rows needs, one after the other
in tiles as the mapping has them, of which the last may be smaller. Tiles that follow each other and touch
the same keys are one iteration of more rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from math import prod

import numpy as np

from flat_plugin.errors import FlatError
from flat_plugin.mapping.fused import FusedMapping
from flat_plugin.mapping.nest import OperatorMapping
from flat_plugin.model.mapping_batch import Array
from flat_plugin.workload.attention import Attention

_OUTSIDE = ("B", "H", "G")  # whose loops may be outside those over the rows


@dataclass(frozen=True)
class Split:
    """How a mapping goes over the rows: tiles of ``rows``, all of them ``passes`` times for each head of
    keys (query heads of a group that come one after the other)."""

    rows: int
    passes: int = 1


@dataclass(frozen=True)
class Kinds:
    """Kinds of iterations, in the order in which they first come; one entry a kind.

    Attributes:
        rows: of the iteration, for each head.
        keys: that it touches.
        times: how often it comes, for each head of keys.
        before: keys of the iteration before; 0 of the first.
        kept: its keys that the iteration before touched as well.
        known: its keys that any iteration before touched.
        every: keys that any iteration touches.
        ends: (rows, keys) of the first iteration and of the last.
    """

    rows: Array  # [kinds]
    keys: Array  # [kinds]
    times: Array  # [kinds]
    before: Array  # [kinds]
    kept: Array  # [kinds]
    known: Array  # [kinds]
    every: int
    ends: tuple[tuple[int, int], tuple[int, int]]

    def __len__(self) -> int:
        return len(self.rows)

    def parts(self, most: int) -> Iterator[Kinds]:
        """At most so many at a time; what is said of all stays."""
        for start in range(0, len(self), most):
            own = slice(start, start + most)
            yield self.few(own, self.times[own])

    def few(self, chosen: Array | slice, times: Array) -> Kinds:
        """Some of them, of which each comes so often; what is said of all stays."""
        names = ("rows", "keys", "before", "kept", "known")
        return replace(self, **{name: getattr(self, name)[chosen] for name in names}, times=times)

    @property
    def scores(self) -> int:
        """Scores of all iterations, for each head of keys."""
        return int((self.rows * self.keys * self.times).sum())

    def found(self, tile: int, most: int) -> Array:
        """[kinds]: keys that a memory still has whose tile is of so many keys.

        What it holds in one tile stays: one with room for the ``most`` keys of any iteration, which are
        all keys, never drops one; else those stay that the next iteration needs.
        """
        if most <= tile and most == self.every:
            return self.known
        return np.where((self.keys <= tile) & (self.before <= tile), self.kept, 0)


def split_of(mapping: FusedMapping, attention: Attention) -> Split:
    """How both operators go over the rows; unfused ones have passes of their own (:func:`own_split`).

    Raises:
        FlatError: not row by row: iterations would not be dense problems by themselves.
    """
    if mapping.dataflow.fused:
        return _fused_split(mapping, attention)
    rows = {name: own_split(name, nest, attention).rows for name, nest in mapping.operators}
    if len(set(rows.values())) > 1:
        tiles = ", ".join(f"{name}: {count}" for name, count in rows.items())
        raise _refused("both operators take the rows in the same tiles", tiles, "the same rows in both")
    return Split(next(iter(rows.values())))


def _fused_split(mapping: FusedMapping, attention: Attention) -> Split:
    levels = mapping.levels
    for level, d, _, unrolled in mapping.loops():
        if d == "M" and not unrolled and level != levels[0]:
            raise _refused("rows are tiled at the outermost memory", f"M at {level}", f"M at {levels[0]}")
    name, nest = mapping.operators[0]
    if mapping.turns("M") == 1:
        return Split(attention.queries)
    if dict(nest.levels[0].temporal).get("M", 1) != mapping.turns("M"):
        raise _refused("rows are tiled once at the outermost memory", f"M twice in {name}", "M once")
    outside: dict[str, int] = {}
    for d, trips in mapping.at(0).temporal:
        if d == "M":
            break
        outside[d] = trips
    return _split(nest, outside, attention)


def own_split(name: str, nest: OperatorMapping, attention: Attention) -> Split:
    """How an unfused operator goes over the rows: its loops in the outermost memory are its own.

    Raises:
        FlatError: as :func:`split_of`.
    """
    loops = [(d, trips) for d, trips in nest.levels[0].temporal if trips > 1]  # innermost first
    names = [d for d, _ in loops]
    if "M" not in names:
        return Split(attention.queries)
    return _split(nest, dict(loops[names.index("M") + 1 :]), attention, name)


def _split(
    nest: OperatorMapping, outside: dict[str, int], attention: Attention, operator: str = "the shared loops"
) -> Split:
    wrong = sorted(d for d, trips in outside.items() if trips > 1 and d not in _OUTSIDE)
    if wrong:
        raise _refused(
            "rows are tiled outside everything but sequences and heads",
            f"{', '.join(wrong)} outside M in {operator}",
            "M outside",
        )
    passes = outside.get("G", 1)
    if attention.group % passes:
        raise _refused(
            "query heads of a group that come one after the other divide them",
            f"G={passes} of {attention.group}",
            f"a divisor of {attention.group}",
        )
    inside = [f for entry in nest.levels for f in entry.spatial_x + entry.spatial_y]
    inside += [f for entry in nest.levels[1:] for f in entry.temporal]
    return Split(min(attention.queries, prod(n for d, n in inside if d == "M")), passes)


def _refused(rule: str, value: str, expected: str) -> FlatError:
    return FlatError(f"beside a mask {rule}", path="mapping", value=value, expected=expected)


@lru_cache(maxsize=4)
def kinds_of(attention: Attention, split: Split) -> Kinds | None:
    """The kinds of iterations of a layer under its mask; None where all rows touch the same keys.

    Raises:
        FlatError: there are too many tiles of rows.
    """
    touched = attention.mask.tiles(attention.queries, attention.keys, split.rows)
    first = np.flatnonzero(~touched.same)
    together = np.where(touched.same, touched.rows * touched.times, touched.rows)
    rows = np.add.reduceat(together, first)
    known = touched.keys - touched.fresh
    keys = touched.keys[first]
    before = np.concatenate(([0], keys[:-1]))
    runs = np.stack((rows, keys, before, touched.kept[first], known[first]))
    if runs.shape[1] == 1 and rows[0] == attention.queries and not attention.mask.select:
        return None
    ends = (int(runs[0, 0]), int(runs[1, 0])), (int(runs[0, -1]), int(runs[1, -1]))
    times = touched.times[first]
    if split.passes > 1:
        again = runs.copy()
        again[2:4, 0], again[4] = (keys[-1], touched.around), keys
        times = np.concatenate((times, times * (split.passes - 1)))
        runs = np.concatenate((runs, again), axis=1)
    runs, times = _merged(runs, times)
    rows, keys, before, kept, known = runs
    return Kinds(rows, keys, times, before, kept, known, touched.every, ends)


def one_kind(rows: int, keys: int) -> Kinds:
    """A single iteration."""
    row, key, once, none = (np.array([n], np.int64) for n in (rows, keys, 1, 0))
    return Kinds(row, key, once, none, none, none, keys, ((rows, keys), (rows, keys)))


def _merged(runs: Array, times: Array) -> tuple[Array, Array]:
    """Equal ones as one, where the first of them is."""
    runs, times = _neighbours_merged(runs, times)
    if (np.diff(runs[1]) > 0).all():  # each touches more keys than the one before
        return runs, times
    order = np.argsort(_mixed(runs), kind="stable")  # of equal ones, the first comes first
    first, counts = _neighbours(runs[:, order], times[order])
    kept = order[first]
    back = np.argsort(kept)
    return runs[:, kept[back]], counts[back]


def _mixed(runs: Array) -> Array:
    """A number for each: the same for equal ones, and for others seldom (they then stay apart)."""
    found = np.zeros(runs.shape[1], np.uint64)
    for row in runs:
        found = (found ^ row.astype(np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
    return found


def _neighbours_merged(runs: Array, times: Array) -> tuple[Array, Array]:
    first, times = _neighbours(runs, times)
    return runs[:, first], times


def _neighbours(runs: Array, times: Array) -> tuple[Array, Array]:
    """Of equal ones that follow each other the first, and how often they come together."""
    new = np.ones(runs.shape[1], dtype=bool)
    new[1:] = (runs[:, 1:] != runs[:, :-1]).any(axis=0)
    first = np.flatnonzero(new)
    return first, np.add.reduceat(times, first)
