"""A family's settings as spaces to search."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache, cached_property, partial

import numpy as np

from flat_plugin.architecture.energy_table import EnergyTable
from flat_plugin.architecture.hardware import Architecture
from flat_plugin.mapping.dataflow import Dataflow
from flat_plugin.mapspace.limits import FREE as FREE_LIMITS
from flat_plugin.mapspace.limits import Limits
from flat_plugin.mapspace.search.axes import Axis, places_of
from flat_plugin.mapspace.search.chained import Chained
from flat_plugin.mapspace.search.floors import rough_of
from flat_plugin.mapspace.search.join import FREE, Chain
from flat_plugin.mapspace.search.needs import Needs
from flat_plugin.mapspace.search.operator import Memory, Operator, Role
from flat_plugin.mapspace.search.rows import Rows
from flat_plugin.mapspace.search.shared import KEYS, ROWS, Setting, cores_of, settings_of, shared_memory
from flat_plugin.mapspace.search.shared_loops import Shared
from flat_plugin.mapspace.search.shared_tiles import Ranges
from flat_plugin.mapspace.search.side import Side
from flat_plugin.mapspace.search.skeleton import NO_LOOPS, Order
from flat_plugin.mapspace.search.space import Made, Space
from flat_plugin.mapspace.search.spread import Spread
from flat_plugin.mapspace.search.tags import Tags, axis_along
from flat_plugin.mapspace.search.trips import Factors
from flat_plugin.mapspace.structure import Structure, structure_of
from flat_plugin.model.mapping_batch import Array
from flat_plugin.workload.attention import Attention
from flat_plugin.workload.einsum import Einsum


def spaces_of(
    dataflow: Dataflow,
    attention: Attention,
    architecture: Architecture,
    energies: EnergyTable,
    softmax: str,
    factors: Factors,
    limits: Mapping[str, Limits] | None = None,
) -> Iterator[Space]:
    """A family's settings, one after the other, those that use most cores first.

    Args:
        softmax: free, serial, overlapped or array.
        factors: what tiles may be.
        limits: what each operator keeps to below its innermost shared memory.
    """
    memory = Memory()
    spreads = [spread for limit in (limits or {}).values() for _, spread in limit.spreads]
    placed = any(spread.placed for spread in spreads)
    known, structures = set(), [structure_of(einsum) for einsum in attention.einsums()]
    for setting in settings_of(dataflow, attention, architecture, factors, placed=placed):
        like = setting.like(structures)
        if like in known or not _allowed_cores(attention, setting, limits or {}):
            continue
        known.add(like)
        builder = Builder(attention, architecture, energies, softmax, factors, setting, memory, limits or {})
        if not spreads or builder.unrolls:
            yield builder.space()


def _allowed_cores(attention: Attention, setting: Setting, limits: Mapping[str, Limits]) -> bool:
    """Whether what lies over cores is what each operator keeps to."""
    for einsum in attention.einsums():
        for level, spread in limits.get(einsum.name, FREE_LIMITS).spreads:
            choice = setting.cores.get(level)
            core = structure_of(einsum).core
            if choice is not None and not all(
                spread.takes(i, *choice.get(d, (1, True))) for i, d in enumerate(core)
            ):
                return False
    return True


class Builder:
    """One setting's space."""

    def __init__(
        self,
        attention: Attention,
        architecture: Architecture,
        energies: EnergyTable,
        softmax: str,
        factors: Factors,
        setting: Setting,
        memory: Memory,
        limits: Mapping[str, Limits],
    ) -> None:
        self.memory, self.limits = memory, limits
        self.attention, self.architecture, self.energies = attention, architecture, energies
        self.factors, self.setting, self.tags = factors, setting, Tags(setting, factors)
        self.chained = Chained(attention, architecture, energies, softmax, setting)
        self.fused = setting.dataflow.fused
        self.shared = shared_memory(architecture)

    def space(self) -> Space:
        key = self.setting.meeting, self._operators[0].spread.key
        if key not in self.memory.rough:
            self.memory.rough[key] = rough_of(self._needs, self.chained.chain(1, {}))
        return Space(self.setting, self._made, self.memory.rough[key])

    @property
    def unrolls(self) -> bool:
        """Whether what each operator keeps to leaves something to lie side by side."""
        return all(len(op.units.unrolled) for op in self._operators)

    @cached_property
    def _operators(self) -> tuple[Operator, ...]:
        return tuple(self._operator(structure_of(e)) for e in self.attention.einsums())

    @cached_property
    def _needs(self) -> tuple[Needs, ...]:
        fused, meeting, online = self.fused, self.setting.meeting, self.setting.dataflow.online
        return tuple(
            Needs(
                op,
                fused,
                meeting,
                op.structure.einsum.name == "logit",
                online,
                axis_along(op.structure, "M"),
                axis_along(op.structure, "N"),
            )
            for op in self._operators
        )

    def _made(self) -> Made:
        made = [self._axes(op) for op in self._operators]
        tags = [self.tags.of(op, axes) for op, (axes, _) in zip(self._operators, made, strict=True)]
        ranges, key_tiles = self.tags.ranges(self._operators[0]), self.tags.key_tiles
        sides = tuple(
            Side(op, axes, allowed, Shared(tag, ranges, self._orders(op.structure)), needs, _capacity(op))
            for op, (axes, allowed), tag, needs in zip(self._operators, made, tags, self._needs, strict=True)
        )

        @cache
        def chain(key: int, busiest: Rows = ()) -> Chain:
            return self.chained.chain(key_tiles[key], dict(busiest))

        return Made(sides, chain, ranges)

    def _operator(self, structure: Structure) -> Operator:
        tensors = range(len(structure.missing))
        scores = {t for t, name in enumerate(structure.names) if name in ("S", "P")} if self.fused else set()
        output = {t for t, name in enumerate(structure.names) if name == "O" and self.setting.dataflow.online}
        meeting, nothing = self.setting.meeting, frozenset[int]()
        copies, held, passed = [], [], []
        for level in range(1, self.shared + 1):
            double = 2.0 if level <= meeting else 1.0
            at = self.fused and level <= meeting
            copies.append(tuple(0.0 if at and t in scores else double for t in tensors))
            held.append(frozenset(scores | output) if self.fused and level == meeting else nothing)
            passed.append(frozenset(scores) if self.fused and level < meeting else nothing)
        role = Role(tuple(copies), tuple(held), tuple(passed), tuple(t not in scores for t in tensors))
        places = places_of(self.shared, self.fused, self.setting.last_shared)
        spread = Spread(structure, self.setting.cores, self.setting.spanned, self.setting.meeting)
        return Operator(
            structure,
            self.architecture,
            self.energies,
            self.shared,
            role,
            spread,
            places,
            self.factors,
            self.memory,
            self.limits.get(structure.einsum.name, FREE_LIMITS),
        )

    def _axes(self, op: Operator) -> tuple[tuple[Axis, ...], dict[int, frozenset[int]]]:
        """The axes' chains, and the places that may walk each core dimension."""
        flow = self.setting.dataflow
        every = frozenset(range(len(op.places)))
        own = frozenset(i for i, place in enumerate(op.places) if not place.shared)
        walked = {"G", "M"} | ({"N"} if flow.online else set()) if self.fused else set()
        allowed = {
            d: every if not self.fused or name in walked else own for d, name in enumerate(op.structure.core)
        }
        return tuple(axis.take(self._allowed(op, axis)) for axis in op.axes(allowed)), allowed

    def _allowed(self, op: Operator, axis: Axis) -> Array:
        """Chains whose dimensions are walked by shared loops or by own ones, outside the meeting memory,
        and as the dataflow says."""
        fits = np.ones(len(axis), dtype=bool)
        if not self.fused:
            return np.flatnonzero(fits)
        flow, meeting = self.setting.dataflow, self.setting.meeting
        fits &= self._turning(op, axis)
        shared = [i for i, place in enumerate(op.places) if place.shared]
        own = [i for i, place in enumerate(op.places) if not place.shared and place.level < meeting]
        for i, d in enumerate(axis.dimensions):
            name = op.structure.core[d]
            for place, order in zip(shared, self.setting.orders, strict=True):
                if not order.walks(KEYS if name == "N" else ROWS):
                    fits &= axis.trips[place, i] == 1
            common = axis.trips[shared, i].prod(axis=0) * op.spread.along(name, 0, meeting)
            fits &= (common == 1) | (axis.trips[own, i].prod(axis=0) == 1)
            if name == "M" and flow.granularity in ("H", "B", "M"):
                fits &= common == 1
            if name == "G" and flow.granularity in ("B", "M"):
                fits &= common == 1
            if name == "M" and flow.rows is not None:
                rows = min(flow.rows, op.spread.sizes[d])
                fits &= common == -(-op.spread.sizes[d] // rows)
        return np.flatnonzero(fits)

    def _turning(self, op: Operator, axis: Axis) -> Array:
        """Chains whose shared loops turn where the order says so; what does not turn is of another order.
        Outside of everything no loops are as loops over rows."""
        turn = np.ones(len(axis), dtype=bool)
        named = {op.structure.core[d] for d in axis.dimensions}
        along = KEYS if "N" in named else ROWS if "M" in named else None
        shared = [i for i, place in enumerate(op.places) if place.shared]
        if self.setting.dataflow.online and along is not None:
            for place, order in zip(shared, self.setting.orders, strict=True):
                if order.walks(along) and not (place == 0 and order.alone and along == ROWS):
                    turn &= (axis.trips[place] > 1).any(axis=0)
        return turn

    def _orders(self, structure: Structure) -> tuple[Order, ...]:
        """The shared loops' orders, by the tensors that miss what loops walk."""
        tensors = {
            ROWS: axis_along(structure, "M"),
            KEYS: axis_along(structure, "N"),
            NO_LOOPS.first: NO_LOOPS.first,
        }
        return tuple(Order(tensors[o.first], o.alone) for o in self.setting.orders)


def single_spaces(
    einsum: Einsum, architecture: Architecture, energies: EnergyTable, factors: Factors
) -> Iterator[Space]:
    """One operator alone: every tile of the memory below the outermost one double buffered."""
    structure, shared = structure_of(einsum), shared_memory(architecture)
    tensors, nothing = len(structure.missing), frozenset[int]()
    copies = tuple((2.0 if level == 1 else 1.0,) * tensors for level in range(1, shared + 1))
    role = Role(copies, (nothing,) * shared, (nothing,) * shared, (True,) * tensors)
    places = places_of(shared, False, 0)
    sizes, memory = einsum.sizes, Memory()
    for cores in cores_of(architecture, range(shared), list(einsum.dimensions), sizes, factors):
        spread = Spread(structure, cores)
        op = Operator(structure, architecture, energies, shared, role, spread, places, factors, memory)
        every = frozenset(range(len(places)))
        allowed = {d: every for d in range(len(structure.core))}
        axes = op.axes(allowed)
        tags = np.zeros(len(axes[0]), dtype=np.int64), np.zeros(len(axes[1]), dtype=np.int64)
        alone: tuple[list[Ranges], list[Ranges]] = ([{}], [{}])
        needs = Needs(op, False, 1, False, False, 0, 1)
        side = Side(op, axes, allowed, Shared(tags, alone, ()), needs, _capacity(op))
        chain = Chain(architecture, False, False, 1, FREE)
        setting = Setting(Dataflow("base", fused=False), 1, 0, (), cores)
        made = Made((side,), _always(chain), alone)
        yield Space(setting, partial(_as_it_is, made), rough_of([needs], chain))


def _as_it_is(made: Made) -> Made:
    return made


def _always(chain: Chain) -> Callable[..., Chain]:
    return lambda key, busiest=(): chain


def _capacity(op: Operator) -> tuple[float, ...]:
    return tuple(m.capacity for m in op.architecture.memories[1 : op.shared + 1])
