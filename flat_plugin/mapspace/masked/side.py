"""One operator under a mask: what each tiling costs at least, and mappings as the model counts them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import gcd

import numpy as np

from flat_plugin.architecture.hardware import Architecture, Memory
from flat_plugin.mapspace.below_buffer import Below
from flat_plugin.mapspace.choice_costs import Menu, port_time
from flat_plugin.mapspace.family import Family
from flat_plugin.mapspace.masked.counted import MOST_IDLE, MOST_LOST, Counter
from flat_plugin.mapspace.masked.iterations import ONE, SCORES, Iterations
from flat_plugin.mapspace.masked.tilings import tilings_of
from flat_plugin.mapspace.masked.unread import first_sums, found_below, square_of, unread
from flat_plugin.mapspace.operator_side import Points, Side, gathered, terms_of
from flat_plugin.model.cost import action_energy
from flat_plugin.model.gathered_rows import width_of
from flat_plugin.model.mapping_batch import Array
from flat_plugin.model.operator_work import edge_cycles
from flat_plugin.model.widths import mac_energy, rows_per_word
from flat_plugin.workload.einsum import Tensor

_LESS = 1 - 1e-9  # sums in another order
_ALONG = {"rows": "M", "keys": "N"}


class MaskedSide(Side):
    """All tilings of one operator under all shared loops of a family, under a mask."""

    def __init__(
        self,
        below: Below,
        architecture: Architecture,
        family: Family,
        iterations: Sequence[Iterations],
        room: Sequence[float],
        counter: Counter,
    ) -> None:
        super().__init__(below, architecture, terms_of(below.structure.einsum, family.fused), family.shared)
        self.fused, self.iterations, self._counter = family.fused, iterations, counter
        tilings = tilings_of(
            self.structure,
            family.shared,
            iterations,
            self.copies.tolist(),
            room,
            spanned=below.spanned,
            fused=family.fused,
        )
        self.rows, self.declared, self._output = tilings.rows, tilings.declared, tilings.output
        self._sums = _sums_of(below, architecture, iterations, family.fused)[:, self.rows.shared]
        self._sums[1] *= 1 - self._short()
        self._last_rows = _last_rows(below, architecture)

    def outline(self) -> Points:
        """What every tiling costs at least."""
        every, data = np.arange(len(self.rows)), self.rows
        energy = self.bounds.least(data.extents, data.carried, *self._scaled(every))
        return self._bounds(every, energy, self.bounds.floor().steps)

    def tighter(self, chosen: Array) -> Points:
        """What these tilings cost at least, told more closely."""
        data = self.rows.take(chosen)
        return self._bounds(chosen, *self.bounds.tighter(data.extents, data.carried, *self._scaled(chosen)))

    def _scaled(self, chosen: Array) -> tuple[Array, Array]:
        """The part of the full square's accesses, and words of the output whose first sums are not in it."""
        touched, apart, _ = self._shares(chosen)
        less = _used(touched, apart)
        return less, first_sums(self.below, less, apart)

    def _bounds(self, chosen: Array, energy: Array, steps: Array | float) -> Points:
        """Args: energy: that is left below the buffer; steps: of the full square."""
        floor, (touched, apart, _) = self.bounds.floor(), self._shares(chosen)
        least = _Least(
            steps=steps * touched,
            energy=np.maximum(energy - _used(touched, apart) * self._last_rows, 0.0),
            leak=np.full(len(chosen), floor.leak * (1 - MOST_IDLE)),
            words=np.zeros(len(chosen)),
            ports=np.zeros(len(chosen)),
        )
        return self._at_least(chosen, np.zeros(len(chosen), int), least)

    def _expand(self, chosen: Array) -> Points:
        """What every entry of the menus of these tilings costs at least."""
        menus = [self.menu(int(row)) for row in chosen]
        lengths = [len(menu) for menu in menus]
        row = np.repeat(chosen, lengths)
        column = np.concatenate([np.arange(n) for n in lengths]) if lengths else np.empty(0, int)
        whole = self._whole(menus, self.rows.shared[row])
        touched, apart, (times, _) = self._shares(row)
        less = np.where(whole, apart, _used(touched, apart))
        found = found_below(self.below, menus, self.iterations, self.rows, row)
        off = unread(self.below, menus, less, apart, found, np.where(whole, 0.0, times))
        reads = (gathered(menus, "reads", len(self.below.tensors)) * self.taken[1]).sum(axis=0)
        least = _Least(
            steps=gathered(menus, "steps") * touched,
            energy=np.maximum((gathered(menus, "energy") - self._last_rows) * less - off.energy, 0.0),
            leak=gathered(menus, "leak") * np.where(whole, 1.0, 1 - MOST_IDLE),
            words=np.maximum(reads * less - off.words, 0.0),
            ports=np.maximum(gathered(menus, "ports") * less - off.ports, 0.0),
        )
        return self._at_least(row, column, least, whole)

    def turns(self, rows: Array) -> Array:
        """[core, rows]: iterations of the own loops of tilings in the outermost memory, at most."""
        found = self.rows.trips[:, rows]
        for name in ("rows", "keys"):
            d = self.structure.core.index(_ALONG[name])
            most = self._each(name, self.rows.shared[rows])
            found[d] = np.where(self.rows.extents[d, rows] >= most, 1, found[d])
        return found

    def only(self, rows: Array) -> None:
        """Leave out all tilings but these."""
        super().only(rows)
        self._output, self._sums = self._output[rows], self._sums[:, rows]

    def _each(self, name: str, shared: Array) -> Array:
        """[n]: a number of the iterations under each of these choices of shared loops."""
        return np.array([getattr(one, name) for one in self.iterations])[shared]

    def menu(self, row: int) -> Menu:
        """That of a tiling, whose tiles may be cut to the keys of an iteration."""
        extents = tuple(int(e) for e in self.rows.extents[:, row])
        common = gcd(
            self.iterations[int(self.rows.shared[row])].common_keys, extents[self.structure.core.index("N")]
        )
        menu = self.below.menu(extents, tuple(self.rows.carried[:, row].tolist()), common)
        self._used[id(menu)] = menu
        return menu

    def _whole(self, menus: Sequence[Menu], shared: Array) -> Array:
        """Whether the rows and keys of every iteration are whole tiles of the array, choice by choice."""
        found = np.ones(len(shared), dtype=bool)
        for name in ("rows", "keys") if menus else ():
            d = self.structure.core.index(_ALONG[name])
            tiles = np.concatenate([menu.choice.spatial[d] * menu.choice.register[d] for menu in menus])
            found &= self._each(f"common_{name}", shared) % tiles == 0
        return found

    def _at_least(self, row: Array, column: Array, least: _Least, whole: Array | bool = False) -> Points:
        """Bounds from what is below the buffer, and from what crosses the outermost memory."""
        reads, updates, fills = self._outer(row)
        _, _, (times, rounded) = self._shares(row)
        outer, buffer = self.architecture.memories[:2]
        busy = np.zeros((len(self.architecture.memories), len(row)))
        busy[-1] = least.ports
        busy[0] = port_time(outer, *self._words(0, reads, updates))
        (filled,) = self._words(1, fills)
        none = np.zeros(len(row))
        busy[1] = np.maximum(port_time(buffer, least.words, none), port_time(buffer, none, filled))
        busy *= _LESS
        cycles = np.maximum(least.steps, busy.max(axis=0)) * _LESS
        energy = least.energy + self._moving(outer, "read", reads) + self._moving(outer, "update", updates)
        served = min(1, buffer.instances // buffer.cluster_size)
        energy += self._moving(buffer, "write", fills) * served + least.leak * cycles
        energy = np.maximum(energy - np.where(whole, 0.0, rounded), 0.0) + self._computing(row)
        network = sum(memory.network_latency for memory in self.architecture.memories)
        return Points(
            shared=self.rows.shared[row],
            cycles=np.maximum(cycles - times, 0.0) + network * times,
            steps=least.steps * _LESS,
            busy=busy,
            energy=energy * _LESS,
            traffic=np.add(*self._words(0, reads, updates)) * _LESS,
            footprint=self.copies @ self.rows.tiles[:, row],
            edge=_ways(self, self._counter, row),
            row=row,
            choice=column,
        )

    def counted(self, points: Points) -> Points:
        """The same points as the model counts them; those that are not valid have no finite energy."""
        nests = [self.mapping(int(r), int(c)) for r, c in zip(points.row, points.choice, strict=True)]
        found = self._counter.count(nests, [self.iterations[int(number)] for number in points.shared])
        self._points_evaluated += len(points)
        return replace(
            points,
            cycles=found.cycles,
            steps=found.steps,
            busy=found.busy,
            energy=found.energy,
            traffic=found.traffic,
        )

    def _outer(self, row: Array) -> tuple[Array, Array, Array]:
        """[tensors, n]: words read from and written to the outermost memory, and filled into the buffer."""
        moved = self.rows.moved[:, row] * np.array(self.terms.moved, dtype=float)[:, None]
        reads, updates = moved.copy(), np.zeros_like(moved)
        out = self.structure.output
        updates[out] = moved[out]
        reads[out] = np.maximum(moved[out] - self._output[row], 0.0)
        return reads, updates, reads

    def _moving(self, memory: Memory, action: str, words: Array) -> Array:
        """pJ of as many rows as words fill."""
        each = action_energy(self.below.energies, memory.name, action)
        rows = np.array([_rows_of(tensor, memory) for tensor in self.below.tensors])
        return each * (rows @ words)

    def _computing(self, row: Array) -> Array:
        touched, _, _ = self._shares(row)
        mac = mac_energy(self.structure.einsum, self.architecture.compute, self.below.energies)
        return mac * self.structure.einsum.operations * touched * (1 - MOST_LOST)

    def _shares(self, row: Array) -> tuple[Array, Array, tuple[Array, Array]]:
        """Of the full square's scores the part that is touched, and that of iterations which keep nothing
        below the buffer; and iterations, with what rounding may take off them [pJ]."""
        touched, apart, times, rounded = self._sums[:, row]
        return touched, apart, (times, rounded)

    def _short(self) -> Array:
        """[tilings]: the part of the rows of an iteration that is in a last tile of at most half the others'
        rows, in which loops may be gone."""
        tile = self.rows.extents[self.structure.core.index("M")]
        rows = self._each("rows", self.rows.shared)
        last = rows % tile
        return np.where(2 * last <= tile, last / rows, 0.0)


def _ways(side: MaskedSide, counter: Counter, row: Array) -> Array:
    """Cycles of the first tiles' way in and the last ones' way out."""
    m, n = (side.structure.core.index(d) for d in "MN")
    ends = np.array([o.kinds.ends for o in side.iterations])[side.rows.shared[row]]
    words = []
    for t, indexing in enumerate(side.structure.indexing):
        tile = side.rows.extents[:, row].copy()
        for d, most in zip((m, n), ends[:, -1 if t == side.structure.output else 0].T, strict=True):
            tile[d] = np.minimum(tile[d], most)
        extents = tile[list(indexing)]
        each = side.terms.edge[t] * side.taken[0][t] * side.below.spanned
        words.append(each * np.prod(extents, axis=0))
    if gathered := counter.gathered:
        width = side.structure.core.index(width_of(side.below.tensors[gathered.tensor]))
        own = side.rows.extents[width, row], side.rows.extents[n, row]
        words[gathered.tensor] = words[gathered.tensor] * gathered.rows_over_words(*own, ends[:, 0, 1])
    out = words[side.structure.output]
    return edge_cycles(side.architecture.memories[0], sum(words) - out, out)


def _sums_of(
    below: Below, architecture: Architecture, iterations: Sequence[Iterations], fused: bool
) -> Array:
    """[4, shared]: see :meth:`MaskedSide._shares`."""
    einsum, fabric = below.structure.einsum, below.fabric
    each = square_of(einsum)
    held = max(1, fabric.registers) / min(fabric.taken)
    apart = 0.0 if fused else held, held * below.widest / einsum.sizes[einsum.dimensions[-1]]
    rounding, found = _rounding(below, architecture), []
    for one in iterations:
        times = float(one.parts(0)[1][ONE])
        scores = one.parts(0)[1][SCORES], one.scores(*apart)
        found.append((*(n * one.heads / each for n in scores), times, times * rounding))
    return np.array(found).T


def _used(touched: Array, apart: Array) -> Array:
    """What is left of a part of the scores if as much is lost as may be."""
    return np.maximum(apart - touched * MOST_LOST, 0.0)


def _rounding(below: Below, architecture: Architecture) -> float:
    """pJ of what rounding may take off an iteration: a word of every tensor at every count."""
    energy = 0.0
    for memory, instances in ((architecture.memories[1], 1.0), (architecture.memories[-1], below.widest)):
        for action in ("read", "write", "update"):
            each = action_energy(below.energies, memory.name, action) * instances
            energy += each * sum(_rows_of(tensor, memory) for tensor in below.tensors)
    return energy


def _last_rows(below: Below, architecture: Architecture) -> float:
    """pJ that the full square may spend on rows of memories that its words do not fill."""
    energy = 0.0
    for memory, instances in ((architecture.memories[1], 1.0), (architecture.memories[-1], below.widest)):
        part = [tensor for tensor in below.tensors if rows_per_word(tensor.bits, memory)[1] > 1]
        each = [action_energy(below.energies, memory.name, action) for action in ("read", "write", "update")]
        energy += len(part) * sum(each) * instances
    return energy


def _rows_of(tensor: Tensor, memory: Memory) -> float:
    times, over = rows_per_word(tensor.bits, memory)
    return times / over


@dataclass(frozen=True)
class _Least:
    """What is below the buffer, at least: steps, pJ but for leakage, pJ a cycle of that, words that the
    buffer reads, and cycles of the registers' ports."""

    steps: Array
    energy: Array
    leak: Array
    words: Array
    ports: Array
