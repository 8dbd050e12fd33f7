"""Mappings of one operator, counted by the model over all iterations of their masks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any

import numpy as np

from flat_plugin.architecture.energy_table import EnergyTable
from flat_plugin.architecture.hardware import Architecture
from flat_plugin.mapping.nest import OperatorMapping
from flat_plugin.mapspace.masked.forms import by_form
from flat_plugin.mapspace.masked.iterations import Iterations
from flat_plugin.mapspace.masked.nodes import Nodes
from flat_plugin.mapspace.masked.selected import Gathered
from flat_plugin.model.cost import Costs, costs_of
from flat_plugin.model.mapping_batch import Array, Form, MappingBatch, batch_of
from flat_plugin.model.masked import AT_ONCE, without_found, work_of_many
from flat_plugin.model.operator_work import Work
from flat_plugin.model.ragged import counts_of
from flat_plugin.model.shortened_nests import shortened
from flat_plugin.model.widths import taken_by
from flat_plugin.workload.einsum import Einsum

MOST_LOST = 0.01  # of all operations, to units that smaller last tiles leave idle on average
MOST_IDLE = 1 / 3  # of an iteration's units: between one and two of them are counted as one at least


@dataclass(frozen=True)
class Counted:
    """Figures of mappings over all iterations, one a column; energy is infinite where one is not valid."""

    cycles: Array
    steps: Array
    busy: Array  # [memories, n]
    energy: Array
    traffic: Array

    @staticmethod
    def of(size: int, memories: int) -> Counted:
        """Room for so many."""
        one = (np.zeros(size) for _ in range(4))
        cycles, steps, energy, traffic = one
        return Counted(cycles, steps, np.zeros((memories, size)), energy, traffic)


class Counter:
    """Counts mappings of one operator; ``fused`` if it runs between iterations of another one."""

    def __init__(
        self,
        einsum: Einsum,
        architecture: Architecture,
        energies: EnergyTable,
        gathered: Gathered | None = None,
        *,
        fused: bool,
    ) -> None:
        self.einsum, self.architecture, self.energies, self.fused = einsum, architecture, energies, fused
        self.gathered = gathered
        self._taken = taken_by(einsum.tensors, architecture.memories[0])
        self._nodes: dict[tuple[int, tuple[int, ...]], Nodes] = {}

    def count(self, nests: Sequence[OperatorMapping], of: Sequence[Iterations]) -> Counted:
        """The figures of each mapping over the iterations that are given for it."""
        found = Counted.of(len(nests), len(self.architecture.memories))
        for form, numbers in by_form(self.einsum, nests).items():
            self._count(form, numbers, [nests[n] for n in numbers], [of[n] for n in numbers], found)
        if self.gathered is not None:
            self._add_indices(found, self.gathered, nests, of)
        return found

    def _add_indices(
        self,
        found: Counted,
        gathered: Gathered,
        nests: Sequence[OperatorMapping],
        of: Sequence[Iterations],
    ) -> None:
        """Lists of indices that are read again; the first ones are the chain's."""
        memory, index = self.architecture.memories[0], gathered.index
        indices = gathered.further_visits(nests) * [one.indices for one in of]
        cycles = indices * index.busy[memory.name]
        found.cycles[:] += cycles
        found.busy[0] += cycles
        found.energy[:] += indices * index.energy_pj
        found.traffic[:] += indices * index.traffic["indices"].taken(0, memory.word_bits)

    def _count(
        self,
        form: Form,
        numbers: Sequence[int],
        nests: Sequence[OperatorMapping],
        of: Sequence[Iterations],
        found: Counted,
    ) -> None:
        """Mappings of one form."""
        few = [self._few(nest, iterations) for nest, iterations in zip(nests, of, strict=True)]
        for own in _parts([len(each) for each in few]):
            self._count_few(form, numbers[own], nests[own], of[own], few[own], found)

    def _count_few(
        self,
        form: Form,
        numbers: Sequence[int],
        nests: Sequence[OperatorMapping],
        of: Sequence[Iterations],
        few: Sequence[Nodes],
        found: Counted,
    ) -> None:
        """As many of them as are counted at once, over these iterations."""
        which = np.repeat(np.arange(len(nests)), [len(own) for own in few])
        columns = {
            name: np.concatenate([getattr(o.kinds, name)[n.index] for o, n in zip(of, few, strict=True)])
            for name in ("rows", "keys", "before", "kept", "known")
        }
        lengths = {"M": columns["rows"], "N": columns["keys"]}
        if "G" in self.einsum.sizes:
            lengths["G"] = np.array([o.heads for o in of])[which]
        whole = batch_of(self.einsum, self.architecture, nests, form)
        batch = shortened(whole, which, lengths)
        costs, lost = self._costs(batch, whole, which, of, columns)
        self._add(found, np.array(numbers), which, few, batch, costs, lost)

    def _add(
        self,
        found: Counted,
        numbers: Array,
        which: Array,
        few: Sequence[Nodes],
        batch: MappingBatch,
        costs: Costs,
        lost: Array,
    ) -> None:
        """Put the sums over iterations where the mappings are."""
        times = np.concatenate([own.weights for own in few])

        def total(values: Any) -> Array:
            return np.bincount(which, weights=np.broadcast_to(values, which.shape) * times)

        work, counts = work_of_many(batch, costs), costs.counts
        cycles, leaked = _bends(few, costs, _times(costs, work, self.architecture))
        found.cycles[numbers] = total(work.cycles) + cycles
        found.steps[numbers] = total(counts.compute_cycles)
        for level, memory in enumerate(self.architecture.memories):
            found.busy[level, numbers] = total(work.busy[memory.name])
        found.energy[numbers] = total(work.energy_pj) + leaked
        invalid = np.bincount(which, weights=~costs.valid) > 0
        operations = np.broadcast_to(batch.operations, which.shape)
        found.energy[numbers[invalid | (total(lost * operations) > MOST_LOST * total(operations))]] = np.inf
        words = (counts.reads[0] + counts.fills[0] + counts.updates[0]) * self._taken
        found.traffic[numbers] = total(words.sum(axis=0))

    def _costs(
        self,
        batch: MappingBatch,
        whole: MappingBatch,
        which: Array,
        of: Sequence[Iterations],
        columns: Mapping[str, Array],
    ) -> tuple[Costs, Array]:
        """As the model has them for each iteration, and the part of its operations that is lost."""
        counts = counts_of(batch)
        operations = np.broadcast_to(batch.operations, which.shape)
        lost = 1 - counts.computes / operations
        most = np.array([o.keys for o in of])[which]
        every = np.array([o.kinds.every for o in of])[which]
        stay = {}
        for level, tiles in self._whole_tiles(whole).items():
            tile = tiles[which]
            near = np.where((columns["keys"] <= tile) & (columns["before"] <= tile), columns["kept"], 0)
            stay[level] = np.where((most <= tile) & (most == every), columns["known"], near)
        counts = without_found(batch, counts, stay)
        if self.gathered is not None:
            counts = self.gathered.counts(counts, whole, which, most)
        alike = np.array([o.alike for o in of])[which]
        counts = replace(counts, computes=np.where(alike, counts.computes, operations))
        return costs_of(batch, counts, self.energies), lost

    def _whole_tiles(self, whole: MappingBatch) -> dict[int, Array]:
        """[mappings] by memory: keys in a tile of K or V that may stay from one iteration to the next, as
        the model has it; 0 where none does."""
        n = whole.einsum.dimensions.index("N")
        width = len(whole.einsum.dimensions) - 1  # D or E, the last one
        last = 1 if self.fused else len(whole.temporal) - 1
        spatial = whole.spatial_x * whole.spatial_y
        found = {}
        for level in range(1, last + 1):
            whole_rows = (whole.temporal[:level, width] == 1).all(axis=0)
            together = (spatial[:level, n] == 1).all(axis=0)
            tile = (whole.temporal[level:, n] * spatial[level:, n]).prod(axis=0)
            found[level] = np.where(whole_rows & together, tile, 0)
        return found

    def _few(self, nest: OperatorMapping, iterations: Iterations) -> Nodes:
        """The kinds that are counted, and for how many iterations each stands."""
        extents, size = [], 1
        for level in reversed(nest.levels[1:]):
            for factors in (level.spatial_x, level.spatial_y, level.temporal):
                size *= prod(n for d, n in factors if d == "N")
                extents.append(size)
        key = id(iterations), tuple(extents)
        if key not in self._nodes:
            self._nodes[key] = iterations.nodes(extents)
        return self._nodes[key]


def _parts(counts: Sequence[int]) -> Iterator[slice]:
    """Mappings that follow each other and have together no more iterations than are counted at once."""
    start = together = 0
    for number, count in enumerate(counts):
        if number > start and together + count > AT_ONCE:
            yield slice(start, number)
            start, together = number, 0
        together += count
    if counts:
        yield slice(start, len(counts))


def _times(costs: Costs, work: Work, architecture: Architecture) -> Array:
    """[memories + 1, iterations]: the steps, and the time of every memory's ports, on average."""
    counts = costs.counts
    used = counts.instances[:-1] / (counts.extents[0][:-1] * counts.extents[1][:-1])
    ports = [
        np.broadcast_to(work.busy[memory.name], counts.compute_cycles.shape)
        for memory in architecture.memories
    ]
    return np.concatenate((counts.compute_cycles[None], np.stack(ports) * used))


def _bends(few: Sequence[Nodes], costs: Costs, levels: Array) -> tuple[Array, Array]:
    """[mappings]: cycles, and pJ of leakage, by which mappings differ from cycles that are linear between
    nodes: cycles are the most of what is linear, the steps and the time of every memory's ports (``levels``).
    """
    starts = np.cumsum([0, *map(len, few)])
    leak = costs.leak_energy.sum(axis=0) / np.maximum(levels.max(axis=0), 1.0)
    cycles, leaked = np.zeros((2, len(few)))
    for number, (start, own) in enumerate(zip(starts.tolist(), few, strict=False)):
        left, right = start + own.left, start + own.right
        bent = np.flatnonzero(levels[:, left].argmax(axis=0) != levels[:, right].argmax(axis=0))
        for gap in bent.tolist():
            one, other, between = left[gap], right[gap], int(own.between[gap])
            share = np.arange(1, between + 1) / (between + 1)
            values = levels[:, one, None] * (1 - share) + levels[:, other, None] * share
            less = values.max(axis=0).sum() - (levels[:, one].max() + levels[:, other].max()) * between / 2
            cycles[number] += less * own.times[gap]
            leaked[number] += less * own.times[gap] * leak[one]
    return cycles, leaked
