"""The tiles that a walk through a ragged nest visits: of children side by side, those of the first.

Along one dimension a visited tile is the last one of the walk or another, and all others are alike. The
last one of the walk is shorter where it is the dimension's last, too; it is not where a fan-out outside
has a child beyond the first for that.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from flat_plugin.model.loop_turns import Nest, Turns, Values, chosen
from flat_plugin.model.mapping_batch import MappingBatch


@dataclass(frozen=True)
class Visited:
    """Tiles along one dimension below the temporal loops of one level."""

    tiles: Values  # that are visited
    last: Values  # 1 where the dimension's last tile is visited, else 0
    children: Values  # side by side that hold different tiles
    last_children: Values  # the same where the last tile is visited
    extent: Values  # of one child's tile
    last_extent: Values  # of the first child's where the last tile is visited

    @property
    def ragged(self) -> bool:
        """Whether fewer children may work at the last tile."""
        return self.last_children is not self.children


@dataclass(frozen=True)
class Visits:
    """All tiles of the walk, ``visited[level][dimension]``, and which loops move them."""

    nest: Nest
    visited: list[list[Visited]]
    _still: dict[tuple[int, int, int, bool], Values] = field(default_factory=dict)

    def runs(self, outer: int, d: int) -> Values:
        """Visited tiles outside the temporal loop of level ``outer`` over a dimension."""
        return self.visited[outer - 1][d].tiles if outer else 1.0

    def still(self, outer: int, level: int, d: int, final: bool) -> Values:
        """1 where the temporal loops over a dimension at levels from ``outer`` to ``level`` do not move its
        tile, because they have one iteration; ``final``: in the turn that visits the last tile."""
        if outer > level:
            return 1.0
        key = outer, level, d, final
        if key not in self._still:
            turns = self.nest.temporal[outer][d]
            inside = self.still(outer + 1, level, d, final)
            if not turns.absent:
                trips = turns.trips
                if final:
                    last = self.visited[outer][d].last
                    trips = chosen(last, turns.last, trips)
                inside = inside * (trips == 1)
            self._still[key] = inside
        return self._still[key]


def visits_of(batch: MappingBatch, nest: Nest) -> Visits:
    """The visited tiles of every mapping of a batch."""
    levels, dimensions, _ = batch.temporal.shape
    columns = []
    for d in range(dimensions):
        tiles: Values = 1.0
        last: Values = 1.0
        column = []
        for level in range(levels):
            temporal, y, x = nest.temporal[level][d], nest.y[level][d], nest.x[level][d]
            if not temporal.absent:
                tiles = (tiles - last) * temporal.trips + last * temporal.last
            one, last = _visited(tiles, last, y, x, nest.sizes[d])
            column.append(one)
        columns.append(column)
    visited = [list(row) for row in zip(*columns, strict=True)]
    _count_lasts_as_others(batch, nest, visited)
    return Visits(nest, visited)


def _visited(tiles: Values, last: Values, y: Turns, x: Turns, size: Values) -> tuple[Visited, Values]:
    """The tiles of a level, and whether the first child is the one with the last tile."""
    short = size - x.extent * (x.iterations - 1)
    if y.absent and x.absent:
        return Visited(tiles, last, 1.0, 1.0, x.extent, short), last
    children = y.trips * x.trips
    if y.absent:
        last_children, first = x.last, x.last == 1
    elif x.absent:
        last_children, first = y.last, y.last == 1
    else:
        last_children = chosen(y.last == 1, x.last, y.last * x.trips)
        first = (y.last == 1) & (x.last == 1)
    if np.all(last_children == children):
        last_children = children
    extent = chosen(first, short, x.extent)
    return Visited(tiles, last, children, last_children, x.extent, extent), last * first


def _count_lasts_as_others(batch: MappingBatch, nest: Nest, visited: list[list[Visited]]) -> None:
    """Without children side by side, Timeloop counts a last tile as it does those between it and the
    first, if there are any and its loop has no shorter last turn itself."""
    for level, row in enumerate(visited):
        innermost: Values = 1.0  # 1 where no loop of the level further in, nor child beside, is there
        for one in row:
            innermost = innermost * (one.children == 1)
        for d in batch.form.order[level]:
            turns, one = nest.temporal[level][d], row[d]
            if turns.absent:
                continue
            between = (turns.trips >= 3) & (turns.last == turns.trips) & (innermost == 1)
            extent = chosen(between, one.extent, one.last_extent)
            row[d] = replace(one, last_extent=extent)
            innermost = innermost * (turns.trips == 1)
