"""One operator as the search sees it: tables of its tiles, lines of its choices inside, exact points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from flat_plugin.architecture.energy_table import EnergyTable
from flat_plugin.architecture.hardware import Architecture
from flat_plugin.mapspace.limits import FREE, Limits
from flat_plugin.mapspace.objective import Metrics
from flat_plugin.mapspace.search.axes import Axis, Place, Tiles, axis_of
from flat_plugin.mapspace.search.fastest import Fastest
from flat_plugin.mapspace.search.inside import Inside
from flat_plugin.mapspace.search.kinds import Roles
from flat_plugin.mapspace.search.lines import Lines
from flat_plugin.mapspace.search.menu import Menu
from flat_plugin.mapspace.search.nests import Nests, nests_of
from flat_plugin.mapspace.search.prices import Prices, prices_of
from flat_plugin.mapspace.search.shared_tiles import Tile
from flat_plugin.mapspace.search.skeleton import Order, Skeleton
from flat_plugin.mapspace.search.spread import Spread
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
    rough: dict[object, Metrics] = field(default_factory=dict)


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
        self._copies: dict[tuple[int, int], float] = {}
        self._parents: dict[tuple[int, ...], Parents] = {}

    @cached_property
    def prices(self) -> Prices:
        return prices_of(self.architecture, self.energies)

    @cached_property
    def leak(self) -> float:
        """pJ a cycle that the shared memories leak, at least: those of cores in use, one of each outside."""
        known = self.energies.components if self.energies.known else None
        used = [1.0] * self.shared + [float(np.floor(self.spread.cores + 1e-9))]
        return sum(
            float(self.prices.leak[level]) * instances
            for level, instances in enumerate(used)
            if not level or known is None or self.architecture.memories[level].name in known
        )

    @cached_property
    def fewest_words(self) -> float:
        """Words of the outermost memory that nothing goes below: what it keeps moves once."""
        return sum(words for words, kept in zip(self.words, self.role.outermost, strict=True) if kept)

    def roles(self, orders: tuple[Order, ...], meeting: int) -> Roles:
        """What is said of its tensors and loops, where shared places have these orders."""
        inner = self.architecture.memories[self.shared + 1 :]
        units = bool(inner) or self.architecture.fanout(self.shared) != (1, 1)
        role = self.role
        return Roles(self.places, orders, role.held, role.passed, role.outermost, meeting, units)

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
