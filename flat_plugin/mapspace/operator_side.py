"""One operator as the join sees it: what each tiling costs at least, and each point exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from flat_plugin.architecture.hardware import Architecture, Memory
from flat_plugin.mapping.nest import LevelMapping, OperatorMapping
from flat_plugin.mapspace.below_buffer import Below
from flat_plugin.mapspace.choice_costs import Menu, port_time
from flat_plugin.mapspace.columns import Columns
from flat_plugin.mapspace.outer_tilings import Rows, Shared, own_order, rows
from flat_plugin.mapspace.pareto import pareto_indices
from flat_plugin.model.cost import action_energy, throttled
from flat_plugin.model.mapping_batch import Array
from flat_plugin.model.operator_work import edge_cycles
from flat_plugin.model.widths import mac_energy, taken_by
from flat_plugin.model.widths import rows as accessed
from flat_plugin.workload.einsum import Einsum

_CHUNK = 4096
SCORES = ("S", "P")
_EDGES = ("Q", "K", "O")


@dataclass(frozen=True)
class Points(Columns):
    """Figures of one operator, one a column: cycles alone, steps of the array, cycles of each memory's
    ports, pJ, DRAM words, buffer words that count, and cycles that nothing overlaps. ``row`` and
    ``choice`` say which tiling and which entry of its menu it is."""

    shared: Array
    cycles: Array
    steps: Array
    busy: Array  # [memories, n]
    energy: Array
    traffic: Array
    footprint: Array
    edge: Array
    row: Array
    choice: Array

    def __len__(self) -> int:
        return len(self.steps)


@dataclass(frozen=True)
class Terms:
    """How a family counts an operator's tensors.

    ``copies`` of each buffer tile count against the buffer; ``edge`` are those whose first or last
    tile nothing overlaps; ``on_chip`` those that bypass the outermost memory; ``there`` those whose words
    the buffer has already, as a part of another tensor.
    """

    copies: tuple[int, ...]
    edge: tuple[bool, ...]
    on_chip: tuple[bool, ...]
    there: tuple[bool, ...]

    @property
    def moved(self) -> tuple[bool, ...]:
        """Which cross the outermost memory."""
        return tuple(not (chip or there) for chip, there in zip(self.on_chip, self.there, strict=True))


def terms_of(einsum: Einsum, fused: bool) -> Terms:
    """Unfused, every tile is double buffered; fused, the scores are counted with the shared loops."""
    names = [tensor.name for tensor in einsum.tensors]
    chip = tuple(fused and name in SCORES for name in names)
    there = tuple(bool(tensor.inside) for tensor in einsum.tensors)
    return Terms(
        tuple(0 if on_chip or inside else 2 for on_chip, inside in zip(chip, there, strict=True)),
        tuple(fused and name in _EDGES for name in names),
        chip,
        there,
    )


class Side:
    """All tilings of one operator under all shared loops of a family; ``rows`` are those that fit, of
    ``declared`` ones."""

    rows: Rows
    declared: int
    fused: bool

    def __init__(
        self, below: Below, architecture: Architecture, terms: Terms, shared: Sequence[Shared]
    ) -> None:
        self.below, self.terms, self.shared = below, terms, shared
        self.structure, self.architecture = below.structure, architecture
        self.bounds = below.bounds
        outer, buffer = architecture.memories[:2]
        self.taken = tuple(taken_by(below.tensors, memory) for memory in (outer, buffer))
        self.copies = np.array(terms.copies, dtype=float) * self.taken[1][:, 0]
        self._points_evaluated = 0
        self._used: dict[int, Menu] = {}

    @classmethod
    def of(
        cls,
        below: Below,
        architecture: Architecture,
        shared: Sequence[Shared],
        room: Sequence[float],
        fused: bool,
    ) -> Side:
        """Those of which every iteration of the shared loops is as large, in the room that each leaves."""
        side = cls(below, architecture, terms_of(below.structure.einsum, fused), shared)
        side.rows, side.declared = rows(below.structure, shared, side.copies.tolist(), room, below.spanned)
        side.fused = fused
        return side

    def outline(self) -> Points:
        """What every tiling costs at least."""
        every = np.arange(len(self.rows))
        data = self.rows
        return self._bounds(every, self.bounds.least(data.extents, data.carried), self.bounds.floor().steps)

    def tighter(self, chosen: Array) -> Points:
        """What these tilings cost at least, told more closely."""
        data = self.rows.take(chosen)
        return self._bounds(chosen, *self.bounds.tighter(data.extents, data.carried))

    def _bounds(self, chosen: Array, energy: Array, steps: Array | float) -> Points:
        data = self.rows.take(chosen)
        floor = self.bounds.floor()
        reads, updates, fills = self._outer_words(data)
        outer, buffer = self.architecture.memories[:2]
        steps = np.broadcast_to(steps, len(data))
        busy = np.zeros((len(self.architecture.memories), len(data)))
        busy[0] = port_time(outer, *self._words(0, reads, updates))
        (filled,) = self._words(1, fills)
        busy[1] = port_time(buffer, np.zeros(len(data)), filled)
        if np.isfinite(buffer.shared_bandwidth):
            busy[1] = np.maximum(busy[1], (filled + floor.words) / buffer.shared_bandwidth)
        cycles = np.maximum(steps, busy.max(axis=0))
        energy = energy + self._outer_energy(reads, updates, fills) + floor.leak * cycles
        return self._points(data, chosen, np.zeros(len(data), int), cycles, steps, busy, energy)

    def expand(self, chosen: Array) -> Points:
        """Every entry of the menus of these tilings, exactly; beaten ones left out."""
        parts = [self._expand(chosen[i : i + _CHUNK]) for i in range(0, max(1, len(chosen)), _CHUNK)]
        return parts[0] if len(parts) == 1 else Points.joined(parts)

    def turns(self, rows: Array) -> Array:
        """[core, rows]: iterations of the own loops of tilings in the outermost memory."""
        return self.rows.trips[:, rows]

    def whole(self, tensor: int, rows: Array) -> Array:
        """[rows]: whether the buffer's tile of a tensor is its whole tile of the shared loops."""
        return np.asarray((self.turns(rows)[list(self.structure.indexing[tensor])] == 1).all(axis=0))

    def only(self, rows: Array) -> None:
        """Leave out all tilings but these."""
        self.rows = self.rows.take(rows)

    def menu(self, row: int) -> Menu:
        extents = tuple(int(e) for e in self.rows.extents[:, row])
        menu = self.below.menu(extents, tuple(self.rows.carried[:, row].tolist()))
        self._used[id(menu)] = menu
        return menu

    @property
    def evaluated(self) -> int:
        """Points, and choices of the menus that they are made of, whoever made those."""
        return self._points_evaluated + sum(menu.evaluated for menu in self._used.values())

    def _expand(self, chosen: Array) -> Points:
        menus = [self.menu(int(row)) for row in chosen]
        lengths = [len(menu) for menu in menus]
        row = np.repeat(chosen, lengths)
        column = np.concatenate([np.arange(n) for n in lengths]) if lengths else np.empty(0, int)
        data = self.rows.take(row)
        reads, updates, fills = self._outer_words(data)
        outer, buffer = self.architecture.memories[:2]
        steps = gathered(menus, "steps")
        inner_reads, inner_updates = gathered(menus, "reads", len(reads)), gathered(menus, "updates")
        writes = fills.copy()
        writes[self.structure.output] += inner_updates
        ports, port_cycles = gathered(menus, "ports"), gathered(menus, "port_cycles")
        busy = np.zeros((len(self.architecture.memories), len(row)))
        busy[-1] = ports
        busy[0] = port_time(outer, *self._words(0, reads, updates))
        busy[1] = port_time(buffer, *self._words(1, inner_reads, writes))
        taken, held = self.taken
        levels = (
            throttled(outer, steps, reads * taken, updates * taken)[1],
            throttled(buffer, steps, inner_reads * held, writes * held)[1],
            port_cycles,
        )
        busiest = np.maximum.reduce((steps, *levels))
        energy = self._outer_energy(reads, updates, fills) + gathered(menus, "energy")
        energy += gathered(menus, "leak") * busiest
        self._points_evaluated += len(row)
        points = self._points(data, row, column, busiest, steps, busy, energy)
        return points.take(useful(points, self.fused))

    def _points(
        self, data: Rows, row: Array, column: Array, cycles: Array, steps: Array, busy: Array, energy: Array
    ) -> Points:
        network = sum(memory.network_latency for memory in self.architecture.memories)
        compute = mac_energy(self.structure.einsum, self.architecture.compute, self.below.energies)
        reads, updates, _ = self._outer_words(data)
        return Points(
            shared=data.shared,
            cycles=cycles + network,
            steps=steps,
            busy=busy,
            energy=energy + compute * self.structure.einsum.operations,
            traffic=np.add(*self._words(0, reads, updates)),
            footprint=self.copies @ data.tiles,
            edge=self._edge(data),
            row=row,
            choice=column,
        )

    def _edge(self, data: Rows) -> Array:
        """Cycles of the first tiles' way in and the last ones' way out."""
        words = np.array(self.terms.edge, dtype=float)[:, None] * self.taken[0] * data.tiles
        out = words[self.structure.output]
        return edge_cycles(self.architecture.memories[0], words.sum(axis=0) - out, out)

    def _outer_words(self, data: Rows) -> tuple[Array, Array, Array]:
        """[tensors, n]: words read from and written to the outermost memory, and filled into the buffer."""
        reads, updates, fills = np.zeros((3, *data.moved.shape))
        for t, words in enumerate(self.below.words):
            if not self.terms.moved[t]:
                continue
            if t == self.structure.output:
                updates[t] = data.moved[t]
                reads[t] = fills[t] = data.moved[t] - words
            else:
                reads[t] = fills[t] = data.moved[t]
        return reads, updates, fills

    def _words(self, level: int, *words: Array) -> list[Array]:
        """Words of a memory (0 = outermost) that words of the tensors take together."""
        return [(each * self.taken[level]).sum(axis=0) for each in words]

    def _outer_energy(self, reads: Array, updates: Array, fills: Array) -> Array:
        outer, buffer = self.architecture.memories[:2]
        served = min(1, buffer.instances // buffer.cluster_size)
        energy = self._energy(outer, "read", reads) + self._energy(outer, "update", updates)
        return energy + self._energy(buffer, "write", fills) * served

    def _energy(self, memory: Memory, action: str, words: Array) -> Array:
        accesses = accessed(words, self.below.tensors, memory).sum(axis=0)
        return accesses * action_energy(self.below.energies, memory.name, action)

    def mapping(self, row: int, column: int) -> OperatorMapping:
        """The loop nest of a point."""
        structure, menu = self.structure, self.menu(row)
        own = dict(zip(structure.core, self.rows.trips[:, row].astype(int).tolist(), strict=True))
        shared = self.shared[int(self.rows.shared[row])]
        order = own_order(structure, int(self.rows.order[row]))
        choice = menu.choice
        placement = choice.placements[int(choice.place[column])]
        return nest(
            self,
            own={d: n * shared[d] for d, n in own.items()},
            order=tuple(structure.core[d] for d in order),
            shared=shared,
            register=choice.register[:, column].astype(int).tolist(),
            keep=choice.keep[:, column].tolist(),
            stationary=int(choice.stationary[column]),
            placement=placement,
        )


def nest(
    side: Side,
    *,
    own: dict[str, int],
    order: tuple[str, ...],
    shared: Shared,
    register: list[int],
    keep: list[bool],
    stationary: int,
    placement: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...],
) -> OperatorMapping:
    """The mapping of these choices; ``own`` are the trips of the outermost memory, shared ones included."""
    structure, memories = side.structure, side.architecture.memories
    sizes, last = structure.einsum.sizes, len(memories) - 1
    walked = {d for d, trips in shared.trips if trips > 1 or d in structure.batch}
    spanned = {d for d in structure.batch if side.fused and d not in walked}
    outer = [d for d in order if d not in walked] + [d for d, _ in reversed(shared.trips) if d in walked]
    outer += [d for d in reversed(structure.batch) if d not in outer]
    own |= {d: 1 if d in spanned else sizes[d] for d in structure.batch}
    still = [structure.core[d] for d in structure.missing[stationary]] if stationary >= 0 else []
    inner = [*still, *(d for d in structure.core if d not in still), *reversed(structure.batch)]
    left = {d: sizes[d] // own[d] for d in sizes}
    held = dict(zip(structure.core, register, strict=True)) if side.below.fabric.registers else {}
    for d, factor in held.items():
        left[d] //= factor
    for x, y in placement:
        for d, a, b in zip(structure.core, x, y, strict=True):
            left[d] //= a * b
    levels = []
    for level, memory in enumerate(memories):
        x, y = placement[level]
        loops = own if level == 0 else left if level == 1 else held if level == last else {}
        if level == 0:
            passed = [n for n, chip in zip(structure.names, side.terms.on_chip, strict=True) if chip]
        elif level == 1:
            passed = []
        elif level == last:
            passed = [n for n, kept in zip(structure.names, keep, strict=True) if not kept]
        else:
            passed = list(structure.names)
        levels.append(
            LevelMapping(
                memory.name,
                tuple((d, loops.get(d, 1)) for d in (outer if level == 0 else inner)),
                tuple((d, f) for d, f in zip(structure.core, x, strict=True) if f > 1),
                tuple((d, f) for d, f in zip(structure.core, y, strict=True) if f > 1),
                frozenset(passed),
            )
        )
    return OperatorMapping(tuple(levels))


def useful(points: Points, fused: bool) -> Array:
    """The points that the join could prefer, shared loops by shared loops."""
    table, kept = figures_of(points, fused), []
    for number in np.unique(points.shared):
        members = np.flatnonzero(points.shared == number)
        kept.append(members[pareto_indices(table[members])])
    return np.concatenate(kept) if kept else np.arange(0)


def figures_of(points: Points, fused: bool) -> Array:
    """[points, figures]: those that the join looks at."""
    figures = [points.energy, points.traffic, points.footprint]
    figures += [points.steps, points.edge, *points.busy] if fused else [points.cycles]
    return np.stack(figures, axis=1)


def gathered(menus: list[Menu], name: str, height: int = 0) -> Array:
    if menus:
        return np.concatenate([getattr(menu, name) for menu in menus], axis=-1)
    return np.empty((height, 0) if height else 0)
