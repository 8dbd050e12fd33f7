"""Shared loops by number: which of them the chains of a fused family's operators have (their *tag*)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import prod

import numpy as np

from flat_plugin.mapspace.search.axes import Axis
from flat_plugin.mapspace.search.operator import Operator
from flat_plugin.mapspace.search.shared import Setting
from flat_plugin.mapspace.search.shared_tiles import Range, Ranges, range_of
from flat_plugin.mapspace.search.trips import Factors
from flat_plugin.mapspace.structure import Structure
from flat_plugin.model.mapping_batch import Array

Trips = tuple[tuple[str, tuple[int, ...]], ...]  # of the shared loops over each dimension, by place


@dataclass(frozen=True)
class Tags:
    """The tags of one setting, in the order in which they were met; without fusion there are none.

    Attributes:
        known: of rows and of keys.
    """

    setting: Setting
    factors: Factors
    known: tuple[dict[Trips, int], dict[Trips, int]] = field(default_factory=lambda: ({}, {}))

    @property
    def key_tiles(self) -> list[int]:
        """Tiles of keys that the shared loops of each tag of keys have."""
        return [prod(n for _, trips in tag for n in trips) for tag in self.known[1]] or [1]

    def of(self, op: Operator, axes: Sequence[Axis]) -> tuple[Array, Array]:
        """Of every chain of the axes of rows and of keys, which shared loops it has."""
        found = []
        shared = [i for i, place in enumerate(op.places) if place.shared]
        for dimension, known in zip(("M", "N"), self.known, strict=True):
            axis = axes[axis_along(op.structure, dimension)]
            if not self.setting.dataflow.fused:
                found.append(np.zeros(len(axis), dtype=np.int64))
                continue
            names = [op.structure.core[d] for d in axis.dimensions]
            trips = axis.trips[shared].transpose(2, 1, 0).tolist()  # [chain][dimension][place]
            tags = [tuple(sorted((d, tuple(t)) for d, t in zip(names, each, strict=True))) for each in trips]
            found.append(np.array([known.setdefault(tag, len(known)) for tag in tags], dtype=np.int64))
        return found[0], found[1]

    def ranges(self, op: Operator) -> tuple[list[Ranges], list[Ranges]]:
        """The rows of a shared iteration for every tag of rows and of keys."""
        rows, keys = ([self._ranges(op, tag) for tag in tags] or [{}] for tags in self.known)
        return rows, keys

    def _ranges(self, op: Operator, tag: Trips) -> Ranges:
        found = {}
        for name, trips in tag:
            loops: list[tuple[int, bool]] = []
            for level in range(self.setting.meeting):
                loops += [
                    (n, True)
                    for n, place in zip(trips, [p for p in op.places if p.shared], strict=True)
                    if place.level == level
                ]
                loops.append((op.spread.along(name, level, level + 1), False))
            size = op.structure.einsum.sizes[name]
            if tile := range_of(size, [n for n, _ in loops], trips, factors=self.factors):
                tile = replace(tile, loops=tuple(loops))
                found[name] = tile if self.setting.dataflow.rows is None or name != "M" else self._fixed(tile)
        return found

    def _fixed(self, tile: Range) -> Range:
        """The rows that the dataflow says."""
        rows = self.setting.dataflow.rows
        assert rows is not None
        return replace(tile, least=rows, most=rows)


def axis_along(structure: Structure, dimension: str) -> int:
    """The tensor that misses a core dimension."""
    d = structure.core.index(dimension)
    return next(t for t, missing in enumerate(structure.missing) if d in missing)
