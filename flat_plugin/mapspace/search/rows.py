"""The rows of a shared iteration that may be part of something better, with given shared loops."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from flat_plugin.mapspace.objective import Metrics
from flat_plugin.mapspace.search.bar import Bar
from flat_plugin.mapspace.search.join import together
from flat_plugin.mapspace.search.known_rows import KnownRows
from flat_plugin.mapspace.search.look import Look
from flat_plugin.mapspace.search.shared_tiles import Ranges, Tile, common_multiples, each_tile
from flat_plugin.model.mapping_batch import Array
from flat_plugin.model.softmax_site import counted_of

if TYPE_CHECKING:
    from flat_plugin.mapspace.search.space import Space

_LOT = 1 << 13  # numbers of rows bounded at once

Rows = tuple[tuple[str, int], ...]  # by dimension


@dataclass(frozen=True)
class EachRows:
    """A space whose operators' tables are made; for other tables there is another one of these."""

    space: Space
    _known_parts: dict[str, Array] = field(default_factory=dict)

    def of(self, look: Look, bar: Bar) -> Iterator[Look]:
        """Looks at the numbers of rows that these shared loops may have for something better."""
        ranges = {**self.space.ranges[0][look.rows], **self.space.ranges[1][look.keys]}
        for tiles, steps in self._near(look, bar):
            each = self._least(look, tiles, bar.energy_left(self._bound(look, steps, np.zeros(1))))
            bound = self._bound(look, steps, together(each))
            for i in np.flatnonzero(bar.promising(bound)).tolist():
                chain = self.space.chain(look.keys, self._busiest(tiles[i], ranges))
                fewest, known = tuple(steps[:, i].tolist()), bound.take(np.array([i]))
                yield replace(look, chain=chain, tile=tiles[i], steps=fewest, least=known, shared=False)

    def _near(self, look: Look, bar: Bar) -> Iterator[tuple[list[Tile], Array]]:
        """Numbers of rows that may be better by their cycles of the array ([operators, tiles]), some at a
        time."""
        sides, tags = self.space.sides, (look.rows, look.keys)
        energy = together([side.energy[:, *tags] for side in sides])
        rows, keys = self._tiles(0, look.rows), self._tiles(1, look.keys)
        height = max(1, _LOT // max(1, len(keys)))
        for start in range(0, len(rows) if keys else 0, height):
            some = rows[start : start + height]
            steps = np.stack([side.steps_of(some, keys).reshape(-1) for side in sides])
            promising = bar.promising(self._bound(look, steps, energy)) & np.isfinite(steps.sum(axis=0))
            near = np.flatnonzero(promising)
            if len(near):
                pairs = (divmod(i, len(keys)) for i in near.tolist())
                yield [(*some[row], *keys[key]) for row, key in pairs], steps[:, near]

    def _tiles(self, axis: int, tag: int) -> list[Tile]:
        """Numbers of rows of shared loops along the axis of rows or of keys."""
        ranges = self.space.ranges[axis][tag]
        return each_tile(ranges, {d: self._parts_of(d) for d in ranges})

    def _least(self, look: Look, tiles: Sequence[Tile], left: Array) -> list[Array]:
        """[shares, tiles] pJ of each operator, at least, where all may cost so many ([tiles])."""
        tags = look.rows, look.keys
        least = [float(side.energy[-1, *tags]) for side in self.space.sides]
        others = [sum(least) - own for own in least]
        sides = zip(self.space.sides, others, strict=True)
        return [KnownRows(side, *tags).least(tiles, left - other) for side, other in sides]

    def _bound(self, look: Look, steps: Array, energy: Array) -> Metrics:
        """What rows cost at least whose operators ([operators, rows]) take so many cycles of the array, and
        so many pJ together."""
        moved = [side.moved[look.rows, look.keys] for side in self.space.sides]
        each = zip(self.space.sides, steps, moved, strict=True)
        least = [side.needs.least(fewest, 0.0, words) for side, fewest, words in each]
        least[0] = replace(least[0], energy=energy + least[0].energy)
        return look.chain.metrics(least).flat()

    def _busiest(self, tile: Tile, ranges: Ranges) -> Rows:
        """Rows of the core with most, along the dimensions that shared loops walk."""
        return tuple(
            (d, int(counted_of(self._size(d), [*ranges[d].loops, (rows, True)])))
            for d, rows, _ in tile
            if d != "N"
        )

    def _parts_of(self, dimension: str) -> Array:
        """Rows along a dimension that choices inside of all operators take at once."""
        if dimension not in self._known_parts:
            one, *others = [side.parts_of(dimension) for side in self.space.sides]
            for two in others:
                one = common_multiples(one, two, self._size(dimension))
            self._known_parts[dimension] = one
        return self._known_parts[dimension]

    def _size(self, dimension: str) -> int:
        return self.space.sides[0].operator.structure.einsum.sizes[dimension]
