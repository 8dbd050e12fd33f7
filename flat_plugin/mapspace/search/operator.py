"""One operator as the search sees it: tables of its tiles, lines of its choices inside, exact points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from flat_plugin.architecture.energy_table import EnergyTable
from flat_plugin.architecture.hardware import Architecture
from flat_plugin.mapspace.limits import FREE, Limits
from flat_plugin.mapspace.search.axes import Axis, Place, axis_of
from flat_plugin.mapspace.search.inside import Inside, Lines, Parents
from flat_plugin.mapspace.search.nests import Nests, nests_of
from flat_plugin.mapspace.search.prices import Prices, prices_of
from flat_plugin.mapspace.search.skeleton import OUTSIDE, Skeleton
from flat_plugin.mapspace.search.spread import Spread
from flat_plugin.mapspace.search.tables import Chains, Figures, Room, Table
from flat_plugin.mapspace.structure import Structure
from flat_plugin.model.batch import Array


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


@dataclass(frozen=True)
class Menu:
    """Choices inside of so many cycles of the array and pJ at most, and those that are lowest somewhere."""

    limits: tuple[float, float]
    lines: Lines
    envelope: tuple[Array, Array]


@dataclass
class Memory:
    """What is inside the shared memories, which settings have in common."""

    insides: dict[object, Inside] = field(default_factory=dict)
    menus: dict[object, Menu] = field(default_factory=dict)


FEW = -1.0  # a limit of pJ that stands for a first look


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
        perfect: bool,
        memory: Memory,
        limits: Limits = FREE,
    ) -> None:
        self.memory, self.limits = memory, limits
        self.structure, self.architecture, self.energies = structure, architecture, energies
        self.shared, self.role, self.spread, self.places = shared, role, spread, places
        self.perfect = perfect
        self.words = tuple(float(structure.einsum.words(t)) for t in structure.einsum.tensors)
        self._chains: dict[object, Chains] = {}
        self._kept_rooms: dict[object, tuple[Room, ...]] = {}
        self._copies: dict[tuple[int, int], float] = {}

    @cached_property
    def prices(self) -> Prices:
        return prices_of(self.architecture, self.energies)

    def axes(self, allowed: dict[int, frozenset[int]]) -> tuple[Axis, ...]:
        """Every chain of every axis; ``allowed`` are the places that may walk each core dimension."""
        spread = [self._spread_after(i) for i in range(len(self.places))]
        return tuple(
            axis_of(missing, self.spread.sizes, self.places, spread, allowed, self.perfect)
            for missing in self.structure.missing
        )

    def _spread_after(self, place: int) -> list[int]:
        """Cores along each core dimension between a place and the next one."""
        level = self.places[place].level
        last = place + 1 == len(self.places) or self.places[place + 1].level > level
        return [self.spread.along(d, level, level + 1) if last else 1 for d in self.structure.core]

    def copies_at(self, tensor: int, level: int) -> float:
        """Instances of a memory that hold the same words of a tensor, on average."""
        if (tensor, level) not in self._copies:
            copies = 1.0
            for d in self.structure.missing[tensor]:
                over = self.spread.along(self.structure.core[d], 0, level)
                copies *= self.spread.sizes[d] / -(-self.spread.sizes[d] // over)
            self._copies[tensor, level] = copies
        return self._copies[tensor, level]

    def parents(self, skeleton: Skeleton) -> Parents:
        """Whom the units' memories ask."""
        level = tuple(
            max(0, skeleton.parent(t, self.shared + 1, self.role.outermost[t]))
            for t in range(len(self.structure.missing))
        )
        copies = tuple(
            self.spread.cores * self.copies_at(t, place) / self.copies_at(t, self.shared)
            for t, place in enumerate(level)
        )
        return Parents(level, copies)

    def inside(self, parents: Parents) -> Inside:
        key = self.structure, self.spread.key, parents
        if key not in self.memory.insides:
            self.memory.insides[key] = Inside(
                self.structure,
                self.architecture,
                self.prices,
                self.shared,
                self.spread.core_sizes,
                self.spread.turns,
                self.spread.cores,
                parents,
                self.perfect,
                self.limits,
            )
        return self.memory.insides[key]

    def lines(self, parents: Parents, stays: int, limits: tuple[float, float]) -> Menu:
        """Choices inside where one tensor stays: all of so many cycles of the array and pJ at most; a few
        where pJ have no limit yet (``FEW``)."""
        few = limits[1] == FEW
        key = self.structure, self.spread.key, parents, stays, few
        known = self.memory.menus.get(key)
        if known is None or known.limits[0] < limits[0] or known.limits[1] < limits[1]:
            wider = (
                limits
                if known is None
                else (max(known.limits[0], limits[0]), max(known.limits[1], limits[1]))
            )
            lines = self.inside(parents).lines(stays, wider[0], np.inf if few else wider[1], few)
            self.memory.menus[key] = Menu(wider, lines, Inside.envelope(lines))
        return self.memory.menus[key]

    def chains(
        self, skeleton: Skeleton, t: int, axis: Axis, held: Array, limits: tuple[float, float]
    ) -> Chains:
        """What the chains of one axis cost under a skeleton; the same where skeletons differ elsewhere."""
        free = tuple(order.axes is None or t in order.axes for order in skeleton.orders)
        ways = tuple(
            (level, skeleton.parent(t, level, self.role.outermost[t]), skeleton.count(t, level))
            for level in range(1, self.shared + 1)
            if skeleton.keep[level - 1][t]
        )
        inside = None
        if skeleton.stays == t:
            inside = self.lines(self.parents(skeleton), t, limits), skeleton.staying()
        key = t, free, ways, inside and (id(inside[0]), inside[1])
        if key not in self._chains:
            self._chains[key] = self._priced(t, axis, held, free, ways, inside)
        return self._chains[key]

    def _priced(
        self,
        t: int,
        axis: Axis,
        held: Array,
        free: tuple[bool, ...],
        ways: tuple[tuple[int, int, int], ...],
        inside: tuple[Menu, int] | None,
    ) -> Chains:
        fits = np.ones(len(axis), dtype=bool)
        for place, allowed in enumerate(free):
            if not allowed:
                fits &= (axis.trips[place] == 1).all(axis=0)
        columns = np.flatnonzero(fits)
        chosen = axis.take(columns)
        figures, always = [np.zeros(len(chosen)), np.zeros(len(chosen))], [0.0, 0.0]
        for way in ways:
            self._boundary(t, way, chosen, figures, always)
        within = np.zeros(len(chosen))
        if inside is not None:
            menu, place = inside
            count = self.count(chosen, place)
            (base, word), lines = menu.envelope, menu.lines
            within = (base[:, None] + word[:, None] * count[None]).min(axis=0)
            figures[0] += within
            figures[1] += float(lines.moved[1].min()) * count + float(lines.moved[0].min())
        made = Figures(figures[0] + always[0], figures[1] + always[1], held[columns])
        return Chains(chosen, columns, made, within)

    def table(
        self,
        skeleton: Skeleton,
        axes: Sequence[Axis],
        limits: tuple[float, float],
        capacity: Sequence[float],
        held: Sequence[Array],
        meeting: int,
        share: float = 1.0,
    ) -> Table | None:
        """One skeleton's tiles and what they cost at least; None if it has no choice inside.

        Args:
            axes: the chains of each tensor's axis.
            limits: cycles of the array and pJ that a choice inside may take.
            capacity: words of each shared memory.
            held: words that the scores take in memory ``meeting``, by chain of each axis.
            share: of what they leave there and further out, for this operator.
        """
        parents = self.parents(skeleton)
        menu = self.lines(parents, skeleton.stays, limits)
        if not len(menu.lines):
            return None
        a, b, c = (self.chains(skeleton, t, axis, held[t], limits) for t, axis in enumerate(axes))
        nothing = (0.0, 0.0)
        if skeleton.stays < 0:
            nothing = float(menu.envelope[0].min()), float(menu.lines.moved[0].min())
        return Table((a, b, c), self._rooms(skeleton.keep, tuple(capacity), meeting, share), *nothing)

    def count(self, axis: Axis, place: int) -> Array:
        return np.ones(len(axis)) if place == OUTSIDE else axis.count[place].astype(float)

    def _boundary(
        self, t: int, way: tuple[int, int, int], axis: Axis, figures: list[Array], always: list[float]
    ) -> None:
        """What a tensor's way into a memory costs."""
        level, parent, place = way
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
        self, keep: tuple[tuple[bool, ...], ...], capacity: tuple[float, ...], meeting: int, share: float
    ) -> tuple[Room, ...]:
        key = keep, meeting, share
        if key not in self._kept_rooms:
            rooms = (
                self._room(keep[level - 1], level, words, meeting, share)
                for level, words in enumerate(capacity, start=1)
            )
            self._kept_rooms[key] = tuple(room for room in rooms if room is not None)
        return self._kept_rooms[key]

    def _room(
        self, keep: tuple[bool, ...], level: int, words: float, meeting: int, share: float
    ) -> Room | None:
        copies = [self.role.copies[level - 1][t] * kept for t, kept in enumerate(keep)]
        for d in self.structure.batch:
            copies = [c * self.spread.along(d, level) for c in copies]
        if not any(copies) and level != meeting:
            return None
        return Room(
            self.place_outside(level),
            words,
            (copies[0], copies[1], copies[2]),
            level == meeting,
            share if level <= meeting else 1.0,
        )

    def nests(
        self, skeleton: Skeleton, axes: Sequence[Axis], chains: Sequence[Array], lines: Lines
    ) -> tuple[Nests, Array]:
        """Nests of chains and lines, column by column, without those that another column stands for."""
        trips = np.ones((len(self.places), len(self.structure.core), len(lines)), dtype=np.int64)
        for axis, chain in zip(axes, chains, strict=True):
            for i, d in enumerate(axis.dimensions):
                trips[:, d] = axis.trips[:, i, chain]
        return nests_of(self.inside(self.parents(skeleton)), skeleton, self.spread, trips, lines)

    def place_outside(self, level: int) -> int:
        """The place just outside a memory."""
        return max((i for i, p in enumerate(self.places) if p.level < level), default=0)

    def batch_inside(self, level: int) -> float:
        """Problems (heads, batch elements) that one instance of a memory holds at once."""
        return float(np.prod([self.spread.along(d, level) for d in self.structure.batch]))

    def distinct(self, tensor: int, outer: int, inner: int) -> int:
        """Children of one instance of memory ``outer``, at ``inner``, that need different words."""
        dimensions = self.structure.einsum.tensors[tensor].dimensions
        return int(np.prod([self.spread.along(d, outer, inner) for d in dimensions]))

    def steps(self, nests: Nests) -> Array:
        """Cycles of the array."""
        loops = (nests.trips, nests.turns[None], nests.own)
        return self.spread.turns * np.prod([part.prod(axis=(0, 1)) for part in loops], axis=0).astype(float)

    def rows_of(self, nests: Nests) -> Array:
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
