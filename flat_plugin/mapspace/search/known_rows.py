"""An operator's tiles where the shared loops and the rows of a shared iteration are known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from flat_plugin.mapspace.search.axes import Axis
from flat_plugin.mapspace.search.menu import Menu
from flat_plugin.mapspace.search.parts import Part
from flat_plugin.mapspace.search.priced import Memories
from flat_plugin.mapspace.search.shared_tiles import Ranges, Tile
from flat_plugin.mapspace.search.side import Side
from flat_plugin.model.mapping_batch import Array


@dataclass(frozen=True)
class KnownRows:
    """One choice of shared loops.

    Attributes:
        rows, keys: its tags.
    """

    side: Side
    rows: int
    keys: int

    def least(self, tiles: Sequence[Tile], most: Array) -> Array:
        """[shares, tiles] pJ with each of these rows, at least; those of more than ``most`` ([tiles]) says
        that each may cost are not worked out, and may be infinite."""
        best = np.full((len(self.side.shares), len(tiles)), np.inf)
        known = [self.side.operator.known(tile) for tile in tiles]
        tags = self.rows, self.keys
        menus = [(menu.bounds, outside[:, *tags, None]) for menu, outside in self.side.outside.items()]
        for bounds, left in sorted(menus, key=lambda menu: menu[0].cheapest + float(menu[1].min())):
            lower = left + bounds.cheapest
            near = np.flatnonzero(((lower < best) & (lower <= most)).any(axis=0))
            if len(near):
                inside = bounds.least([known[i] for i in near])
                best[:, near] = np.minimum(best[:, near], left + inside)
        return best

    def parts(self, parts: Sequence[Part], tile: Tile, energy: Array) -> Iterator[Part]:
        """The parts' tiles with these rows.

        Args:
            energy: [shares] pJ at most.
        """
        side, axes, most = self.side, self._axes(tile), float(energy.max())
        memories = Memories(side.capacity, side.needs.meeting, tuple(self._held(axes, tile)))
        menus = self._menus(parts, tile, most)
        for part in parts:
            menu = menus[part.menu]
            if menu.empty:
                continue
            table = side.priced.table(
                part.skeleton,
                part.ways,
                axes,
                menu,
                memories,
                *(tile, self.rows, self.keys),
            )
            if table.promising(most):
                one = part.alone(menu, table, table.cheapest(side.shares), tile)
                if one.promising(energy[:, None, None]):
                    yield one

    def _menus(self, parts: Sequence[Part], tile: Tile, energy: float) -> dict[Menu, Menu]:
        """The choices inside that divide these rows, of each menu of the parts."""
        left: dict[Menu, float] = {}  # pJ inside, at most, of any part
        for part in parts:
            outside = float(part.energy[-1, self.rows, self.keys]) - part.menu.least
            left[part.menu] = max(left.get(part.menu, 0.0), energy - outside)
        divided = self.side.units.divided(self.side.operator.known(tile))
        return {menu: menu.divided(divided, most) for menu, most in left.items()}

    def _held(self, axes: Sequence[Axis], tile: Tile) -> list[Array]:
        """[chains] of each axis: words that the scores take where the operators meet, at least."""
        needs, of_keys = self.side.needs, self.side.shared.ranges[1][self.keys]
        each = {d: replace(of_keys[d], least=rows) for d, rows, _ in tile if d in of_keys}
        keys = needs.in_iteration(needs.keys, each)
        return needs.least_held(axes, self.side.operator.rows_of(tile), keys)

    def _axes(self, tile: Tile) -> list[Axis]:
        """The chains of each axis that have these shared loops and rows."""
        side, axes = self.side, list(self.side.axes)
        known, along = side.operator.rows_of(tile), (side.needs.rows, side.needs.keys)
        for axis, tag, ranges in zip(along, (self.rows, self.keys), side.shared.ranges, strict=True):
            axes[axis] = self._axis(axis, tag, ranges[tag], known)
        return axes

    def _axis(self, axis: int, tag: int, ranges: Ranges, tile: Mapping[int, int]) -> Axis:
        side, op = self.side, self.side.operator
        if not ranges:
            tags = side.shared.tags[0 if axis == side.needs.rows else 1]
            return side.axes[axis].take(np.flatnonzero(tags == tag))
        core, meeting = op.structure.core, side.needs.meeting
        known = {core.index(d): (found.trips, tile[core.index(d)]) for d, found in ranges.items()}
        made = op.axis(axis, side.allowed, known)
        outside = [i for i, place in enumerate(op.places) if place.level < meeting and not place.shared]
        walked = [i for i, d in enumerate(made.dimensions) if d in tile]
        fits = (made.trips[outside][:, walked] == 1).all(axis=(0, 1))
        return made.take(np.flatnonzero(fits))
