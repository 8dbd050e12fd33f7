"""One operator as the search sees it: tables of its tiles, lines of its choices inside, exact points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from flat_plugin.architecture.energy_table import EnergyTable
from flat_plugin.architecture.hardware import Architecture
from flat_plugin.mapspace.limits import FREE, Limits
from flat_plugin.mapspace.search.axes import Axis, Place, Tiles, axis_of
from flat_plugin.mapspace.search.fastest import Fastest
from flat_plugin.mapspace.search.inside import Inside
from flat_plugin.mapspace.search.kinds import Way
from flat_plugin.mapspace.search.lines import Lines
from flat_plugin.mapspace.search.menu import Menu
from flat_plugin.mapspace.search.nests import Nests, nests_of
from flat_plugin.mapspace.search.prices import Prices, prices_of
from flat_plugin.mapspace.search.shared_tiles import Tile
from flat_plugin.mapspace.search.skeleton import OUTSIDE, Skeleton
from flat_plugin.mapspace.search.spread import Spread
from flat_plugin.mapspace.search.tables import Chains, Figures, Room, Table
from flat_plugin.mapspace.search.trips import Factors
from flat_plugin.mapspace.search.units import Units
from flat_plugin.mapspace.search.wanted import Parents, Wanted
from flat_plugin.mapspace.structure import Structure
from flat_plugin.model.mapping_batch import Array


@dataclass(frozen=True)
class Role:
    """How a family counts an operator's tensors, by memory and tensor.

    ``copies[level - 1]`` of each tile count against a shared memory; ``held`` and ``passed`` are the tensors
    that it must and must not keep; ``outermost`` are those that the outermost memory keeps.
    """

    copies: tuple[tuple[float, ...], ...]
    held: tuple[frozenset[int], ...]
    passed: tuple[frozenset[int], ...]
    outermost: tuple[bool, ...]


@dataclass
class Memory:
    """What is inside the shared memories, which settings have in common."""

    units: dict[object, Units] = field(default_factory=dict)
    insides: dict[object, Inside] = field(default_factory=dict)
    menus: dict[object, Menu] = field(default_factory=dict)
    fastest: dict[object, Fastest] = field(default_factory=dict)


class Operator:
    """An operator on a hierarchy, spread over cores in one way, with places for its loops."""

    def __init__(
        self,
        structure: Structure,
        architecture: Architecture,
        energies: EnergyTable,
        shared: int,
        role: Role,
        spread: Spread,
        places: tuple[Place, ...],
        factors: Factors,
        memory: Memory,
        limits: Limits = FREE,
    ) -> None:
        self.memory, self.limits = memory, limits
        self.structure, self.architecture, self.energies = structure, architecture, energies
        self.shared, self.role, self.spread, self.places = shared, role, spread, places
        self.factors = factors
        self.words = tuple(float(structure.einsum.words(t)) for t in structure.einsum.tensors)
        self._chains: dict[object, Chains] = {}
        self._kept_rooms: dict[object, tuple[Room, ...]] = {}
        self._copies: dict[tuple[int, int], float] = {}
        self._parents: dict[tuple[int, ...], Parents] = {}

    @cached_property
    def prices(self) -> Prices:
        return prices_of(self.architecture, self.energies)

    @cached_property
    def fewest_words(self) -> float:
        """Words of the outermost memory that nothing goes below: what it keeps moves once."""
        return sum(words for words, kept in zip(self.words, self.role.outermost, strict=True) if kept)

    def floor(self, parents: Parents, stays: int) -> float:
        """pJ that nothing goes below with these parents and this staying tensor."""
        inside = self.inside(parents)
        if not len(inside.pads.get(stays, ())):
            return np.inf
        total = float(inside.floors(stays).min(initial=np.inf))
        for t, words in enumerate(self.words):
            if self.role.outermost[t] and (t == stays or parents.level[t] != 0):
                output = t == self.structure.output
                total += words * float((self.prices.update if output else self.prices.read)[0])
        return total

    def floor_inside(self, parents: Parents, stays: int) -> float:
        """pJ that choices inside do not go below with these parents and this staying tensor."""
        inside = self.inside(parents)
        if not len(inside.pads.get(stays, ())):
            return np.inf
        return float(inside.floors(stays).min(initial=np.inf)) + inside.wanted.word(stays)

    def cheapest(self, t: int, axis: Axis, way: Way) -> float:
        """pJ that a tensor's tiles cost at least outside the units."""
        return self._priced(t, axis, np.zeros(len(axis)), way, None).cheapest

    def axes(self, allowed: dict[int, frozenset[int]]) -> tuple[Axis, ...]:
        """Every chain of every axis; ``allowed`` are the places that may walk each core dimension."""
        return tuple(self.axis(t, allowed) for t in range(len(self.structure.missing)))

    def axis(self, tensor: int, allowed: Mapping[int, frozenset[int]], tiles: Tiles | None = None) -> Axis:
        """The chains of one axis; ``tiles`` as for ``axis_of``."""
        spread = [
            [self.spread.after(self.places, place, d) for d in range(len(self.structure.core))]
            for place in range(len(self.places))
        ]
        missing = self.structure.missing[tensor]
        return axis_of(missing, self.spread.sizes, self.places, spread, allowed, self.factors, tiles)

    def known(self, tile: Tile) -> dict[int, tuple[int, int]]:
        """(rows of a shared iteration, iterations) by core dimension."""
        return {self.structure.core.index(d): (rows, times) for d, rows, times in tile}

    def rows_of(self, tile: Tile) -> dict[int, int]:
        """Rows of a shared iteration by core dimension."""
        return {d: rows for d, (rows, _) in self.known(tile).items()}

    def copies_at(self, tensor: int, level: int) -> float:
        """Instances of a memory that hold the same words of a tensor, on average."""
        if (tensor, level) not in self._copies:
            copies = 1.0
            for d in self.structure.missing[tensor]:
                over = self.spread.along(self.structure.core[d], 0, level)
                copies *= self.spread.sizes[d] / -(-self.spread.sizes[d] // over)
            self._copies[tensor, level] = copies
        return self._copies[tensor, level]

    def parents(self, asked: tuple[int, ...]) -> Parents:
        """Whom the units' memories ask: these memories for each tensor."""
        if asked not in self._parents:
            copies = tuple(
                self.spread.cores * self.copies_at(t, level) / self.copies_at(t, self.shared)
                for t, level in enumerate(asked)
            )
            self._parents[asked] = Parents(asked, copies)
        return self._parents[asked]

    @cached_property
    def units(self) -> Units:
        """The compute units of one core."""
        key = self.structure, self.spread.key
        if key not in self.memory.units:
            self.memory.units[key] = Units(
                self.structure,
                self.architecture.fanout(self.shared),
                self.architecture.memories[self.shared + 1 :],
                self.shared,
                self.spread.core_sizes,
                self.spread.turns,
                self.spread.cores,
                self.factors,
                self.limits,
            )
        return self.memory.units[key]

    def inside(self, parents: Parents) -> Inside:
        key = self.structure, self.spread.key, parents
        if key not in self.memory.insides:
            self.memory.insides[key] = Inside(Wanted(self.prices, self.shared, self.units, parents))
        return self.memory.insides[key]

    def menu(
        self, parents: Parents, stays: int, limits: tuple[float, float], walked: tuple[int, ...]
    ) -> Menu:
        """All choices inside where one tensor stays, of so many cycles of the array and pJ at most.

        Args:
            walked: the core dimensions that shared loops may walk.
        """
        key = self.structure, self.spread.key, parents, stays, walked
        known = self.memory.menus.get(key)
        if known is None or known.limits != limits:
            inside = self.inside(parents)
            bounds = inside.bounds(stays, *limits, walked)
            self.memory.menus[key] = Menu(inside, stays, limits, self.units.whole, bounds)
        return self.memory.menus[key]

    def forget(self) -> None:
        """Drop what is remembered of chains: their menus are about to be made anew."""
        self._chains.clear()

    def chains(
        self, skeleton: Skeleton, t: int, way: Way, axis: Axis, held: Array, menu: Menu, about: object = None
    ) -> Chains:
        """What the chains of one axis cost under a skeleton; the same where skeletons differ elsewhere."""
        inside = None
        if skeleton.stays == t:
            inside = menu, skeleton.staying()
        key = t, way, inside, about
        if key not in self._chains:
            self._chains[key] = self._priced(t, axis, held, way, inside)
        return self._chains[key]

    def _priced(
        self,
        t: int,
        axis: Axis,
        held: Array,
        way: Way,
        inside: tuple[Menu, int] | None,
    ) -> Chains:
        fits = np.ones(len(axis), dtype=bool)
        for place, allowed in enumerate(way.free):
            if not allowed:
                fits &= (axis.trips[place] == 1).all(axis=0)
        for place in way.turning:  # or else other loops are innermost there, which is another skeleton
            fits &= (axis.trips[place] > 1).any(axis=0)
        columns = np.flatnonzero(fits)
        chosen = axis.take(columns)
        figures, always = [np.zeros(len(chosen)), np.zeros(len(chosen))], [0.0, 0.0]
        for move in way.moves:
            self._boundary(t, move, chosen, figures, always)
        within = np.zeros(len(chosen))
        if inside is not None:
            menu, place = inside
            count = self.count(chosen, place)
            within = menu.least + menu.rough.word * count
            figures[0] += within
            figures[1] += menu.rough.word_moved * count + menu.rough.moved
        made = Figures(figures[0] + always[0], figures[1] + always[1], held[columns])
        return Chains(chosen, columns, made, within)

    def table(
        self,
        skeleton: Skeleton,
        ways: Sequence[Way],
        axes: Sequence[Axis],
        menu: Menu,
        capacity: tuple[float, ...],
        held: Sequence[Array],
        meeting: int,
        *about: object,
    ) -> Table:
        """One skeleton's tiles and what they cost at least.

        Args:
            ways: of each tensor under it.
            axes: the chains of each tensor's axis.
            menu: the choices inside.
            capacity: words of each shared memory.
            held: words that the scores take in memory ``meeting``, by chain of each axis.
            about: what tells these axes from others of the operator.
        """
        a, b, c = (
            self.chains(skeleton, t, way, axis, held[t], menu, about)
            for t, (way, axis) in enumerate(zip(ways, axes, strict=True))
        )
        nothing = (0.0, 0.0)
        if skeleton.stays < 0:
            nothing = menu.least, menu.rough.moved
        rooms = self._rooms(skeleton.keep, capacity, meeting)
        return Table((a, b, c), (*rooms, *self._in_units(skeleton)), *nothing)

    def _in_units(self, skeleton: Skeleton) -> list[Room]:
        """The room of all units together, if they hold the whole tile of what stays."""
        if not skeleton.whole:
            return []
        words = self.units.words_in_units(skeleton.stays)
        copies = [1.0 if t == skeleton.stays else 0.0 for t in range(len(self.structure.missing))]
        return [Room(len(self.places) - 1, words, (copies[0], copies[1], copies[2]))]

    def count(self, axis: Axis, place: int) -> Array:
        return np.ones(len(axis)) if place == OUTSIDE else axis.count[place].astype(float)

    def _boundary(
        self, t: int, move: tuple[int, int, int], axis: Axis, figures: list[Array], always: list[float]
    ) -> None:
        """What a tensor's way into a memory costs."""
        level, parent, place = move
        if parent < 0:
            return
        words, output = self.words[t], t == self.structure.output
        count = self.count(axis, place)
        fill = self.prices.write[level] * self.copies_at(t, level)
        read, update = (p[parent] * self.copies_at(t, parent) for p in (self.prices.read, self.prices.update))
        figures[0] += words * count * (read + fill + (update if output else 0.0))
        if output:
            always[0] -= words * (read + fill)
        if parent == 0:
            figures[1] += words * count * (2.0 if output else 1.0)
            always[1] -= words if output else 0.0

    def _rooms(
        self, keep: tuple[tuple[bool, ...], ...], capacity: tuple[float, ...], meeting: int
    ) -> tuple[Room, ...]:
        key = keep, meeting
        if key not in self._kept_rooms:
            rooms = (
                self._room(keep[level - 1], level, words, meeting)
                for level, words in enumerate(capacity, start=1)
            )
            self._kept_rooms[key] = tuple(room for room in rooms if room is not None)
        return self._kept_rooms[key]

    def _room(self, keep: tuple[bool, ...], level: int, words: float, meeting: int) -> Room | None:
        copies = [self.role.copies[level - 1][t] * kept for t, kept in enumerate(keep)]
        copies = [c * self.batch_inside(level) for c in copies]
        if not any(copies) and level != meeting:
            return None
        return Room(
            self.place_outside(level),
            words,
            (copies[0], copies[1], copies[2]),
            level == meeting,
        )

    def nests(
        self,
        skeleton: Skeleton,
        axes: Sequence[Axis],
        chains: Sequence[Array],
        lines: Lines,
        tiles: Mapping[int, int],
    ) -> tuple[Nests, Array]:
        """Nests of chains and lines, column by column, without those that another column stands for."""
        trips = np.ones((len(self.places), len(self.structure.core), len(lines)), dtype=np.int64)
        for axis, chain in zip(axes, chains, strict=True):
            for i, d in enumerate(axis.dimensions):
                trips[:, d] = axis.trips[:, i, chain]
        return nests_of(self.units, skeleton, self.spread, trips, lines, tiles)

    def place_outside(self, level: int) -> int:
        """The place just outside a memory."""
        return max((i for i, p in enumerate(self.places) if p.level < level), default=0)

    def batch_inside(self, level: int) -> float:
        """Problems (heads, batch elements) that one instance of a memory holds at once."""
        return self.spread.batch_inside(level)

    def distinct(self, tensor: int, outer: int, inner: int) -> int:
        """Children of one instance of memory ``outer``, at ``inner``, that need different words."""
        dimensions = self.structure.einsum.tensors[tensor].dimensions
        return int(np.prod([self.spread.along(d, outer, inner) for d in dimensions]))

    def steps(self, nests: Nests) -> Array:
        """Cycles of the array."""
        loops = (nests.trips, nests.turns[None], nests.own)
        return self.spread.turns * np.prod([part.prod(axis=(0, 1)) for part in loops], axis=0).astype(float)

    def nominal_rows(self, nests: Nests) -> Array:
        """[core, n] rows that all loops of a dimension make together."""
        inside = nests.turns * nests.wide * nests.own.prod(axis=0)
        return inside * nests.trips.prod(axis=0) * np.array(self.spread.over)[:, None]

    def tile_words(self, nests: Nests) -> Array:
        """[memories, tensors, n] words of each tile of the shared memories."""
        size = len(nests)
        tiles = np.zeros((len(self.architecture.memories), len(self.structure.missing), size))
        inside = nests.turns * nests.wide * nests.own.prod(axis=0)
        for level in range(self.shared, 0, -1):
            over = [self.spread.along(d, level) for d in self.structure.core]
            loops = [i for i, p in enumerate(self.places) if p.level >= level]
            rows = inside * nests.trips[loops].prod(axis=0) * np.array(over)[:, None]
            rows = np.minimum(rows, np.array(self.spread.sizes)[:, None])
            for t, present in enumerate(self.structure.indexing):
                tiles[level, t] = self.batch_inside(level) * rows[list(present)].prod(axis=0)
        return tiles
