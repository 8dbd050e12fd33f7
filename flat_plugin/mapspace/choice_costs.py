"""What choices of loops below the buffer cost: words, energy and cycles, of many at once.

The rules are those of :mod:`flat_plugin.mapspace.below_buffer`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import inf, prod

import numpy as np

from flat_plugin.architecture.energy_table import EnergyTable
from flat_plugin.architecture.hardware import Architecture, Memory
from flat_plugin.mapspace.fabric import Candidates, Fabric, Placement
from flat_plugin.mapspace.structure import Structure
from flat_plugin.model.cost import action_energy, throttled
from flat_plugin.model.links import linked_groups
from flat_plugin.model.mapping_batch import Array
from flat_plugin.model.widths import rows, rows_per_word, taken_by

FORBIDDEN = 0.0  # a register tile that would outlive an iteration of the shared loops


@dataclass(frozen=True)
class Menu:
    """Choices for one buffer tile, one a column; words of the buffer, pJ below the outermost memory
    (but leakage), pJ a cycle of leakage, and cycles of the registers' ports. So many choices were
    ``evaluated`` to make it."""

    steps: Array
    reads: Array  # [tensors, n]
    updates: Array
    energy: Array
    leak: Array
    ports: Array
    port_cycles: Array
    choice: Candidates
    evaluated: int = 0

    def __len__(self) -> int:
        return len(self.steps)

    def take(self, columns: Array) -> Menu:
        return Menu(
            self.steps[columns],
            self.reads[:, columns],
            self.updates[columns],
            self.energy[columns],
            self.leak[columns],
            self.ports[columns],
            self.port_cycles[columns],
            self.choice.take(columns),
            self.evaluated,
        )


@dataclass(frozen=True, eq=False)
class ChoiceCosts:
    """The costs of an operator's choices.

    Args:
        placements: where each unrolling lies, level by level; choices name theirs by its number.
        leaks: pJ a cycle and instance of each level.
        spanned: words of batch dimensions in a buffer tile; where it is more than 1, no register tile
            outlives a buffer tile.
    """

    structure: Structure
    architecture: Architecture
    energies: EnergyTable
    fabric: Fabric
    placements: tuple[Placement, ...]
    leaks: tuple[float, ...]
    spanned: int = 1

    @cached_property
    def _operations(self) -> float:
        return float(self.structure.einsum.operations)

    @cached_property
    def _words(self) -> list[float]:
        einsum = self.structure.einsum
        return [float(einsum.words(tensor)) for tensor in einsum.tensors]

    def lasting(self, choice: Candidates) -> Array:
        """[tensors, n]: what stays below the buffer from one step to the next, if its loops allow it."""
        return np.ones_like(choice.keep) if self.fabric.linked else choice.keep

    @cached_property
    def links(self) -> Array:
        """[tensors, placements]: words a step that linked compute units can hand on."""
        structure, level = self.structure, len(self.architecture.memories) - 1
        width, height = self.architecture.fanout(level)
        links = np.empty((len(structure.missing), len(self.placements)))
        for n, placement in enumerate(self.placements):
            x, y = placement[level]
            order = [d for d, f in enumerate(x) if f > 1] + [d for d, f in enumerate(y) if f > 1]
            extents = tuple(x[d] * y[d] for d in order)
            for t, present in enumerate(structure.indexing):
                above = prod(prod(a[d] * b[d] for d in present) for a, b in placement[:level])
                flags = tuple(d in present for d in order)
                links[t, n] = linked_groups(extents, extents, flags, width, height) * above
        return links

    def of(self, choice: Candidates, extents: Sequence[float], carried: tuple[float, ...]) -> Menu:
        structure, output = self.structure, self.structure.output
        unrolled = choice.spatial.prod(axis=0)
        steps = self._operations / unrolled
        factors = choice.spatial * choice.register
        reads = np.empty((len(structure.missing), len(choice)))
        register_reads, register_writes = np.zeros((2, len(structure.missing), len(choice)))
        updates = np.empty(0)
        buffer, inner = self.architecture.memories[1], self.architecture.memories[-1]
        energy = np.zeros(len(choice))
        clusters = np.minimum(unrolled, inner.instances // inner.cluster_size)
        shared = min(1, buffer.instances // buffer.cluster_size)
        for t, (absent, present) in enumerate(zip(structure.missing, structure.indexing, strict=True)):
            kept = choice.keep[t]
            across = choice.spatial[list(absent)].prod(axis=0)
            spared = factors[list(absent)].prod(axis=0)
            extent = product(extents, absent)
            whole = self.lasting(choice)[t] & np.logical_and.reduce(
                [factors[d] == extents[d] for d in present]
            )
            whole &= self.spanned == 1
            stays = np.where((choice.stationary == t) | whole, extent, spared)
            if carried[t] == FORBIDDEN:
                energy[whole] = inf
            else:
                stays = np.where(whole, stays * carried[t], stays)
            own = unrolled / across  # instances that hold different words
            if self.fabric.linked:
                handed_on = (steps - steps * across / stays) * self.links[t, choice.place]
                accesses = steps * own - handed_on
            else:
                accesses = self._operations / np.where(kept, stays, across)
            if t == output:
                partition = self._words[t]
                reads[t], updates = accesses - partition, accesses
                register_reads[t] = np.where(kept, steps - partition / own, 0.0)
                fills = np.where(kept, (accesses - partition) / own, 0.0)
                register_updates = np.where(kept, steps, 0.0)
                register_writes[t] = fills + register_updates
                energy += self._energy(buffer, "update", t, accesses) * shared
                if self.fabric.registers:
                    energy += self._energy(inner, "update", t, register_updates) * clusters
            else:
                reads[t] = accesses
                register_reads[t] = np.where(kept, steps, 0.0)
                fills = register_writes[t] = np.where(kept, accesses / own, 0.0)
            energy += self._energy(buffer, "read", t, reads[t]) * shared
            if self.fabric.registers:
                energy += self._energy(inner, "read", t, register_reads[t]) * clusters
                energy += self._energy(inner, "write", t, fills) * clusters
        leak, taken = self.leaks_of(choice), taken_by(structure.einsum.tensors, inner)
        register_reads, register_writes = (words * taken for words in (register_reads, register_writes))
        ports = port_time(inner, register_reads.sum(axis=0), register_writes.sum(axis=0))
        _, cycles = throttled(inner, steps, register_reads, register_writes)
        return Menu(steps, reads, updates, energy, leak, ports, cycles, choice)

    def _energy(self, memory: Memory, action: str, tensor: int, words: Array) -> Array:
        (accessed,) = rows(words[None], [self.structure.einsum.tensors[tensor]], memory)
        return accessed * action_energy(self.energies, memory.name, action)

    def leaks_of(self, choice: Candidates) -> Array:
        """pJ a cycle of all used instances."""
        return self.place_leaks[choice.place]

    @cached_property
    def place_leaks(self) -> Array:
        leaks = []
        for placement in self.placements:
            instances, total = 1.0, self.leaks[0]
            for level, (x, y) in enumerate(placement):
                if level:
                    total += self.leaks[level] * instances
                instances *= prod(x) * prod(y)
            leaks.append(total)
        return np.array(leaks)

    @cached_property
    def apart(self) -> Array:
        """[tensors, placements]: instances that hold different words of each tensor."""
        return np.array(
            [
                [prod(x[d] * y[d] for x, y in place for d in present) for place in self.placements]
                for present in self.structure.indexing
            ],
            dtype=float,
        )

    @cached_property
    def clusters(self) -> Array:
        """[placements]: instances of the innermost memory that are accessed."""
        inner = self.architecture.memories[-1]
        unrolled = np.array([prod(prod(x) * prod(y) for x, y in place) for place in self.placements])
        return np.minimum(unrolled, inner.instances // inner.cluster_size)

    def word_energy(self, level: int, action: str, t: int) -> float:
        """pJ of an action of a memory for one word of a tensor."""
        memory = self.architecture.memories[level]
        times, over = rows_per_word(self.structure.einsum.tensors[t].bits, memory)
        return action_energy(self.energies, memory.name, action) * times / over


def product(extents: Sequence[float], dimensions: Sequence[int]) -> float:
    return float(prod(extents[d] for d in dimensions))


def port_time(memory: Memory, reads: Array, writes: Array) -> Array:
    """Cycles that one instance's ports need for these words; ``work.port_cycles`` for arrays."""
    times = [words / width for _, words, width in memory.ports(reads, writes)]
    return np.maximum.reduce(times) if times else np.zeros_like(reads + writes)
