"""Keys and values that are gathered: the outermost memory gives whole rows, and each begins a row of its own.

A memory reads rows of ``block_size`` words. Where keys are chosen, the words of one key (or of a page of
keys, which follow each other) are read as whole rows; what a tile does not fill of them is read and not used.
"""

from __future__ import annotations

from math import prod

import numpy as np

from flat_plugin.architecture.hardware import Architecture, Memory
from flat_plugin.mapping.nest import OperatorMapping
from flat_plugin.model.mapping_batch import Array
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
    width, every = width_of(tensor), einsum.sizes["N"]
    part = _tile(nest, tensor, width, einsum.sizes[width])
    keys = _tile(nest, tensor, "N", every)
    taken = np.array([part]), np.array([keys]), np.array([every])
    read = rows_over_words_of(tensor, einsum.sizes[width], taken, architecture.memories[0], select)
    return float(read[0])


def rows_over_words_of(
    tensor: Tensor, size: int, taken: tuple[Array, Array, Array], memory: Memory, select: Select
) -> Array:
    """The same, of many.

    Args:
        size: words of a key.
        taken: of these, those that the next memory takes at a time; keys that it takes at a time; all keys.
        memory: the outermost one.
    """
    part, keys, every = taken
    pages = (part >= size) & ((keys % select.page == 0) | (keys >= every))
    together = np.where(pages, select.page, 1) * share(tensor.bits, memory)
    full, rest = np.divmod(size, part)
    read = full * np.ceil(part * together / memory.block_size) + np.ceil(rest * together / memory.block_size)
    return np.asarray(read * memory.block_size / (size * together))


def width_of(tensor: Tensor) -> str:
    """The dimension of the words of a key."""
    (width,) = (d for d in tensor.dimensions if d not in "BHGN")
    return width


def visits(nest: OperatorMapping, tensor: str) -> int:
    """How often a tile of rows comes to the same keys, at most: for every query head of a group that comes by
    itself, every part of a key, and every part of the rows that is tiled before the tensor is kept."""
    inside = [i for i, entry in enumerate(nest.levels) if i and tensor not in entry.bypass]
    outside = nest.levels[: inside[0] if inside else len(nest.levels)]
    loops = [(d, n, i) for i, entry in enumerate(outside) for d, n in entry.temporal]
    return prod(n for d, n, i in loops if d not in "BHN" and (d != "M" or i > 0))


def _tile(nest: OperatorMapping, tensor: Tensor, dimension: str, size: int) -> int:
    """Of a dimension, what the first memory inside that keeps the tensor takes at a time."""
    inside = [i for i, entry in enumerate(nest.levels) if i and tensor.name not in entry.bypass]
    level = inside[0] if inside else len(nest.levels)
    loops = [f for entry in nest.levels[level:] for f in entry.temporal + entry.spatial_x + entry.spatial_y]
    return min(size, prod(n for d, n in loops if d == dimension))
