"""A skeleton with its tiles, as a side has them, and what they cost at least."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from flat_plugin.mapspace.search.kinds import Way
from flat_plugin.mapspace.search.menu import Menu
from flat_plugin.mapspace.search.shared_tiles import Tile
from flat_plugin.mapspace.search.skeleton import Skeleton
from flat_plugin.mapspace.search.tables import Table
from flat_plugin.model.mapping_batch import Array


@dataclass(frozen=True)
class Part:
    """A skeleton's tiles.

    Attributes:
        energy: [shares, row tags, key tags] the least for each choice of shared loops, with each share of
            the room that the scores leave where the operators meet.
        words: [row tags, key tags] the same of words of the outermost memory.
        tile: rows of a shared iteration where they are known; then there is one tag.
    """

    skeleton: Skeleton
    ways: tuple[Way, ...]
    table: Table
    menu: Menu
    energy: Array
    words: Array
    tile: Tile = ()

    def promising(self, energy: Array | float) -> bool:
        """Whether something fits, and costs no more."""
        return bool((np.isfinite(self.energy) & (self.energy <= energy)).any())

    @property
    def least(self) -> float:
        """pJ with these shared loops and rows, where there is one choice of them."""
        return float(self.energy[-1, 0, 0])

    @property
    def fewest(self) -> float:
        """Words of the outermost memory, with these."""
        return float(self.words[0, 0])

    def alone(self, menu: Menu, table: Table, least: Array, tile: Tile) -> Part:
        """The tiles with one choice of shared loops and rows, which cost so many pJ ([shares])."""
        words = np.full((1, 1), table.words + sum(chains.fewest for chains in table.chains))
        return Part(self.skeleton, self.ways, table, menu, least[:, None, None], words, tile)


def outside_of(parts: Sequence[Part]) -> dict[Menu, Array]:
    """[shares, row tags, key tags] the least pJ of each menu's parts, without what is inside."""
    found: dict[Menu, Array] = {}
    for part in parts:
        outside = part.energy - part.menu.least
        found[part.menu] = np.minimum(found[part.menu], outside) if part.menu in found else outside
    return found
