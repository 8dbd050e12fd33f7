"""Choices as loop nests: what a tile outside and a choice inside make together, for many at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from flat_plugin.architecture.hardware import Architecture
from flat_plugin.distinct import distinct_columns
from flat_plugin.mapspace.search.lines import Lines
from flat_plugin.mapspace.search.skeleton import Skeleton
from flat_plugin.mapspace.search.spread import Spread
from flat_plugin.mapspace.search.trips import Factors, ceil_div
from flat_plugin.mapspace.search.units import Units
from flat_plugin.mapspace.structure import Structure
from flat_plugin.model.mapping_batch import Array, Form, MappingBatch


@dataclass(frozen=True)
class Nests:
    """Nests of one skeleton, one a column (``n``): trips of its places, and a choice inside."""

    skeleton: Skeleton
    spread: Spread
    trips: Array  # [places, core, n]
    turns: Array  # [core, n] iterations of the innermost shared memory's loops
    wide: Array  # [core, n] children of that memory side by side
    on_x: Array  # [core, n] whether they lie on x
    own: Array  # [pads, core, n] iterations of the loops of a unit's memories
    first: Array  # [pads, n] the tensor that stays while the innermost of them turn
    where: Array  # [tensors, n] the pad that keeps each tensor

    def __len__(self) -> int:
        return self.turns.shape[1]

    def take(self, columns: Array) -> Nests:
        names = ("trips", "turns", "wide", "on_x", "own", "first", "where")
        return Nests(self.skeleton, self.spread, *(getattr(self, name)[..., columns] for name in names))

    @property
    def steps(self) -> Array:
        """[n] cycles of the array."""
        loops = (self.trips, self.turns[None], self.own)
        return self.spread.turns * np.prod([part.prod(axis=(0, 1)) for part in loops], axis=0).astype(float)

    @property
    def nominal_rows(self) -> Array:
        """[core, n] rows that all loops of a dimension make together."""
        return self._inside * self.trips.prod(axis=0) * np.array(self.spread.over)[:, None]

    def tile_words(self, memories: int) -> Array:
        """[memories, tensors, n] words of each tile of the shared memories."""
        structure = self.spread.structure
        tiles = np.zeros((memories, len(structure.missing), len(self)))
        for level in range(len(self.skeleton.keep), 0, -1):
            for t in range(len(structure.missing)):
                tiles[level, t] = self.words_together(t, level, level)
        return tiles

    def words_together(self, tensor: int, outer: int, inner: int) -> Array:
        """[n] words of a tensor that the instances of a memory below one instance of ``outer`` hold at once,
        each word counted once."""
        structure, places = self.spread.structure, self.skeleton.places
        over = [self.spread.along(d, outer) for d in structure.core]
        loops = [i for i, p in enumerate(places) if p.level >= inner]
        rows = self._inside * self.trips[loops].prod(axis=0) * np.array(over)[:, None]
        rows = np.minimum(rows, np.array(self.spread.sizes)[:, None])
        present = list(structure.indexing[tensor])
        return self.spread.batch_inside(inner, outer) * rows[present].prod(axis=0)

    @property
    def _inside(self) -> Array:
        """[core, n] rows inside the loops of the places."""
        return self.turns * self.wide * self.own.prod(axis=0)


def nests_of(
    units: Units,
    skeleton: Skeleton,
    spread: Spread,
    trips: Array,
    lines: Lines,
    tiles: Mapping[int, int],
) -> tuple[Nests, Array]:
    """Nests of these trips and choices, column by column, and which columns they are: a column whose
    outermost loop has more turns, or more children side by side, than it needs is another column's nest.

    Args:
        tiles: rows of a shared iteration, along the dimensions that shared loops walk.
    """
    pads = units.pads[skeleton.stays]
    own = pads.trips[:, :, lines.kept]
    wide = units.unrolled.wide[:, lines.beside]
    sizes = np.array(spread.sizes)[:, None]
    outside = trips.prod(axis=0) * np.array(spread.over)[:, None]
    turns = ceil_div(sizes, outside * own.prod(axis=0) * wide)
    kept = np.ones(len(lines), dtype=bool)
    for d, rows in tiles.items():
        inner = _own(skeleton, trips, d) * own[:, d].prod(axis=0) * wide[d]
        turns[d] = rows // inner
        kept &= turns[d] * inner == rows
    loops = _outermost_first(skeleton, spread, trips, np.maximum(turns, 1), wide)
    around = np.ones_like(wide)  # iterations of the loops so far
    every = np.prod(loops, axis=0)
    for loop in loops:
        within = every // (around * loop) * own.prod(axis=0)
        kept &= ((around > 1) | (loop == 1) | (ceil_div(sizes, within) == loop)).all(axis=0)
        around = around * loop
    if units.factors is Factors.PERFECT:
        kept &= (every * own.prod(axis=0) == sizes).all(axis=0)
    found = Nests(
        skeleton,
        spread,
        trips,
        turns,
        wide,
        units.unrolled.on_x[:, lines.beside],
        own,
        pads.first[:, lines.kept],
        pads.where[:, lines.kept],
    )
    chosen = np.flatnonzero(kept)
    return found.take(chosen), chosen


def _own(skeleton: Skeleton, trips: Array, dimension: int) -> Array:
    """[n] parts of a shared iteration along a core dimension that an operator's own places make."""
    own = [i for i, place in enumerate(skeleton.places) if not place.shared]
    return trips[own, dimension].prod(axis=0)


def _outermost_first(
    skeleton: Skeleton, spread: Spread, trips: Array, turns: Array, wide: Array
) -> list[Array]:
    """[core, n]: iterations of every loop outside the units' own, in time and side by side."""
    loops = []
    for i, place in enumerate(skeleton.places):
        loops.append(trips[i])
        last = i + 1 == len(skeleton.places) or skeleton.places[i + 1].level > place.level
        if last and place.level in spread.levels:
            over = [spread.along(d, place.level, place.level + 1) for d in spread.structure.core]
            loops.append(np.broadcast_to(np.array(over)[:, None], wide.shape))
    return [*loops, turns, wide]


def batches_of(
    nests: Nests, structure: Structure, architecture: Architecture, outermost: Sequence[bool], shared: int
) -> Iterator[tuple[MappingBatch, Array]]:
    """The nests as batches of one form each, and the columns they are.

    Args:
        outermost: which tensors the outermost memory keeps.
        shared: the innermost memory that compute units share.
    """
    keys = np.concatenate([nests.first, nests.where])
    _, group = distinct_columns(keys)
    for number in range(group.max() + 1 if len(nests) else 0):
        columns = np.flatnonzero(group == number)
        part = nests.take(columns)
        yield _batch(part, structure, architecture, outermost, shared), columns


def _batch(
    nests: Nests, structure: Structure, architecture: Architecture, outermost: Sequence[bool], shared: int
) -> MappingBatch:
    einsum, skeleton, spread = structure.einsum, nests.skeleton, nests.spread
    index = {d: i for i, d in enumerate(einsum.dimensions)}
    core = [index[d] for d in structure.core]
    levels, dimensions, size = len(architecture.memories), len(index), len(nests)
    temporal, spatial_x, spatial_y = np.ones((3, levels, dimensions, size))
    for i, place in enumerate(skeleton.places):
        temporal[place.level, core] *= nests.trips[i]
    temporal[shared, core] *= nests.turns
    for d in structure.batch:
        temporal[spread.level_of(d), index[d]] = spread.turns_of(d)
    for level, choice in spread.levels.items():
        for d, (wide, on_x) in choice.items():
            (spatial_x if on_x else spatial_y)[level, index[d]] = wide
    spatial_x[shared, core] = np.where(nests.on_x, nests.wide, 1)
    spatial_y[shared, core] = np.where(nests.on_x, 1, nests.wide)
    for pad in range(len(nests.own)):
        temporal[shared + 1 + pad, core] = nests.own[pad]
    form = Form(
        tuple(_order(nests, structure, index, level, shared) for level in range(levels)),
        tuple(tuple(range(dimensions)) for _ in range(levels)),
        tuple(_keep(nests, structure, level, outermost, shared) for level in range(levels)),
    )
    return MappingBatch(einsum, architecture, form, temporal, spatial_x, spatial_y)


def _order(
    nests: Nests, structure: Structure, index: dict[str, int], level: int, shared: int
) -> tuple[int, ...]:
    """Dimensions of a memory's loops, innermost first: its own loops, then the shared ones."""
    skeleton = nests.skeleton
    names: list[str] = []
    if level > shared:
        names += _inner(structure, int(nests.first[level - shared - 1, 0]))
    elif level == shared:
        names += _inner(structure, skeleton.stays)
    for place, order, trips in reversed(
        list(zip(skeleton.places, skeleton.orders, nests.trips, strict=True))
    ):
        if place.level == level:
            walked = {d for d, n in zip(structure.core, trips, strict=True) if (n > 1).any()}
            names += [d for d in _inner(structure, order.first) if d in walked]
    return tuple(
        dict.fromkeys(
            [index[d] for d in names] + [index[d] for d in reversed(structure.batch)] + list(index.values())
        )
    )


def _inner(structure: Structure, first: int) -> list[str]:
    """Core dimensions, innermost first, with those in front that a tensor misses."""
    front = list(structure.missing[first]) if first >= 0 else []
    rest = [d for d in range(len(structure.core)) if d not in front]
    return [structure.core[d] for d in (*front, *rest)]


def _keep(
    nests: Nests, structure: Structure, level: int, outermost: Sequence[bool], shared: int
) -> tuple[bool, ...]:
    if level == 0:
        return tuple(outermost)
    if level <= shared:
        return nests.skeleton.keep[level - 1]
    return tuple(bool(place == level - shared - 1) for place in nests.where[:, 0])
