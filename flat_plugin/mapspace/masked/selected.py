"""Keys that are chosen, in searches: whole rows for each of them, lists of indices, and what chooses them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from flat_plugin.architecture.energy_table import EnergyTable
from flat_plugin.architecture.hardware import Architecture
from flat_plugin.mapping.nest import OperatorMapping
from flat_plugin.mapspace.index_products import choosing
from flat_plugin.mapspace.operator_pairs import Chain
from flat_plugin.model.counts import Counts
from flat_plugin.model.gathered_rows import GATHERED, rows_over_words_of, visits, width_of
from flat_plugin.model.mapping_batch import Array, MappingBatch
from flat_plugin.model.operator_work import Work
from flat_plugin.model.selection_cost import gathered_indices, index_bits, moved
from flat_plugin.plain import known
from flat_plugin.workload.attention import Attention
from flat_plugin.workload.einsum import Einsum
from flat_plugin.workload.selection import Select


@dataclass(frozen=True)
class Gathered:
    """How an operator gathers its keys or values.

    Attributes:
        tensor: of the einsum, by number.
        index: the work of moving an index.
    """

    einsum: Einsum
    architecture: Architecture
    select: Select
    tensor: int
    index: Work

    @classmethod
    def of(
        cls, einsum: Einsum, attention: Attention, architecture: Architecture, energies: EnergyTable
    ) -> Gathered | None:
        """None where no keys are chosen."""
        if attention.mask.select is None:
            return None
        tensor = next(t for t, each in enumerate(einsum.tensors) if each.name in GATHERED)
        index = index_work(attention, architecture, energies)
        return cls(einsum, architecture, attention.mask.select, tensor, index)

    def rows_over_words(self, part: Array, keys: Array, every: Array) -> Array:
        """Words of the outermost memory that are read for each that is used.

        Args:
            part: words of a key that the buffer takes at a time.
            keys: that it takes at a time, of ``every`` key.
        """
        tensor, memory = self.einsum.tensors[self.tensor], self.architecture.memories[0]
        size = self.einsum.sizes[width_of(tensor)]
        taken = part, np.minimum(keys, every), every
        return rows_over_words_of(tensor, size, taken, memory, self.select)

    def counts(self, counts: Counts, whole: MappingBatch, which: Array, most: Array) -> Counts:
        """Counts with whole rows of the outermost memory.

        Args:
            whole: of the full square, of which each iteration is one by its number ``which``.
            most: keys of the iteration that has most, of each.
        """
        dimensions = self.einsum.dimensions
        inside = whole.temporal[1:] * whole.spatial_x[1:] * whole.spatial_y[1:]
        tensor = self.einsum.tensors[self.tensor]
        part, keys = (inside[:, dimensions.index(d)].prod(axis=0)[which] for d in (width_of(tensor), "N"))
        reads = counts.reads.copy()
        reads[0, self.tensor] *= self.rows_over_words(part, keys, most)
        return replace(counts, reads=reads)

    def further_visits(self, nests: Sequence[OperatorMapping]) -> Array:
        """[mappings]: how often a tile of rows comes to the same keys again."""
        name = self.einsum.tensors[self.tensor].name
        return np.array([visits(nest, name) - 1 for nest in nests], dtype=float)


def index_work(attention: Attention, architecture: Architecture, energies: EnergyTable) -> Work:
    """Of an index that is read."""
    return moved("indices", architecture, energies, {"indices": (1, 0, index_bits(attention))})


def selecting(
    chain: Chain,
    attention: Attention,
    rows: Sequence[int],
    architecture: Architecture,
    energies: EnergyTable,
    own: EnergyTable,
) -> Chain:
    """The chain with a list of indices for logit and one for attend, and with what chooses keys before it.

    Args:
        rows: of a tile, for each choice of shared loops.
        energies: to compare mappings by.
        own: of the architecture, by which an index is mapped.

    Raises:
        InvalidMapping: no index fits.
        FlatError: there is no top-k unit.
    """
    if attention.mask.select is None:
        return chain
    memory, each = architecture.memories[0], index_work(attention, architecture, energies)
    indices = np.array([2.0 * gathered_indices(attention, count) for count in rows])
    before = _before(attention, attention.mask.select, architecture, own)
    works = [before(count) for count in rows]
    read = indices * each.busy[memory.name]
    ports = chain.ports.copy()
    ports[0] += read
    return replace(
        chain,
        cycles=chain.cycles + read,
        ports=ports,
        energy=chain.energy + indices * each.energy_pj + [_energy(own) for own in works],
        traffic=chain.traffic
        + indices * _words(each, memory.word_bits)
        + [sum(_words(work, memory.word_bits) for work in own) for own in works],
        before=np.array([sum(work.cycles for work in own) for own in works]),
        gathers=True,
    )


def _before(
    attention: Attention, select: Select, architecture: Architecture, energies: EnergyTable
) -> Callable[[int], list[Work]]:
    """What chooses the keys of tiles of so many rows: the same where as many queries choose together."""

    @cache
    def chosen(together: int) -> list[Work]:
        return choosing(attention, select, together, architecture, energies)

    return lambda rows: chosen(select.rows(rows)) if select.index else []


def _energy(works: Sequence[Work]) -> float:
    return sum(known(work.energy_pj) or 0.0 for work in works)


def _words(work: Work, word_bits: int) -> float:
    return sum(traffic.taken(0, word_bits) for traffic in work.traffic.values())
