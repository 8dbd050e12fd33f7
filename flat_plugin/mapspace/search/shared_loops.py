"""Shared loops as one operator has them, and what its tables cost with each choice of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from flat_plugin.mapspace.search.needs import Needs
from flat_plugin.mapspace.search.shared_tiles import Ranges
from flat_plugin.mapspace.search.skeleton import Order
from flat_plugin.mapspace.search.tables import Table
from flat_plugin.model.mapping_batch import Array


@dataclass(frozen=True)
class Shared:
    """How a side takes part in shared loops: of the axes of rows and of keys, which it has in common.

    Attributes:
        tags: of every chain of each axis, which shared loops it has.
        ranges: for every tag of each axis, the rows of a shared iteration by dimension.
        orders: of each shared place.
    """

    tags: tuple[Array, Array]
    ranges: tuple[Sequence[Ranges], Sequence[Ranges]]
    orders: tuple[Order, ...]

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.ranges[0]), len(self.ranges[1])

    def walked(self, axis: int) -> set[str]:
        """Dimensions of the axis of rows or of keys that some shared loop walks."""
        return {d for ranges in self.ranges[axis] for d in ranges}


@dataclass(frozen=True)
class ByLoops:
    """One table by its shared loops.

    Attributes:
        shares: parts of the room that the scores leave where the operators meet.
    """

    shared: Shared
    needs: Needs
    shares: Array
    table: Table

    @property
    def words(self) -> Array:
        """[row tags, key tags] words of the outermost memory, at least."""
        shape, tags = self.shared.shape, self._tags(self.table)
        words = np.full(shape, self.table.words)
        for axis, chains in enumerate(self.table.chains):
            if axis in (self.needs.rows, self.needs.keys):
                along = 0 if axis == self.needs.rows else 1
                fewest = np.full(shape[along], np.inf)
                np.minimum.at(fewest, tags[along], chains.figures.words)
                words = words + (fewest[:, None] if along == 0 else fewest[None, :])
            else:
                words = words + chains.fewest
        return words

    @property
    def energy(self) -> Array:
        """[shares, row tags, key tags] pJ, at least."""
        if self.shared.shape == (1, 1):
            return self.table.cheapest(self.shares)[:, None, None]
        rows, keys, along_rows = self.needs.rows, self.needs.keys, self.shared.shape[1] == 1
        tags = dict(zip((rows, keys), self.shared.tags, strict=True))
        if along_rows:  # keys are as all other chains
            tags.pop(keys)
        slim = self.table.slimmed((0, 1, 2), tags)
        least = slim.least(rows, 3 - rows - keys if along_rows else keys, self.shares)
        of_rows, of_keys = self._tags(slim)
        if along_rows:
            least, of_keys = least.min(axis=2, keepdims=True, initial=np.inf), np.zeros(1, dtype=np.int64)
        for axis, loops, size in zip((1, 2), (of_rows, of_keys), self.shared.shape, strict=True):
            least = _least_by(least, loops, size, axis)
        return least

    def _tags(self, table: Table) -> tuple[Array, Array]:
        """The shared loops of a table's chains of rows and of keys."""
        (of_rows, of_keys), chains = self.shared.tags, table.chains
        return of_rows[chains[self.needs.rows].columns], of_keys[chains[self.needs.keys].columns]


def _least_by(values: Array, tags: Array, size: int, axis: int) -> Array:
    """The least of the values of each tag along an axis; infinite where there is none."""
    found = np.full((*values.shape[:axis], size, *values.shape[axis + 1 :]), np.inf)
    if len(tags):
        order = np.argsort(tags, kind="stable")
        starts = np.flatnonzero(np.diff(tags[order], prepend=-1))
        where = (slice(None),) * axis + (tags[order[starts]],)
        found[where] = np.minimum.reduceat(np.take(values, order, axis), starts, axis)
    return found
