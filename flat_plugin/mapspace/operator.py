"""The loops of one operator, chosen by evaluating a declared set of candidates at once.

Candidates: which dimensions are unrolled over the array (those that use most of it), which tensor
stays in the registers, how the outermost memory's own loops tile each free dimension and which of them
is innermost. The fastest is taken, ties broken by energy.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import permutations, product
from math import ceil, inf, prod

import numpy as np

from flat_plugin.architecture.energy_table import EnergyTable
from flat_plugin.architecture.hardware import Architecture
from flat_plugin.errors import InvalidMapping
from flat_plugin.mapping.nest import Factors, OperatorMapping
from flat_plugin.mapspace.constraints.fixed import FREE, Constraints
from flat_plugin.mapspace.tile_sizes import side_by_side, trips_of
from flat_plugin.mapspace.trial_batches import tried
from flat_plugin.model.capacity import Requirement, Term
from flat_plugin.model.cost import evaluate
from flat_plugin.model.mapping_batch import Array, Form, MappingBatch, mapping_of
from flat_plugin.model.operator import explain_invalid
from flat_plugin.model.widths import share
from flat_plugin.workload.einsum import Einsum, Tensor

BATCH_DIMENSIONS = ("B", "H", "G")
_UNROLLINGS_KEPT, _NEARLY = 4, 1.07  # those with about the fewest steps


@dataclass(frozen=True)
class OperatorSpace:
    """What the dataflow leaves free for one operator.

    Args:
        shared: trips of the loops it shares with other operators, outermost first.
        tile: what an iteration of them covers of their dimensions; the last may cover less.
        held: dimensions that the outermost memory's own loops must not tile, because a staged
            tensor holds them whole.
        streamed: dimensions that the outermost memory's own loops must tile, because a tensor
            that is not staged passes by in parts.
        inside: batch dimensions that loop below the outermost memory (a tile spans them).
        on_chip: tensors that bypass the outermost memory.
        copies: how many times each tensor's buffer tile counts against ``budget`` (2 = double
            buffered); those held across operators are counted elsewhere, with 0.
        budget: words of the buffer that this operator may fill.
        fused: another operator runs between two iterations of the shared loops.
        constraints: what the mapping must keep to.
        perfect: whether all tiles of a level are equal.
    """

    einsum: Einsum
    architecture: Architecture
    shared: Mapping[str, int] = field(default_factory=dict)
    tile: Mapping[str, int] = field(default_factory=dict)
    held: frozenset[str] = frozenset()
    streamed: frozenset[str] = frozenset()
    inside: frozenset[str] = frozenset()
    on_chip: frozenset[str] = frozenset()
    copies: Mapping[str, int] = field(default_factory=dict)
    budget: float = inf
    fused: bool = False
    constraints: Constraints = FREE
    perfect: bool = False

    def exact(self, dimension: str) -> bool:
        """Whether its loops must multiply to what they cover: all shared iterations but the last are full."""
        return self.perfect or self.shared.get(dimension, 1) > 1


def choose(space: OperatorSpace, energies: EnergyTable) -> OperatorMapping:
    """The fastest candidate that fits; fused, one whose registers outlive no shared iteration, if any.

    Raises:
        InvalidMapping: none fits the budget; the message says how much the smallest needs.
    """
    _check_outermost(space)
    best: tuple[tuple[bool, float, float], MappingBatch, int] | None = None
    smallest, blocked = inf, None
    for one in tried(_batches(space), energies, space.shared if space.fused else None):
        footprint = _footprint(space, one.batch, one.tiles)
        smallest = min(smallest, float(footprint.min()))
        room = (footprint <= space.budget) & _within(space, one.batch)
        usable = one.valid & room
        if not usable.any():
            if room.any() and blocked is None:
                n = int(np.where(room, footprint, inf).argmin())
                blocked = explain_invalid(one.batch, evaluate(one.batch, energies), n)
            continue
        if (usable & ~one.lasting).any():
            usable &= ~one.lasting
        cycles = np.where(usable, one.cycles, inf)
        energy = np.where(cycles == cycles.min(), one.energy, inf)
        n = int(energy.argmin())
        if not space.constraints.free:
            free = _first_obeying(space, one.batch, cycles, one.energy)
            if free is None:
                continue
            n = free
        key = (bool(one.lasting[n]), float(cycles[n]), float(energy[n]))
        if best is None or key < best[0]:
            best = (key, one.batch, n)
    if best is None and blocked is not None:
        raise blocked
    if best is None and not space.constraints.free:
        raise _nothing_obeys(space)
    if best is None:
        buffer = space.architecture.memories[min(1, len(space.architecture.memories) - 1)]
        raise InvalidMapping(
            f"no tile of {space.einsum.name} fits {buffer.name}: the smallest needs "
            f"{smallest:,.0f} words, {space.budget:,.0f} are left for it",
            level=buffer.name,
            tile=int(smallest),
            capacity=int(min(space.budget, 2**62)),
        )
    return mapping_of(best[1], best[2])


def _check_outermost(space: OperatorSpace) -> None:
    """The outermost memory holds whole tensors, however they are tiled below it.

    Raises:
        InvalidMapping: it has no room for them.
    """
    outer = space.architecture.memories[0]
    tensors = [t for t in space.einsum.tensors if t.name not in space.on_chip]
    terms = tuple(Term(t.name, 1, (("", space.einsum.words(t)),), t.bits) for t in tensors)
    need = Requirement(outer.name, terms, outer.capacity, outer.word_bits)
    if not need.fits:
        words = need.words
        parts = " + ".join(f"{term.tensor} {ceil(term.taken(outer.word_bits)):,}" for term in terms)
        raise InvalidMapping(
            f"the tensors of {space.einsum.name} do not fit {outer.name}, the outermost memory: "
            f"{parts} = {words:,} > {outer.capacity:,.0f} words",
            level=outer.name,
            tile=words,
            capacity=int(outer.capacity),
        )


def _within(space: OperatorSpace, batch: MappingBatch) -> Array:
    """[mappings]: whether all factors are within the constraints' bounds."""
    within = np.ones(len(batch), dtype=bool)
    for level, memory in enumerate(space.architecture.memories):
        said = space.constraints[memory.name]
        for loops, factors in (
            (said.temporal, batch.temporal[level]),
            (said.spatial, batch.spatial_x[level] * batch.spatial_y[level]),
        ):
            for dimension, bound in loops.bounds:
                trips = factors[space.einsum.dimensions.index(dimension)]
                within &= (trips >= bound.least) & (trips <= bound.most)
    return within


def _first_obeying(space: OperatorSpace, batch: MappingBatch, cycles: Array, energy: Array) -> int | None:
    """The fastest mapping that keeps to the constraints; ``cycles`` are infinite where it is not usable."""
    for n in np.lexsort((energy, cycles)):
        if np.isinf(cycles[n]):
            return None
        if space.constraints.obeyed_by(mapping_of(batch, int(n)), space.architecture):
            return int(n)
    return None


def _nothing_obeys(space: OperatorSpace) -> InvalidMapping:
    place = space.constraints.place or ", ".join(
        dict.fromkeys(
            place
            for level in space.constraints.levels
            for place in (level.temporal.place, level.spatial.place, level.keep_place)
            if place
        )
    )
    return InvalidMapping(
        f"no mapping of {space.einsum.name} that this dataflow tries fits and keeps to the constraints",
        path=place or None,
    )


def _footprint(space: OperatorSpace, batch: MappingBatch, tiles: Array) -> Array:
    """Words of the buffer that count against the budget."""
    return _taken(space, tiles[1]) if len(tiles) > 1 else np.zeros(len(batch))


def _taken(space: OperatorSpace, words: Array) -> Array:
    """Words of the buffer that so many words of each tensor ([tensors, mappings]) take with their copies."""
    buffer = space.architecture.memories[1]
    copies = [space.copies.get(t.name, 0) * share(t.bits, buffer) for t in space.einsum.tensors]
    return np.tensordot(np.array(copies, dtype=float), words, axes=1)


def _batches(space: OperatorSpace) -> Iterator[MappingBatch]:
    for unrolling in _unrollings(space):
        tiles = _outer_tiles(space, unrolling)
        for stationary in _stationary(space):
            for inner in _innermost(space, tiles):
                yield _batch(space, unrolling, stationary, inner, tiles)


# For each level, the (dimension, factor) on x and on y, innermost first.
Unrolling = tuple[tuple[Factors, Factors], ...]


def _unrollings(space: OperatorSpace) -> list[Unrolling]:
    """What is unrolled below each level: the choices that use most of the array, simplest first."""
    architecture = space.architecture
    sizes = _inner_sizes(space)
    free = [d for d in sizes if d not in BATCH_DIMENSIONS and sizes[d] > 1]
    per_level = []
    for level in range(len(architecture.memories)):
        on_x, on_y = (_axis_choices(free, limit) for limit in architecture.fanout(level))
        per_level.append([(a, b) for a in on_x for b in on_y if not set(a) & set(b)])
    steps: dict[Unrolling, int] = {}
    for choice in product(*per_level):
        unrolling = _fill(choice, sizes, space)
        if not _may_unroll(space, unrolling):
            continue
        steps[unrolling] = prod(_left(sizes, unrolling).values())
    fewest = min(steps.values(), default=0)
    loops = {u: sum(len(axis) for axes in u for axis in axes) for u in steps}
    best = sorted((u for u in steps if steps[u] <= fewest * _NEARLY), key=lambda u: (steps[u], loops[u]))
    return best[:_UNROLLINGS_KEPT]


def _left(sizes: Mapping[str, int], unrolling: Unrolling) -> dict[str, int]:
    """Turns that are left of each dimension when the unrolled loops have taken theirs."""
    left = dict(sizes)
    for axes in unrolling:
        for dimension, children in axes[0] + axes[1]:
            left[dimension] = -(-left[dimension] // children)
    return left


def _axis_choices(free: list[str], limit: int) -> list[tuple[str, ...]]:
    """Dimensions along one axis: none, or up to three of which each fills what the others leave."""
    return [()] if limit == 1 else [*(d for n in (1, 2, 3) for d in permutations(free, n)), ()]


def _fill(
    choice: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...],
    sizes: dict[str, int],
    space: OperatorSpace,
) -> Unrolling:
    """As many children of the chosen dimensions as the axes hold and the constraints allow."""
    left, levels = dict(sizes), []
    for level, axes in enumerate(choice):
        said = space.constraints[space.architecture.memories[level].name].spatial
        picked = []
        for dimensions, limit in zip(axes, space.architecture.fanout(level), strict=True):
            lengths = tuple(
                (left[d], int(min(limit, said.bound(d).most)), space.exact(d)) for d in dimensions
            )
            children = side_by_side(lengths, limit)
            for dimension, count in zip(dimensions, children, strict=True):
                left[dimension] = -(-left[dimension] // count)
            picked.append(tuple((d, n) for d, n in zip(dimensions, children, strict=True) if n > 1))
        levels.append((picked[0], picked[1]))
    return tuple(levels)


def _may_unroll(space: OperatorSpace, unrolling: Unrolling) -> bool:
    return not any(
        space.constraints[memory.name].spatial.broken_by(x, y)
        for memory, (x, y) in zip(space.architecture.memories, unrolling, strict=True)
    )


def _outer_tiles(space: OperatorSpace, unrolling: Unrolling) -> Array:
    """[dimensions, candidates]: trips of the outermost memory's own loops."""
    left = _left(_inner_sizes(space), unrolling)
    options: list[tuple[int, ...]] = []
    for dimension in space.einsum.dimensions:
        if dimension in space.held or dimension in space.inside:
            options.append((1,))
        elif dimension in BATCH_DIMENSIONS:
            # Query heads that share keys and values may be rows of one tile; other heads share nothing.
            options.append((left[dimension], 1) if dimension == "G" else (left[dimension],))
        else:
            trips = trips_of(left[dimension], exact=space.exact(dimension))
            options.append(trips[1:] if dimension in space.streamed and len(trips) > 1 else trips)
    grid = np.meshgrid(*(np.array(each, dtype=float) for each in options), indexing="ij")
    return _with_room(space, unrolling, np.stack([axis.reshape(-1) for axis in grid]))


def _with_room(space: OperatorSpace, unrolling: Unrolling, tiles: Array) -> Array:
    """Those whose tiles fit the budget, or all if none does: of long products most are too large."""
    if len(space.architecture.memories) < 2 or space.fused or not space.constraints.free:
        return tiles
    left, inside = _left(_inner_sizes(space), unrolling), dict.fromkeys(space.einsum.dimensions, 1)
    for dimension, children in (loop for axes in unrolling[1:] for axis in axes for loop in axis):
        inside[dimension] *= children
    extents = {
        d: np.minimum(np.ceil(left[d] / trips) * inside[d], space.einsum.sizes[d])
        for d, trips in zip(space.einsum.dimensions, tiles, strict=True)
    }
    tensors = space.einsum.tensors
    words = np.stack([np.prod([extents[d] for d in tensor.dimensions], axis=0) for tensor in tensors])
    room = _taken(space, words) <= space.budget
    return tiles[:, room] if room.any() else tiles


def _stationary(space: OperatorSpace) -> list[Tensor | None]:
    """Which tensor the innermost memory keeps; the buffer itself is innermost where there is none."""
    if len(space.architecture.memories) < 3:
        return [None]
    return list(space.einsum.tensors)


def _innermost(space: OperatorSpace, tiles: Array) -> list[tuple[str, ...]]:
    """Orders of the outermost memory's own loops, innermost first, of the dimensions that it tiles."""
    tiled = [
        dimension
        for dimension, trips in zip(space.einsum.dimensions, tiles, strict=True)
        if trips.max() > 1 and dimension not in BATCH_DIMENSIONS
    ]
    if len(tiled) < 3:
        return list(permutations(tiled))
    return [(first, *(d for d in tiled if d != first)) for first in tiled]


def _batch(
    space: OperatorSpace,
    unrolling: Unrolling,
    stationary: Tensor | None,
    inner: tuple[str, ...],
    tiles: Array,
) -> MappingBatch:
    einsum, architecture = space.einsum, space.architecture
    index = {dimension: i for i, dimension in enumerate(einsum.dimensions)}
    levels = len(architecture.memories)
    shape = (levels, len(index), tiles.shape[1])
    temporal, spatial_x, spatial_y = np.ones(shape), np.ones(shape), np.ones(shape)
    for level, axes in enumerate(unrolling):
        for target, axis in zip((spatial_x, spatial_y), axes, strict=True):
            for dimension, factor in axis:
                target[level, index[dimension]] = factor
    left = _left(_inner_sizes(space), unrolling)
    for dimension, i in index.items():
        temporal[0, i] = tiles[i] * space.shared.get(dimension, 1)
        if levels > 1:
            temporal[1, i] = np.ceil(left[dimension] / tiles[i])
        else:
            temporal[0, i] = left[dimension]
    batch_loops = [d for d in reversed(BATCH_DIMENSIONS) if d in index and d not in inner]
    shared = [d for d in reversed(tuple(space.shared)) if d not in inner]
    outer = dict.fromkeys((*inner, *shared, *batch_loops, *index))
    reduction = _inner_order(einsum, stationary)
    order = [tuple(index[d] for d in outer)] + [tuple(index[d] for d in reduction)] * (levels - 1)
    keep = [_kept(space, level, stationary) for level in range(levels)]
    spatial_order = tuple(_spatial_order(axes, index) for axes in unrolling)
    form = Form(tuple(order), spatial_order, tuple(keep))
    return MappingBatch(einsum, architecture, form, temporal, spatial_x, spatial_y)


def _spatial_order(axes: tuple[Factors, Factors], index: Mapping[str, int]) -> tuple[int, ...]:
    """The loops in their order. Where each axis has one at most any order will do, and all share one."""
    several = [index[d] for axis in axes for d, _ in axis if any(len(loops) > 1 for loops in axes)]
    return tuple(dict.fromkeys((*several, *index.values())))


def _kept(space: OperatorSpace, level: int, stationary: Tensor | None) -> tuple[bool, ...]:
    """DRAM keeps what is not on chip, the buffer all, the registers the stationary tensor; but for what
    the constraints say."""
    last = len(space.architecture.memories) - 1
    said = space.constraints[space.architecture.memories[level].name]
    kept = []
    for tensor in space.einsum.tensors:
        otherwise = level == 1 or (level == last and tensor == stationary)
        if level == 0:
            otherwise = tensor.name not in space.on_chip
        fixed = said.holds(tensor.name)
        kept.append(otherwise if fixed is None else fixed)
    return tuple(kept)


def _inner_order(einsum: Einsum, stationary: Tensor | None) -> tuple[str, ...]:
    """Innermost first: the loops that leave the stationary tensor in place."""
    kept = stationary or einsum.output
    loops = [d for d in einsum.dimensions if d not in BATCH_DIMENSIONS]
    batch = [d for d in reversed(einsum.dimensions) if d in BATCH_DIMENSIONS]
    return tuple(sorted(loops, key=lambda d: d in kept.dimensions)) + tuple(batch)


def _inner_sizes(space: OperatorSpace) -> dict[str, int]:
    """Bounds of what is left inside the shared loops."""
    return {d: space.tile.get(d, size) for d, size in space.einsum.bounds}
