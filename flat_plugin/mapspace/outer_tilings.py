"""What an operator does outside the buffer: every tiling of the outermost memory's loops, as rows.

The outermost memory's loops are the shared ones (outermost) and the operator's own. Of the orders
of its own loops only the innermost matter: those along the dimensions that one tensor misses leave
that tensor in place. So there is an order for each tensor.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from flat_plugin.errors import FlatError
from flat_plugin.mapspace.choice_costs import FORBIDDEN
from flat_plugin.mapspace.columns import Columns
from flat_plugin.mapspace.structure import Structure, divisors
from flat_plugin.model.mapping_batch import Array

MOST_TILINGS = 600_000  # of one operator; two such operators take about 1.7 GB


@dataclass(frozen=True)
class Shared:
    """A choice of shared loops: trips of each dimension, outermost first."""

    trips: tuple[tuple[str, int], ...] = ()

    def __getitem__(self, dimension: str) -> int:
        return dict(self.trips).get(dimension, 1)


@dataclass(frozen=True)
class Rows(Columns):
    """One row a column of arrays: the number of the shared loops, own trips ([core, n]), the tensor
    that stays innermost, the buffer tile's extents ([core, n]), how long each tensor's tile stays
    during the operator's own loops ([tensors, n]; ``FORBIDDEN`` if the shared ones prolong it), words
    of each tile and of each tensor that cross the outermost memory ([tensors, n])."""

    shared: Array
    trips: Array
    order: Array
    extents: Array
    carried: Array
    tiles: Array
    moved: Array

    def __len__(self) -> int:
        return len(self.shared)


def own_order(structure: Structure, tensor: int) -> tuple[int, ...]:
    """The operator's own loops, innermost first, with those in front that ``tensor`` misses."""
    first = structure.missing[tensor]
    return (*first, *(d for d in range(len(structure.core)) if d not in first))


def rows(
    structure: Structure,
    shared: Sequence[Shared],
    copies: Sequence[float],
    room: Sequence[float],
    spanned: int = 1,
) -> tuple[Rows, int]:
    """Every tiling whose buffer tiles fit, and how many there are without that condition.

    A dimension that shared loops walk is not tiled once more by the operator's own: a level has one
    loop a dimension.

    Args:
        copies: for each tensor, how often its buffer tile counts.
        room: words that each choice of shared loops leaves for them.
        spanned: product of the batch dimensions that a buffer tile spans.
    """
    parts: list[tuple[Array, ...]] = []
    total = 0
    grids: dict[tuple[int, ...], tuple[Array, Array, Array, Array]] = {}
    for number, loops in enumerate(shared):
        trips = tuple(loops[d] for d in structure.core)
        if trips not in grids:
            grids[trips] = _tilings(structure, trips, np.array(copies), spanned)
        own, extents, tiles, words = grids[trips]
        total += len(words)
        fits = np.flatnonzero(words <= room[number])
        parts.append((np.full(len(fits), number), own[:, fits], extents[:, fits], tiles[:, fits]))
    numbers, own, extents, tiles = (np.concatenate([part[i] for part in parts], axis=-1) for i in range(4))
    loops_of = np.array([[loops[d] for loops in shared] for d in structure.core], dtype=float)[:, numbers]
    orders = []
    for innermost in range(len(structure.missing)):
        carried, longer = _stays(structure, innermost, own, loops_of, [d for d, _ in shared[0].trips])
        turns = own.prod(axis=0) * loops_of.prod(axis=0) * (_batch(structure) / spanned)
        order = np.full(len(numbers), innermost)
        orders.append(Rows(numbers, own, order, extents, carried, tiles, turns / longer * tiles))
    return Rows.joined(orders), total * len(orders)


def check_size(structure: Structure, shared: Sequence[Shared]) -> None:
    """Refuse a space that memory would not hold, before any of it is made.

    Raises:
        FlatError: there are more than ``MOST_TILINGS``.
    """
    if (count := count_of(structure, shared)) > MOST_TILINGS:
        factors = ", ".join(
            f"{d} {size:,} ({len(divisors(size))} divisors)"
            for d, size in zip(structure.core, structure.sizes, strict=True)
        )
        raise FlatError(
            f"the map space is too large: {count:,} tilings of the outermost loops of "
            f"{structure.einsum.name}, of {factors}",
            expected=f"at most {MOST_TILINGS:,}: lengths with fewer divisors, or fixed rows such as flat-r64",
        )


def count_of(structure: Structure, shared: Sequence[Shared]) -> int:
    """How many tilings there are, whether they fit or not."""
    walked = ([loops[d] for d in structure.core] for loops in shared)
    return len(structure.missing) * sum(prod(map(len, _options(structure, trips))) for trips in walked)


def _options(structure: Structure, shared: Sequence[int]) -> list[tuple[int, ...]]:
    """Own trips that each core dimension may have inside shared loops of these trips."""
    return [
        divisors(size) if trips == 1 else (1,) for size, trips in zip(structure.sizes, shared, strict=True)
    ]


def _tilings(
    structure: Structure, shared: tuple[int, ...], copies: Array, spanned: int
) -> tuple[Array, Array, Array, Array]:
    """Own trips, extents, tile words and the words that count, of every tiling inside shared loops."""
    inner = [size // trips for size, trips in zip(structure.sizes, shared, strict=True)]
    options = (np.array(option, dtype=float) for option in _options(structure, shared))
    grid = np.meshgrid(*options, indexing="ij")
    own = np.stack([axis.reshape(-1) for axis in grid])
    extents = np.array(inner, dtype=float)[:, None] / own
    tiles = np.stack([spanned * extents[list(present)].prod(axis=0) for present in structure.indexing])
    return own, extents, tiles, copies @ tiles


def _batch(structure: Structure) -> float:
    return float(np.prod([structure.einsum.sizes[d] for d in structure.batch]))


def _stays(
    structure: Structure, innermost: int, own: Array, loops: Array, shared: Sequence[str]
) -> tuple[Array, Array]:
    """[tensors, n]: for how many steps of the own loops a tile stays, and of all loops."""
    size = own.shape[1]
    carried, longer = np.ones((2, len(structure.missing), size))
    for t, absent in enumerate(structure.missing):
        still = np.ones(size, dtype=bool)
        for d in own_order(structure, innermost):
            if d in absent:
                carried[t] = np.where(still, carried[t] * own[d], carried[t])
            else:
                still &= own[d] == 1
        longer[t] = carried[t]
        for name in reversed(shared):
            if name in structure.batch:
                still &= structure.einsum.sizes[name] == 1
                continue
            d = structure.core.index(name)
            if d in absent:
                longer[t] = np.where(still, longer[t] * loops[d], longer[t])
            else:
                still &= loops[d] == 1
        carried[t] = np.where(longer[t] > carried[t], FORBIDDEN, carried[t])
    return carried, longer
