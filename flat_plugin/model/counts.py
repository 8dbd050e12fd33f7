"""Access counts of loop nests: what every level reads, fills and updates, for many mappings at once.

The model is Timeloop's for dense einsums with perfect factors. A level hands its children a tile
each time the tile changes. Over the temporal loops above the children, innermost first, a loop
that does not index the tensor leaves the tile in place, as long as no loop inside it has moved
the tile: those loops are *reuse*. Children that differ only in dimensions that do not index the
tensor share one access (multicast; spatial reduction for the output).

Counts are float64: exact below 2^53.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from flat_plugin.distinct import distinct_columns
from flat_plugin.model.links import linked_groups
from flat_plugin.model.mapping_batch import Array, MappingBatch, spatial_loops


@dataclass(frozen=True)
class Counts:
    """Per instance, shape ``[levels, tensors, mappings]``, words; 0 where a tensor is bypassed.

    ``instances`` are used on average: fewer than the extents make where tiles are uneven.
    """

    tiles: Array
    partitions: Array
    reads: Array
    fills: Array
    updates: Array
    reductions: Array
    instances: Array  # [levels + 1, mappings]: used instances of each memory, then of the compute
    extents: tuple[Array, Array]  # the same in x and in y
    compute_cycles: Array  # [mappings]
    computes: Array  # [mappings]
    adds_up: Array | None = None  # [mappings]: no output has fewer words than its part; None: in all


class NestAnalysis:
    """The quantities of a batch from which counts follow; each computed once."""

    def __init__(self, batch: MappingBatch) -> None:
        self.batch = batch
        dimensions = batch.einsum.dimensions
        self.relevant = [
            [dimension in tensor.dimensions for dimension in dimensions] for tensor in batch.einsum.tensors
        ]
        self.levels, self.ranks, self.size = batch.temporal.shape
        self.tensors = len(self.relevant)

    @cached_property
    def level_steps(self) -> Array:
        """[levels, mappings]: temporal iterations of one pass over a level's own loops."""
        return self.batch.product(self.batch.temporal)

    @cached_property
    def steps(self) -> Array:
        """[levels, mappings]: how often a level turns to its children, all outer loops included."""
        return multiply_down(self.level_steps.copy())

    @cached_property
    def scatter(self) -> Array:
        """[levels, tensors, mappings]: distinct tiles among the children of one instance."""
        scatter = np.ones((self.levels, self.tensors, self.size))
        for level in self.unrolled:
            factors = self.batch.spatial_x[level] * self.batch.spatial_y[level]
            self._multiply_relevant(factors, scatter[level])
        return scatter

    @cached_property
    def tiles(self) -> Array:
        """[levels + 1, tensors, mappings]: words of a tile at each level; 1 at the compute units."""
        tiles = np.ones((self.levels + 1, self.tensors, self.size))
        for level in range(self.levels - 1, -1, -1):
            tiles[level] = tiles[level + 1]
            self._multiply_relevant(self.batch.temporal[level], tiles[level])
            if level in self.unrolled:
                tiles[level] *= self.scatter[level]
        return tiles

    @cached_property
    def reuse(self) -> Array:
        """[levels, tensors, mappings]: steps that a child's tile stays in place, on average."""
        reuse = np.ones((self.levels, self.tensors, self.size))
        temporal, order = self.batch.temporal, self.batch.form.order
        trivial = temporal == 1
        for t, relevant in enumerate(self.relevant):
            for level in range(self.levels):
                stay = reuse[level, t]
                still: Array | None = None  # no loop so far has moved the tile
                for d in order[level]:
                    if relevant[d]:
                        still = trivial[level, d] if still is None else still & trivial[level, d]
                    elif still is None:
                        stay *= temporal[level, d]
                    else:
                        stay *= np.where(still, temporal[level, d], 1.0)
                if level:
                    outside = reuse[level - 1, t]
                    stay *= outside if still is None else np.where(still, outside, 1.0)
        return reuse

    @cached_property
    def deliveries(self) -> Array:
        """[levels, tensors, mappings]: how often a child's tile changes.

        A compute unit holds nothing: it asks for its operands at every step.
        """
        deliveries = self.steps[:, None, :] / self.reuse
        deliveries[-1] = self.steps[-1]
        return deliveries

    @cached_property
    def own_accesses(self) -> Array:
        """[levels, tensors, mappings]: words a level exchanges with its children if all keep all."""
        accesses = self.deliveries * self.tiles[1:]
        for level in self.unrolled:
            accesses[level] *= self.scatter[level]
        if self.batch.architecture.fanout(self.levels - 1) != (1, 1):
            accesses[-1] -= _handed_on(self)
        return accesses

    @cached_property
    def accesses(self) -> Array:
        """[levels, tensors, mappings]: the same, when bypassed levels pass requests outwards."""
        accesses = self.own_accesses.copy()
        keep = self.batch.form.keep
        for t in range(self.tensors):
            for level in range(self.levels - 1, 0, -1):
                if not keep[level][t]:
                    accesses[level - 1, t] = accesses[level, t] * self.scatter[level - 1, t]
        return accesses

    @cached_property
    def partitions(self) -> Array:
        """[levels, tensors, mappings]: the part of the tensor that one instance ever holds."""
        partitions = np.empty((self.levels, self.tensors, self.size))
        partitions[0] = self.tiles[0]
        for level in range(1, self.levels):
            partitions[level] = partitions[level - 1]
            if level - 1 in self.unrolled:
                partitions[level] /= self.scatter[level - 1]
        return partitions

    @cached_property
    def extents(self) -> tuple[Array, Array]:
        """Twice [levels + 1, mappings]: used extent of each level's mesh in x and y."""
        x, y = np.ones((2, self.levels + 1, self.size))
        x[1:], y[1:] = (self.batch.product(trips) for trips in (self.batch.spatial_x, self.batch.spatial_y))
        return multiply_down(x), multiply_down(y)

    @cached_property
    def unrolled(self) -> tuple[int, ...]:
        """Levels below which any mapping of the batch unrolls a loop."""
        instances = self.instances
        return tuple(level for level in range(self.levels) if (instances[level + 1] > instances[level]).any())

    @cached_property
    def instances(self) -> Array:
        """[levels + 1, mappings]"""
        x, y = self.extents
        return x * y

    @cached_property
    def perfect(self) -> bool:
        """Whether all factors divide, if they cover the einsum."""
        return bool((self.steps[-1] * self.instances[-1] == self.batch.operations).all())

    def counts(self) -> Counts:
        """Reads, fills, updates and temporal reductions of what each level keeps.

        The first value of an output element is written without being read before, so its reads
        and fills are less by one partition. The outermost level that keeps a tensor is its
        backing store and is not filled.
        """
        shape = (self.levels, self.tensors, self.size)
        tiles, partitions, reads, fills, updates, reductions = (np.zeros(shape) for _ in range(6))
        keep = self.batch.form.keep
        for t, tensor in enumerate(self.batch.einsum.tensors):
            backing = next((i for i in range(self.levels) if keep[i][t]), None)
            for level in range(self.levels):
                if backing is None or not keep[level][t]:
                    continue
                tiles[level, t] = self.tiles[level, t]
                partition = partitions[level, t] = self.partitions[level, t]
                accesses = self.accesses[level, t]
                if level != backing:
                    fills[level, t] = self.deliveries[level - 1, t] * self.tiles[level, t]
                if tensor.output:
                    updates[level, t] = accesses
                    reads[level, t] = reductions[level, t] = accesses - partition
                    if level != backing:
                        fills[level, t] -= partition
                else:
                    reads[level, t] = accesses
        return Counts(
            tiles,
            partitions,
            reads,
            fills,
            updates,
            reductions,
            self.instances,
            self.extents,
            self.steps[-1],
            np.full(self.size, self.batch.operations),
        )

    def _multiply_relevant(self, factors: Array, products: Array) -> None:
        """Multiply ``products[tensors, mappings]`` by the factors of what indexes each tensor."""
        for t, relevant in enumerate(self.relevant):
            for d, flag in enumerate(relevant):
                if flag:
                    products[t] *= factors[d]


def _handed_on(nest: NestAnalysis) -> Array:
    """[tensors, mappings]: words that compute units take from a neighbour, not from memory.

    Compute units directly below a memory with a fan-out are linked in a mesh. When an operand
    stays the same from one step to the next, a unit whose neighbour held it passes it on.
    Only groups (units that share the operand) in which everyone has such a neighbour save
    their access.
    """
    batch, steps = nest.batch, nest.steps[-1]
    still = steps - steps / nest.reuse[-1]
    x, y = batch.spatial_x[-1].prod(axis=0), batch.spatial_y[-1].prod(axis=0)
    physical_x, physical_y = batch.architecture.fanout(nest.levels - 1)
    mesh = np.stack((np.maximum(physical_x, x), np.maximum(physical_y, y)))
    loops = spatial_loops(batch.form.spatial_order[-1])
    unrolled = {"x": batch.spatial_x[-1], "y": batch.spatial_y[-1]}
    layouts, which = distinct_columns(
        np.concatenate((np.stack([unrolled[across][d] for across, d in loops]), mesh)).astype(np.int64)
    )
    linked = np.empty((nest.tensors, layouts.shape[1]))
    for n, layout in enumerate(layouts.T.tolist()):
        extents = tuple(layout[:-2])
        for t, relevant in enumerate(nest.relevant):
            flags = tuple(relevant[d] for _, d in loops)
            linked[t, n] = linked_groups(extents, extents, flags, layout[-2], layout[-1])
    return still * linked[:, which]


def multiply_down(factors: Array) -> Array:
    """Make of every row its product with all above; row by row, which NumPy does faster than ``cumprod``."""
    for row in range(1, len(factors)):
        factors[row] *= factors[row - 1]
    return factors
