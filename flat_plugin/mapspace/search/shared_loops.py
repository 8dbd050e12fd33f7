"""Shared loops as one operator has them, and what its tables cost with each choice of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

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
        fits: [row tags, key tags] whether these loops are in this order, and in no other.
    """

    tags: tuple[Array, Array]
    ranges: tuple[Sequence[Ranges], Sequence[Ranges]]
    orders: tuple[Order, ...]
    fits: Array = field(default_factory=lambda: np.ones((1, 1), dtype=bool))

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
        shape, tags = self.shared.shape, self._tags
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
        """[shares, row tags, key tags] pJ, at least; infinite where these loops are in another order."""
        return np.where(self.shared.fits, self._least, np.inf)

    @property
    def _tags(self) -> tuple[Array, Array]:
        """The shared loops of the table's chains of rows and of keys."""
        (of_rows, of_keys), chains = self.shared.tags, self.table.chains
        return of_rows[chains[self.needs.rows].columns], of_keys[chains[self.needs.keys].columns]

    @property
    def _least(self) -> Array:
        table, shape, tags = self.table, self.shared.shape, self._tags
        rows, keys = self.needs.rows, self.needs.keys
        other = 3 - rows - keys
        best = np.full((len(self.shares), *shape), np.inf)
        if shape == (1, 1):
            best[:, 0, 0] = table.cheapest(self.shares)
        elif shape[1] == 1:
            least = table.slimmed((keys, other)).least(rows, other, self.shares)
            for found, each in zip(best, least.min(axis=2, initial=np.inf), strict=True):
                np.minimum.at(found[:, 0], tags[0], each)
        else:
            least = table.slimmed((other,)).least(rows, keys, self.shares)
            for found, each in zip(best, least, strict=True):
                np.minimum.at(found, (tags[0][:, None], tags[1][None, :]), each)
        return best
