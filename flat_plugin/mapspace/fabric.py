"""What can be unrolled and kept below the buffer: placements, register tiles, kept tensors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, product
from math import prod

import numpy as np

from flat_plugin.architecture.hardware import Architecture
from flat_plugin.errors import FlatError
from flat_plugin.mapspace.limits import FREE, Limits, Spread
from flat_plugin.mapspace.structure import divisors
from flat_plugin.model.mapping_batch import Array
from flat_plugin.model.widths import share
from flat_plugin.workload.einsum import Tensor

_MOST = 4_000_000

# For every level, the unrolled factors of the core dimensions on x and on y.
Placement = tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]


@dataclass(frozen=True)
class Fabric:
    """Fan-outs below every level (1 × 1 below the outermost: that is not unrolled), and the words
    of each compute unit's registers (0: it has none of its own), of which a word of each tensor takes
    ``taken``. Compute units that share a memory are *linked*: they hand on what stays, so that it matters
    where a factor lies."""

    fanouts: tuple[tuple[int, int], ...]
    registers: int
    taken: tuple[float, ...]

    @property
    def linked(self) -> bool:
        return self.fanouts[-1] != (1, 1)

    @staticmethod
    def of(architecture: Architecture, tensors: Sequence[Tensor]) -> Fabric:
        levels = len(architecture.memories)
        fanouts = ((1, 1), *(architecture.fanout(level) for level in range(1, levels)))
        own = levels > 2 and fanouts[-1] == (1, 1)
        words = int(min(architecture.memories[-1].capacity, 2**40)) if own else 0
        taken = tuple(share(tensor.bits, architecture.memories[-1]) for tensor in tensors)
        return Fabric(fanouts, words, taken)


@dataclass(frozen=True)
class Candidates:
    """Choices below the buffer, one a column.

    ``spatial`` and ``register`` [core, n]: factors that are unrolled and that the registers hold;
    ``keep`` [tensors, n]: what the registers keep; ``stationary`` [n]: the tensor whose missing
    dimensions are the buffer's innermost loops (-1: no tensor stays); ``place`` [n]: index into
    ``placements``.
    """

    spatial: Array
    register: Array
    keep: Array
    stationary: Array
    place: Array
    placements: tuple[Placement, ...]

    def __len__(self) -> int:
        return len(self.stationary)

    def take(self, columns: Array) -> Candidates:
        return Candidates(
            self.spatial[:, columns],
            self.register[:, columns],
            self.keep[:, columns],
            self.stationary[columns],
            self.place[columns],
            self.placements,
        )


def joined(parts: list[Candidates]) -> Candidates:
    return Candidates(
        np.concatenate([part.spatial for part in parts], axis=1),
        np.concatenate([part.register for part in parts], axis=1),
        np.concatenate([part.keep for part in parts], axis=1),
        np.concatenate([part.stationary for part in parts]),
        np.concatenate([part.place for part in parts]),
        parts[0].placements,
    )


@lru_cache(maxsize=64)
def candidates(
    missing: tuple[tuple[int, ...], ...],
    sizes: tuple[int, ...],
    fabric: Fabric,
    leaks: tuple[float, ...],
    limits: Limits = FREE,
) -> Candidates:
    """Every choice within the limits that can be the best for some buffer tile of an operator of
    these sizes.

    Left out is what is equal to or worse than something kept, whatever the tile: a register tile wide
    along a dimension that spares no tensor its access, and orders of the buffer's loops that differ
    in nothing but the place of loops that move every kept tensor.
    """
    spatial, placements = unrollings(sizes, fabric, leaks, limits)
    parts = []
    for keep, stationary in _keeps(len(missing), fabric, limits):
        register = _registers(missing, keep, stationary, sizes, fabric)
        if len(spatial) * len(register) > _MOST:
            raise FlatError(
                f"{len(spatial) * len(register):,} choices below the buffer are too many to search",
                expected="a smaller array or registers, or a size with fewer divisors",
            )
        a, b = (i.reshape(-1) for i in np.indices((len(spatial), len(register))))
        factors = spatial[a] * register[b]
        fits = np.logical_and.reduce([size % factors[:, d] == 0 for d, size in enumerate(sizes)])
        a, b = a[fits], b[fits]
        parts.append(
            Candidates(
                spatial[a].T,
                register[b].T,
                np.repeat(np.array(keep)[:, None], len(a), axis=1),
                np.full(len(a), stationary),
                a,
                placements,
            )
        )
    return joined(parts) if parts else _nothing(len(missing), len(sizes), placements)


def _nothing(tensors: int, dimensions: int, placements: tuple[Placement, ...]) -> Candidates:
    empty, none = np.empty((dimensions, 0)), np.empty(0, dtype=int)
    return Candidates(empty, empty, np.empty((tensors, 0), dtype=bool), none, none, placements)


@lru_cache(maxsize=64)
def unrollings(
    sizes: tuple[int, ...], fabric: Fabric, leaks: tuple[float, ...], limits: Limits = FREE
) -> tuple[Array, tuple[Placement, ...]]:
    """Factors that can be unrolled over all levels together ([n, core]), each with the placement
    whose used instances leak least (``leaks``: pJ a cycle and instance of each level)."""
    found: dict[object, tuple[tuple[int, ...], float, int, Placement]] = {}
    found[None] = ((1,) * len(sizes), 0.0, 1, ())
    for level, mesh in enumerate(fabric.fanouts):
        leak = leaks[level + 1] if level + 1 < len(leaks) else 0.0
        wider: dict[object, tuple[tuple[int, ...], float, int, Placement]] = {}
        spread = limits.spread(level, len(sizes))
        for factors, side in _one_fanout(sizes, mesh, spread, every=fabric.linked):
            for before, cost, instances, placement in found.values():
                together = tuple(a * b for a, b in zip(before, factors, strict=True))
                if any(size % factor for size, factor in zip(sizes, together, strict=True)):
                    continue
                used = instances * prod(factors)
                entry = (together, cost + leak * used, used, (*placement, side))
                key: object = entry[3] if fabric.linked else together
                if key not in wider or entry[1] < wider[key][1]:
                    wider[key] = entry
        found = wider
    spatial = np.array([factors for factors, *_ in found.values()], dtype=float).reshape(-1, len(sizes))
    return spatial, tuple(placement for *_, placement in found.values())


def _one_fanout(
    sizes: tuple[int, ...], mesh: tuple[int, int], spread: Spread, *, every: bool
) -> list[tuple[tuple[int, ...], tuple[tuple[int, ...], tuple[int, ...]]]]:
    """Factors over one fan-out with what lies on x and y (one way, or every); a dimension lies on one
    of them only."""
    options = [spread.factors(d, size, max(mesh)) for d, size in enumerate(sizes)]
    grid = np.stack(np.meshgrid(*options, indexing="ij"), axis=-1).reshape(-1, len(sizes))
    grid = grid[grid.prod(axis=1) <= mesh[0] * mesh[1]]
    found: dict[object, tuple[tuple[int, ...], tuple[tuple[int, ...], tuple[int, ...]]]] = {}
    for sides in filter(spread.allows, product((True, False), repeat=len(sizes))):
        x, y = np.where(sides, grid, 1), np.where(sides, 1, grid)
        fits = (x.prod(axis=1) <= mesh[0]) & (y.prod(axis=1) <= mesh[1])
        for factors, on_x, on_y in zip(grid[fits].tolist(), x[fits].tolist(), y[fits].tolist(), strict=True):
            side = tuple(on_x), tuple(on_y)
            found.setdefault(side if every else tuple(factors), (tuple(factors), side))
    return list(found.values())


def _keeps(tensors: int, fabric: Fabric, limits: Limits) -> list[tuple[tuple[bool, ...], int]]:
    """Sets of tensors that the registers may keep, each with every choice of the stationary one."""
    nothing = (False,) * tensors
    if fabric.linked:
        return [(nothing, t) for t in range(tensors)]
    found: list[tuple[tuple[bool, ...], int]] = [(nothing, -1)]
    for size in range(1, tensors + 1) if fabric.registers else ():
        for chosen in combinations(range(tensors), size):
            keep = tuple(t in chosen for t in range(tensors))
            found += [(keep, t) for t in chosen]
    return [entry for entry in found if limits.allows(entry[0])]


def _registers(
    missing: tuple[tuple[int, ...], ...],
    keep: tuple[bool, ...],
    stationary: int,
    sizes: tuple[int, ...],
    fabric: Fabric,
) -> Array:
    """Register tiles that fit ([n, core]), wide only along dimensions missing from a kept tensor that
    is not stationary: those spare it accesses."""
    wide = {d for t, kept in enumerate(keep) if kept and t != stationary for d in missing[t]}
    options = [
        [f for f in divisors(size) if f * min(fabric.taken) <= fabric.registers] if d in wide else [1]
        for d, size in enumerate(sizes)
    ]
    tiles = np.array(list(product(*options)), dtype=float).reshape(-1, len(sizes))
    words = register_words(missing, np.array(keep)[:, None], tiles.T, fabric)
    return tiles[words <= fabric.registers] if any(keep) else tiles


def register_words(missing: tuple[tuple[int, ...], ...], keep: Array, tiles: Array, fabric: Fabric) -> Array:
    """Words of the registers that a tile ([core, n]) of the tensors that are kept ([tensors, n]) takes."""
    core = range(len(tiles))
    words = [tiles[[d for d in core if d not in absent]].prod(axis=0) for absent in missing]
    return (np.stack(words) * np.array(fabric.taken)[:, None] * keep).sum(axis=0)
