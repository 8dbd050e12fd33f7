"""One operator of a family under one setting: its skeletons, and what their tiles cost at least."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from flat_plugin.mapspace.search.axes import Axis
from flat_plugin.mapspace.search.fastest import Fastest, fastest_of
from flat_plugin.mapspace.search.kinds import Kinds, Roles, Way, kinds_of
from flat_plugin.mapspace.search.menu import Menu
from flat_plugin.mapspace.search.needs import Needs
from flat_plugin.mapspace.search.nests import Nests
from flat_plugin.mapspace.search.operator import Operator
from flat_plugin.mapspace.search.points import Points
from flat_plugin.mapspace.search.shared_tiles import Ranges, Tile
from flat_plugin.mapspace.search.skeleton import Order, Skeleton
from flat_plugin.mapspace.search.tables import WHOLE, Table
from flat_plugin.mapspace.search.units import Units
from flat_plugin.mapspace.search.wanted import Parents
from flat_plugin.model.mapping_batch import Array

SHARES = np.array([0.25, 0.5, 0.75, 1.0])


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


def _alone(part: Part, menu: Menu, table: Table, least: Array, tile: Tile) -> Part:
    """A part's tiles with one choice of shared loops and rows."""
    words = np.full((1, 1), table.words + sum(chains.fewest for chains in table.chains))
    return Part(part.skeleton, part.ways, table, menu, least[:, None, None], words, tile)


@dataclass(frozen=True)
class Tiles:
    """Tiles of one part.

    Attributes:
        chains: one of each axis.
        outside: [n] pJ of what is outside the innermost shared memory.
        changes: [n] how often the staying tensor's tile changes.
        bound: what all costs at least.
    """

    part: Part
    chains: tuple[Array, Array, Array]
    outside: Array
    changes: Array
    bound: Points

    def take(self, columns: Array) -> Tiles:
        chains = (self.chains[0][columns], self.chains[1][columns], self.chains[2][columns])
        return Tiles(
            self.part, chains, self.outside[columns], self.changes[columns], self.bound.take(columns)
        )


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


class Side:
    """An operator, with the axes along which a family shares loops.

    Args:
        allowed: for every core dimension, the places that may walk it.
        capacity: words of every shared memory.

    Attributes:
        energy: [shares, row tags, key tags] pJ, at least; infinite where the scores do not fit.
        moved: [row tags, key tags] words of the outermost memory, at least.
    """

    energy: Array
    moved: Array

    def __init__(
        self,
        operator: Operator,
        axes: Sequence[Axis],
        allowed: Mapping[int, frozenset[int]],
        shared: Shared,
        needs: Needs,
        capacity: Sequence[float],
    ) -> None:
        self.operator, self.axes, self.allowed = operator, tuple(axes), allowed
        self.shared, self.needs, self.capacity = shared, needs, tuple(capacity)
        self.parts: list[Part] = []
        self.limits = (np.inf, np.inf)
        self._outside = self._outside_menus()

    @property
    def units(self) -> Units:
        return self.operator.units

    @cached_property
    def floor(self) -> float:
        """pJ that nothing goes below, before any table is made."""
        op = self.operator
        floors = (op.floor(op.parents(asked), stays) for asked, stays in self.kinds.insides)
        return min(floors, default=np.inf)

    @property
    def least(self) -> float:
        """pJ that no part goes below."""
        return min((float(part.energy[-1].min()) for part in self.parts), default=np.inf)

    @cached_property
    def fewest_steps(self) -> float:
        """Cycles of the array that nothing goes below."""
        return float(self.steps.min(initial=np.inf))

    @cached_property
    def steps(self) -> Array:
        """[row tags, key tags] cycles of the array, at least."""
        return self._fastest.steps(*self.shared.ranges)

    def steps_of(self, tiles: Sequence[Tile]) -> Array:
        """[tiles] the same with known rows of a shared iteration along the same dimensions; infinite where
        they are more than may be of use."""
        steps = self._fastest.steps_of(tiles)
        return np.where(steps <= self.limits[0], steps, np.inf)

    @cached_property
    def _fastest(self) -> Fastest:
        rows, keys = self._walked_by(0), self._walked_by(1)
        key = self.operator.structure, self.operator.spread.key, rows, keys
        known = self.operator.memory.fastest
        if key not in known:
            known[key] = fastest_of(self.units, rows, keys)
        return known[key]

    @cached_property
    def _walked(self) -> tuple[int, ...]:
        """Core dimensions that some shared loop walks."""
        return tuple(sorted({*self._walked_by(0), *self._walked_by(1)}))

    def _walked_by(self, axis: int) -> tuple[int, ...]:
        """Those of the axis of rows or of keys."""
        names = {d for ranges in self.shared.ranges[axis] for d in ranges}
        return tuple(sorted(map(self.operator.structure.core.index, names)))

    def parts_of(self, dimension: str) -> Array:
        """Rows along a dimension that the choices inside take at once."""
        d = self.operator.structure.core.index(dimension)
        wide = np.unique(self.units.unrolled.wide[d])
        own = [self.units.pads[stays].extents[d] for stays in {part.skeleton.stays for part in self.parts}]
        found = np.multiply.outer(wide, np.unique(np.concatenate([np.ones(1, dtype=np.int64), *own])))
        return np.unique(found[found <= self.units.sizes[d]])

    @cached_property
    def kinds(self) -> Kinds:
        """Every skeleton that may be the best."""
        op, meeting = self.operator, self.needs.meeting if self.needs.fused else 0
        units = bool(op.architecture.memories[op.shared + 1 :]) or op.architecture.fanout(op.shared) != (1, 1)
        role = op.role
        return kinds_of(
            Roles(op.places, self.shared.orders, role.held, role.passed, role.outermost, meeting, units)
        )

    @cached_property
    def floors(self) -> Array:
        """[skeletons] pJ that nothing goes below, whatever the choices inside."""
        op, kinds = self.operator, self.kinds
        floors = np.array([op.floor_inside(op.parents(asked), stays) for asked, stays in kinds.insides])
        every = floors[kinds.inside]
        for t, (axis, ways) in enumerate(zip(self.axes, kinds.ways, strict=True)):
            every = every + np.array([op.cheapest(t, axis, way) for way in ways])[kinds.way[t]]
        return every

    def _near(self, energy: float) -> Iterator[tuple[Skeleton, Parents, tuple[Way, ...]]]:
        """The skeletons that may cost no more, with whom their units ask and their tensors' ways."""
        kinds = self.kinds
        parents = [self.operator.parents(asked) for asked, _ in kinds.insides]
        for i in np.flatnonzero(self.floors <= energy).tolist():
            ways = tuple(every[which] for every, which in zip(kinds.ways, kinds.way[:, i], strict=True))
            yield kinds.skeletons[i], parents[kinds.inside[i]], ways

    def prepare(self, steps: float, energy: float) -> None:
        """Make the tables, with choices inside of at most so many cycles of the array and pJ."""
        self.parts, self.limits = [], (steps, energy)
        self.operator.forget()
        keys = min(self.needs.in_iteration(self.needs.keys, ranges) for ranges in self.shared.ranges[1])
        held = self.needs.least_held(self.axes, {}, keys)
        for skeleton, parents, ways in self._near(energy):
            menu = self.operator.menu(parents, skeleton.stays, self.limits, self._walked)
            if menu.empty:
                continue
            table = self.operator.table(
                skeleton, ways, self.axes, menu, self.capacity, held, self.needs.meeting
            )
            if table.promising(energy):
                part = self._part(skeleton, ways, table, menu)
                if part.promising(energy):
                    self.parts.append(part)
        self.narrow(energy)

    def narrow(self, energy: float) -> None:
        """Leave out the parts that cost more."""
        self.parts = [part for part in self.parts if part.promising(energy)]
        self._outside = self._outside_menus()
        shape = (len(self.shares), *self.shared.shape)
        least = np.minimum.reduce([p.energy for p in self.parts], initial=np.inf) + np.zeros(shape)
        fits = self._scores <= self.capacity[self.needs.meeting - 1] if self.needs.fused else True
        self.energy = np.where(fits, least, np.inf)
        self.moved = np.minimum.reduce([p.words for p in self.parts], initial=np.inf) + np.zeros(shape[1:])

    def _part(self, skeleton: Skeleton, ways: tuple[Way, ...], table: Table, menu: Menu) -> Part:
        needs, shape = self.needs, self.shared.shape
        of_rows, of_keys = self.shared.tags
        tags = of_rows[table.chains[needs.rows].columns], of_keys[table.chains[needs.keys].columns]
        words = np.full(shape, table.words)
        for axis, chains in enumerate(table.chains):
            if axis in (needs.rows, needs.keys):
                along = 0 if axis == needs.rows else 1
                fewest = np.full(shape[along], np.inf)
                np.minimum.at(fewest, tags[along], chains.figures.words)
                words = words + (fewest[:, None] if along == 0 else fewest[None, :])
            else:
                words = words + chains.fewest
        least = np.where(self.shared.fits, self._least(table, tags), np.inf)
        return Part(skeleton, ways, table, menu, least, words)

    def _least(self, table: Table, tags: tuple[Array, Array]) -> Array:
        """[shares, row tags, key tags]: the least energy."""
        rows, keys = self.needs.rows, self.needs.keys
        other, shape = 3 - rows - keys, self.shared.shape
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

    def energy_of(self, rows: int, keys: int, tiles: Sequence[Tile], most: Array) -> Array:
        """[shares, tiles] pJ, at least, with these shared loops and rows of an iteration; infinite where it
        is more than each tile may cost."""
        best = np.full((len(self.shares), len(tiles)), np.inf)
        known = [self.operator.known(tile) for tile in tiles]
        for menu, outside in self._outside.items():
            left = outside[:, rows, keys, None]
            if np.isfinite(least := float(left.min())):
                inside = map(menu.bounds.least, known, most - least)
                best = np.minimum(best, left + np.fromiter(inside, float, len(tiles)))
        return best

    def _outside_menus(self) -> dict[Menu, Array]:
        """[shares, row tags, key tags] the least pJ of each menu's parts, without what is inside."""
        found: dict[Menu, Array] = {}
        for part in self.parts:
            outside = part.energy - part.menu.least
            found[part.menu] = np.minimum(found[part.menu], outside) if part.menu in found else outside
        return found

    @property
    def shares(self) -> Array:
        """Parts of the room that the scores leave; fused operators have it together."""
        return SHARES if self.needs.fused else WHOLE

    @cached_property
    def _scores(self) -> Array:
        return self.needs.least_scores(self.shared.ranges)

    def cheapest(self, rows: int, keys: int, energy: Array, moved: float) -> list[Part]:
        """The skeletons whose tiles with these shared loops may cost no more with some share."""
        parts = [p for p in self.parts if (p.energy[:, rows, keys] <= energy).any()]
        return [p for p in parts if p.words[rows, keys] <= moved]

    def with_tile(self, parts: Sequence[Part], rows: int, keys: int, tile: Tile, energy: Array) -> list[Part]:
        """The parts' tiles with these shared loops and rows of an iteration, of so many pJ at most."""
        axes, needs, op = list(self.axes), self.needs, self.operator
        for axis, tag, ranges in zip((needs.rows, needs.keys), (rows, keys), self.shared.ranges, strict=True):
            axes[axis] = self._axis(axis, tag, ranges[tag], op.rows_of(tile))
        of_keys = self.shared.ranges[1][keys]
        each = {d: replace(of_keys[d], least=rows) for d, rows, _ in tile if d in of_keys}
        held = needs.least_held(axes, op.rows_of(tile), needs.in_iteration(needs.keys, each))
        about = tile, rows, keys
        left: dict[Menu, float] = {}  # pJ inside, at most, of any part
        for part in parts:
            outside = float(part.energy[-1, rows, keys]) - part.menu.least
            left[part.menu] = max(left.get(part.menu, 0.0), float(energy.max()) - outside)
        menus: dict[Menu, Menu] = {}
        divided = self.units.divided(op.known(tile))
        found = []
        for part in parts:
            if part.menu not in menus:
                menus[part.menu] = part.menu.divided(divided, left[part.menu])
            menu = menus[part.menu]
            if menu.empty:
                continue
            table = op.table(part.skeleton, part.ways, axes, menu, self.capacity, held, needs.meeting, *about)
            if table.promising(float(energy.max())):
                least = table.cheapest(self.shares)
                one = _alone(part, menu, table, least, tile)
                if one.promising(energy[:, None, None]):
                    found.append(one)
        return found

    def outline(self, part: Part) -> tuple[Array, Array]:
        """([n] cycles of the array, [shares, n] pJ) at least, for every choice inside."""
        table, stays = part.table, part.skeleton.stays
        steps, base = part.menu.outline
        if stays < 0:
            return steps, base + (part.energy[:, 0, :1] - table.energy)
        changes = self.operator.count(table.axes[stays], part.skeleton.staying())
        outside = table.least_along(stays, self.shares) - table.chains[stays].inside
        cost = (outside + changes * part.menu.rough.word).min(axis=1, initial=np.inf)
        return steps, base + cost[:, None]

    def turns(self, nests: Nests) -> list[dict[str, int]]:
        """Trips in time of the shared loops, which all of these nests have, of each memory outside the one
        where operators meet."""
        op, found = self.operator, []
        for level in range(self.needs.meeting):
            shared = [i for i, place in enumerate(op.places) if place.shared and place.level == level]
            trips = nests.trips[shared, :, 0].prod(axis=0).tolist()
            found.append(dict(zip(op.structure.core, trips, strict=True)))
        return found

    def rooms(self, part: Part) -> Array:
        """[shares] words where the operators meet that are more than the next smaller share has."""
        if not self.needs.fused:
            return np.zeros(1)
        held = float(part.table.figures[self.needs.rows].held.min())
        shares = np.concatenate([[0.0], self.shares[:-1]])
        left = self.capacity[self.needs.meeting - 1] - held
        return shares * left + held * self.needs.scores

    def _axis(self, axis: int, tag: int, ranges: Ranges, tile: Mapping[int, int]) -> Axis:
        if not ranges:
            tags = self.shared.tags[0 if axis == self.needs.rows else 1]
            return self.axes[axis].take(np.flatnonzero(tags == tag))
        core = self.operator.structure.core
        known = {core.index(d): (found.trips, tile[core.index(d)]) for d, found in ranges.items()}
        made = self.operator.axis(axis, self.allowed, known)
        outside = [
            i
            for i, place in enumerate(self.operator.places)
            if place.level < self.needs.meeting and not place.shared
        ]
        walked = [i for i, d in enumerate(made.dimensions) if d in tile]
        fits = (made.trips[outside][:, walked] == 1).all(axis=(0, 1))
        return made.take(np.flatnonzero(fits))

    def tiles(self, part: Part, energy: float, words: float) -> Tiles | None:
        """Tiles of a part with one choice of shared loops that cost no more; None if there are none."""
        if part.words[0, 0] > words:
            return None
        *chains, cost = part.table.rows(energy, words)
        return self._tiles(part, chains, cost) if len(cost) else None

    def _tiles(self, part: Part, chains: Sequence[Array], cost: Array) -> Tiles:
        op, skeleton, table = self.operator, part.skeleton, part.table
        if skeleton.stays >= 0:
            axis = table.axes[skeleton.stays]
            changes = op.count(axis, skeleton.staying())[chains[skeleton.stays]]
            outside = cost - table.chains[skeleton.stays].inside[chains[skeleton.stays]]
        else:
            changes = np.zeros(len(cost))
            outside = cost - table.energy
        bound = self._bound(part, chains, cost)
        return Tiles(part, (chains[0], chains[1], chains[2]), outside, changes, bound)

    def _bound(self, part: Part, chains: Sequence[Array], cost: Array) -> Points:
        op, table, needs = self.operator, part.table, self.needs
        moved = np.full(len(cost), table.words)
        for figures, chain in zip(table.figures, chains, strict=True):
            moved = moved + figures.words[chain]
        busy = needs.outermost(moved)
        tiles = self._extents(table.axes, chains)
        steps = np.full(len(cost), self.steps_of([part.tile])[0])
        if op.shared:
            place = op.place_outside(op.shared)
            rows = [axis.rows[place][c] for axis, c in zip(table.axes, chains, strict=True)]
            steps = np.maximum(steps, self.units.steps_within(rows))
        held = needs.held_by_chains(table.axes, chains, self.operator.rows_of(part.tile))
        room = needs.room(part.skeleton, tiles, held)
        edge = needs.edge(part.skeleton, tiles)
        return Points(np.maximum(steps, busy[0]), steps, busy, cost, moved, room, edge, np.arange(len(cost)))

    def _extents(self, axes: Sequence[Axis], chains: Sequence[Array]) -> Array:
        """[memories, tensors, n] words of the tiles of shared memories, at least."""
        op = self.operator
        tiles = np.zeros((len(op.architecture.memories), len(chains), len(chains[0])))
        for level in range(1, op.shared + 1):
            place = op.place_outside(level)
            rows = [axis.rows[place][c].astype(float) for axis, c in zip(axes, chains, strict=True)]
            for t in range(len(chains)):
                others = np.prod([r for u, r in enumerate(rows) if u != t], axis=0)
                tiles[level, t] = op.batch_inside(level) * others
        return tiles
