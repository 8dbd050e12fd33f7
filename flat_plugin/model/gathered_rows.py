"""Keys and values that are gathered: the outermost memory gives whole rows, and each begins a row of its own.

A memory reads rows of ``block_size`` words. Where keys are chosen, the words of one key (or of a page of
keys, which follow each other) are read as whole rows; what a tile does not fill of them is read and not used.
"""

from __future__ import annotations

from math import ceil, prod

from flat_plugin.architecture.hardware import Architecture, Memory
from flat_plugin.mapping.nest import OperatorMapping
from flat_plugin.model.widths import share
from flat_plugin.workload.einsum import Einsum, Tensor
from flat_plugin.workload.selection import Select

GATHERED = ("K", "V")


def rows_over_words(
    einsum: Einsum, tensor: Tensor, nest: OperatorMapping, architecture: Architecture, select: Select
) -> float:
    """Words of the outermost memory that are read for each word of a gathered tensor that is used: 1 or more.

    What the next memory takes at a time is read at a time: a part of a key where its words are tiled there, a
    whole page only where keys come in whole pages.
    """
    memory = architecture.memories[0]
    (width,) = (d for d in tensor.dimensions if d not in "BHGN")
    part = _tile(nest, tensor, width, einsum.sizes[width])
    whole = part >= einsum.sizes[width]
    keys = _tile(nest, tensor, "N", einsum.sizes["N"])
    together = select.page if whole and (keys % select.page == 0 or keys >= einsum.sizes["N"]) else 1
    taken = share(tensor.bits, memory)
    size = einsum.sizes[width]
    full, rest = divmod(size, part)
    read = full * _rows(part * together * taken, memory) + _rows(rest * together * taken, memory)
    return read * memory.block_size / (size * together * taken)


def visits(nest: OperatorMapping, tensor: str) -> int:
    """How often a tile of rows comes to the same keys, at most: for every query head of a group that comes by
    itself, every part of a key, and every part of the rows that is tiled before the tensor is kept."""
    inside = [i for i, entry in enumerate(nest.levels) if i and tensor not in entry.bypass]
    outside = nest.levels[: inside[0] if inside else len(nest.levels)]
    loops = [(d, n, i) for i, entry in enumerate(outside) for d, n in entry.temporal]
    return prod(n for d, n, i in loops if d not in "BHN" and (d != "M" or i > 0))


def _rows(words: float, memory: Memory) -> int:
    return ceil(words / memory.block_size)


def _tile(nest: OperatorMapping, tensor: Tensor, dimension: str, size: int) -> int:
    """Of a dimension, what the first memory inside that keeps the tensor takes at a time."""
    inside = [i for i, entry in enumerate(nest.levels) if i and tensor.name not in entry.bypass]
    level = inside[0] if inside else len(nest.levels)
    loops = [f for entry in nest.levels[level:] for f in entry.temporal + entry.spatial_x + entry.spatial_y]
    return min(size, prod(n for d, n in loops if d == dimension))
