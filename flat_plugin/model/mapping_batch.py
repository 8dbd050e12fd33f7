"""Many mappings of one einsum on one architecture, as arrays.

Axes are ``[level, dimension, mapping]``: levels outermost first, mappings last so that every step
of the analysis runs over contiguous memory. Mappings of a batch share their *form* (the order of
loops and what each level keeps) and differ in their factors.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from flat_plugin.architecture.hardware import Architecture
from flat_plugin.errors import FlatError
from flat_plugin.mapping.last_turns import with_last_turns
from flat_plugin.mapping.nest import Factors, LevelMapping, OperatorMapping
from flat_plugin.workload.einsum import Einsum

Array = NDArray[Any]


@dataclass(frozen=True)
class Form:
    """What the mappings of a batch share.

    ``order[level]`` are dimension indices, innermost first; ``spatial_order[level]`` likewise for
    the loops unrolled below the level: on X in the order of first mention, then on Y in that of last
    mention; ``keep[level][tensor]``.
    """

    order: tuple[tuple[int, ...], ...]
    spatial_order: tuple[tuple[int, ...], ...]
    keep: tuple[tuple[bool, ...], ...]


@dataclass(frozen=True)
class MappingBatch:
    """Trips of loops, of shape ``[levels, dimensions, mappings]``; 1 where a loop is absent.

    They cover the einsum, but need not divide it: last turns are then shorter, as its sizes ask.
    ``lengths`` are sizes of dimensions that differ by mapping, each ``[mappings]``; the einsum's are then
    the largest. ``alike`` are dimensions, by number, that are known to have one size, and the same trips, in
    all mappings.
    """

    einsum: Einsum
    architecture: Architecture
    form: Form
    temporal: Array
    spatial_x: Array
    spatial_y: Array
    lengths: Mapping[str, Array] = field(default_factory=dict)
    alike: frozenset[int] = frozenset()

    def __len__(self) -> int:
        return int(self.temporal.shape[2])

    def size(self, dimension: int) -> int | Array:
        """Of a dimension, by its number: that of all mappings, or ``[mappings]``."""
        name, size = self.einsum.bounds[dimension]
        return self.lengths.get(name, size)

    def product(self, trips: Array) -> Array:
        """[levels, mappings]: trips (one of the three above) of the loops of each level together."""
        alike = sorted(self.alike)
        same = trips[:, alike, :1].prod(axis=1)
        differ = [trips[:, d] for d in range(trips.shape[1]) if d not in self.alike]
        return prod(differ, start=same) if differ else np.repeat(same, len(self), axis=1)

    @property
    def operations(self) -> float | Array:
        """Multiply-accumulates of the einsum, or ``[mappings]``."""
        if not self.lengths:
            return float(self.einsum.operations)
        sizes = (self.size(d) for d in range(len(self.einsum.bounds)))
        return np.asarray(prod(sizes), dtype=float)


def form_of(einsum: Einsum, mapping: OperatorMapping) -> Form:
    """The form of one mapping; loops that it does not write have factor 1 and any place will do."""
    index = {dimension: i for i, dimension in enumerate(einsum.dimensions)}

    def order(factors: Factors) -> tuple[int, ...]:
        named = [index[d] for d, _ in factors]
        return (*named, *(d for d in range(len(index)) if d not in named))

    return Form(
        tuple(tuple(dict.fromkeys(order(level.temporal))) for level in mapping.levels),
        tuple(order(level.spatial_x + level.spatial_y) for level in mapping.levels),
        tuple(
            tuple(tensor.name not in level.bypass for tensor in einsum.tensors) for level in mapping.levels
        ),
    )


def batch_of(
    einsum: Einsum,
    architecture: Architecture,
    mappings: Sequence[OperatorMapping],
    form: Form | None = None,
) -> MappingBatch:
    """Stack mappings of one form; each is checked to cover the einsum exactly."""
    index = {dimension: i for i, dimension in enumerate(einsum.dimensions)}
    shape = (len(architecture.memories), len(index), len(mappings))
    temporal, spatial_x, spatial_y = np.ones(shape), np.ones(shape), np.ones(shape)
    for n, mapping in enumerate(mappings):
        check_mapping(einsum, architecture, mapping)
        for i, level in enumerate(mapping.levels):
            for target, factors in (
                (temporal, level.temporal),
                (spatial_x, level.spatial_x),
                (spatial_y, level.spatial_y),
            ):
                for dimension, factor in factors:
                    target[i, index[dimension], n] *= factor
    form = form or form_of(einsum, mappings[0])
    return MappingBatch(einsum, architecture, form, temporal, spatial_x, spatial_y)


def _check_unrolled_rest(einsum: Einsum, mapping: OperatorMapping) -> None:
    """Timeloop stops at a loop with a shorter last turn that is unrolled and the outermost of its dimension.

    A memory without loops of its own counts as a loop of one turn over the last dimension.
    """
    outer: set[str] = set()
    for level in mapping.levels:
        turning = {d for d, trips in level.temporal if trips > 1}
        outer |= turning or {einsum.dimensions[-1]}
        last = dict(level.last_spatial)
        for dimension, trips in (*level.spatial_y[::-1], *level.spatial_x[::-1]):
            if trips > 1 and last.get(dimension, trips) < trips and dimension not in outer:
                raise FlatError(
                    "the outermost loop of a dimension is unrolled and has a shorter last turn, which "
                    "Timeloop does not count",
                    path=f"mapping.{level.level}.{dimension}",
                    value=f"{dimension}={trips},{last[dimension]}",
                    expected=f"a loop over {dimension} in time outside it",
                )
            outer |= {dimension} if trips > 1 else set()


def mapping_of(batch: MappingBatch, n: int) -> OperatorMapping:
    """Mapping ``n`` of a batch as a value, with its last turns."""
    dimensions, form = batch.einsum.dimensions, batch.form

    def loops(trips: Array, order: Iterable[int]) -> Factors:
        return tuple((dimensions[d], int(trips[d, n])) for d in order)

    levels = []
    for i, memory in enumerate(batch.architecture.memories):
        unrolled = {"x": batch.spatial_x[i], "y": batch.spatial_y[i]}
        order = [loop for loop in spatial_loops(form.spatial_order[i]) if unrolled[loop[0]][loop[1], n] > 1]
        x, y = (loops(unrolled[axis], [d for along, d in order if along == axis]) for axis in "xy")
        kept = zip(batch.einsum.tensors, form.keep[i], strict=True)
        bypass = frozenset(tensor.name for tensor, keep in kept if not keep)
        levels.append(LevelMapping(memory.name, loops(batch.temporal[i], form.order[i]), x, y, bypass))
    return with_last_turns(OperatorMapping(tuple(levels)), batch.einsum.sizes)


def spatial_loops(order: tuple[int, ...]) -> list[tuple[str, int]]:
    """(x or y, dimension) of a level's unrolled loops, the one whose index runs fastest first."""
    along_y = list(dict.fromkeys(reversed(order)))[::-1]
    return [("x", d) for d in dict.fromkeys(order)] + [("y", d) for d in along_y]


def check_mapping(einsum: Einsum, architecture: Architecture, mapping: OperatorMapping) -> None:
    """Levels are the architecture's, dimensions the einsum's, and factors multiply to the bounds.

    With last tiles that are smaller: the iterations outside, but for the last, are full ones.
    """
    names = tuple(memory.name for memory in architecture.memories)
    if tuple(level.level for level in mapping.levels) != names:
        raise FlatError(
            "a mapping has one entry for each memory, outermost first",
            path="mapping",
            value=[level.level for level in mapping.levels],
            expected=", ".join(names),
        )
    covered = dict.fromkeys(einsum.dimensions, 0)
    for level in mapping.levels:
        for factors, last in (
            (level.temporal, dict(level.last_temporal)),
            (level.spatial_x + level.spatial_y, dict(level.last_spatial)),
        ):
            for dimension, factor in factors:
                if dimension not in covered:
                    raise FlatError(
                        "unknown dimension",
                        path=f"mapping.{level.level}",
                        value=dimension,
                        expected="one of " + ", ".join(covered),
                    )
                if factor < 1:
                    raise FlatError(
                        "a factor must be 1 or more",
                        path=f"mapping.{level.level}.{dimension}",
                        value=factor,
                    )
                covered[dimension] = covered[dimension] * factor + last.get(dimension, factor) - 1
    for dimension, bound in einsum.bounds:
        if covered[dimension] + 1 != bound:
            raise FlatError(
                f"the factors of dimension {dimension} multiply to {covered[dimension] + 1} "
                f"({mapping.loops_over(dimension)}), "
                f"but its bound in {einsum.name} is {bound}",
                path=f"mapping.{dimension}",
            )
    _check_unrolled_rest(einsum, mapping)
