"""From counts to cycles and energy, and to what the hardware refuses; for many mappings at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import inf

import numpy as np
from numpy.typing import NDArray

from flat_plugin.architecture.energy_table import EnergyTable
from flat_plugin.architecture.hardware import Memory
from flat_plugin.model.counts import Counts
from flat_plugin.model.mapping_batch import Array, MappingBatch
from flat_plugin.model.ragged import counts_of
from flat_plugin.model.widths import held, mac_energy, rows, shares


@dataclass(frozen=True)
class Costs:
    """What a batch costs. Energies in pJ over all used instances."""

    counts: Counts
    level_cycles: Array  # [levels, mappings]
    throttling: Array  # [levels, mappings]: 1 = not slowed down by this level's bandwidth
    cycles: Array  # [mappings]
    compute_instances: int
    access_energy: Array  # [levels, tensors, mappings]
    leak_energy: Array  # [levels, mappings]
    compute_energy: Array  # [mappings]
    valid: NDArray[np.bool_]  # [mappings]

    @cached_property
    def utilization(self) -> Array:
        """[mappings], 0..1"""
        return self.counts.computes / self.compute_instances / self.cycles

    @cached_property
    def energy(self) -> Array:
        """[mappings]"""
        return self.access_energy.sum(axis=(0, 1)) + self.leak_energy.sum(axis=0) + self.compute_energy


def evaluate(batch: MappingBatch, energies: EnergyTable) -> Costs:
    """Cycles, energy and validity of every mapping of a batch, whether or not its factors divide.

    Raises:
        FlatError: the einsum has windows, or the loops of a mapping do not cover it.
    """
    return costs_of(batch, counts_of(batch), energies)


def costs_of(batch: MappingBatch, counts: Counts, energies: EnergyTable) -> Costs:
    """Cycles, energy and validity that follow from counts."""
    counts = _less_what_is_there(batch, counts)
    throttling, level_cycles = _bandwidths(batch, counts)
    busiest = np.maximum(counts.compute_cycles, level_cycles.max(axis=0))
    latency = sum(memory.network_latency for memory in batch.architecture.memories)
    cycles = busiest + latency
    computing = batch.architecture.compute
    compute = mac_energy(batch.einsum, computing, energies) * counts.computes
    access, leak = _energies(batch, counts, busiest, energies)
    return Costs(
        counts=counts,
        level_cycles=level_cycles,
        throttling=throttling,
        cycles=cycles,
        compute_instances=batch.architecture.compute.instances,
        access_energy=access,
        leak_energy=leak,
        compute_energy=compute,
        valid=_valid(batch, counts),
    )


def _less_what_is_there(batch: MappingBatch, counts: Counts) -> Counts:
    """Counts without the way in of tensors whose words a memory has already, as a part of another tensor:
    it is not filled with them, and no memory outside it passes them on."""
    names = [memory.name for memory in batch.architecture.memories]
    places = [
        (t, names.index(name))
        for t, tensor in enumerate(batch.einsum.tensors)
        for name in tensor.inside
        if batch.form.keep[names.index(name)][t]
    ]
    if not places:
        return counts
    reads, fills = counts.reads.copy(), counts.fills.copy()
    for t, level in places:
        reads[:level, t], fills[: level + 1, t] = 0, 0
    return replace(counts, reads=reads, fills=fills)


def kept_tensors(keep: Sequence[bool]) -> slice:
    """Where the tensors are that a memory keeps: there is nothing to count of those before and behind."""
    if True not in keep:
        return slice(0, 0)
    return slice(keep.index(True), len(keep) - keep[::-1].index(True))


def action_energy(energies: EnergyTable, component: str, action: str) -> float:
    """pJ of one action; see :meth:`EnergyTable.energy`."""
    return energies.energy(component, action)


def _bandwidths(batch: MappingBatch, counts: Counts) -> tuple[Array, Array]:
    """How far each level's bandwidth stretches the computation, and the cycles it then takes."""
    steps, levels = counts.compute_cycles, []
    for i, memory in enumerate(batch.architecture.memories):
        if not memory.limited:
            levels.append((np.ones(steps.shape), np.ceil(steps)))
            continue
        own = kept_tensors(batch.form.keep[i])
        reads, writes = counts.reads[i, own], counts.fills[i, own] + counts.updates[i, own]
        idle = counts.extents[0][i] * counts.extents[1][i] / counts.instances[i]
        if (idle > 1).any():  # the instances that are used less relieve the others
            reads, writes = np.ceil(reads / idle), np.ceil(writes / idle)
        if (taken := shares(batch.einsum.tensors, memory)) is not None:
            reads, writes = reads * taken[own], writes * taken[own]
        levels.append(throttled(memory, steps, reads, writes))
    throttling, cycles = zip(*levels, strict=True)
    return np.stack(throttling), np.stack(cycles)


def throttled(memory: Memory, steps: Array, reads: Array, writes: Array) -> tuple[Array, Array]:
    """How far a level's bandwidth stretches ``steps`` of computation, and the cycles it then takes.

    Args:
        reads, writes: words of the memory and of one instance, shape ``[tensors, mappings]``.
    """
    throttling = np.ones(steps.shape)
    if memory.limited:
        read, written = (reads / steps).sum(axis=0), (writes / steps).sum(axis=0)
        for _, demand, bandwidth in memory.ports(read, written):
            np.minimum(throttling, bandwidth / np.maximum(demand, bandwidth), out=throttling)
    return throttling, np.ceil(steps / throttling)


def _energies(
    batch: MappingBatch, counts: Counts, busiest: Array, energies: EnergyTable
) -> tuple[Array, Array]:
    access = np.zeros_like(counts.reads)
    leak = np.zeros((counts.reads.shape[0], len(batch)))
    for i, memory in enumerate(batch.architecture.memories):
        clusters, own = accessed(counts, memory, i), kept_tensors(batch.form.keep[i])
        for action, words in (("read", counts.reads), ("write", counts.fills), ("update", counts.updates)):
            if words[i, own].any():  # what is not done needs no energy
                energy = action_energy(energies, memory.name, action)
                access[i, own] += rows(words[i, own], batch.einsum.tensors[own], memory) * energy * clusters
        if any(batch.form.keep[i]) or memory.name in energies.components or not energies.known:
            leak[i] = action_energy(energies, memory.name, "leak") * busiest * counts.instances[i]
    return access, leak


def blocks(words: Array, memory: Memory) -> Array:
    """Accesses of a whole row that move these words."""
    return np.ceil(words / memory.block_size) if memory.block_size > 1 else words


def accessed(counts: Counts, memory: Memory, level: int) -> Array:
    """[mappings]: instances that are accessed, on average; one access serves all of a cluster."""
    most = counts.extents[0][level] * counts.extents[1][level]
    return np.minimum(most, memory.instances // memory.cluster_size) * (counts.instances[level] / most)


def _valid(batch: MappingBatch, counts: Counts) -> NDArray[np.bool_]:
    stored = all(any(keep) for keep in zip(*batch.form.keep, strict=True))
    valid = np.full(len(batch), stored)
    x, y = counts.extents
    architecture = batch.architecture
    for i, memory in enumerate(architecture.memories):
        if memory.capacity < inf:
            valid &= held(counts.tiles[i], batch.einsum.tensors, memory) <= memory.capacity
        valid &= (x[i] <= memory.mesh_x) & (y[i] <= memory.mesh_y)
    if counts.adds_up is not None:
        valid &= counts.adds_up
    valid &= (x[-1] <= architecture.compute.mesh_x) & (y[-1] <= architecture.compute.mesh_y)
    return valid
