"""How many mappings a space declares."""

from __future__ import annotations

import numpy as np

from flat_plugin.mapspace.search.side import Side
from flat_plugin.mapspace.search.space import Space


def size_of(space: Space) -> int:
    """Pairs of nests of a space's operators that have the same shared loops: every tile, order of loops and
    set of kept tensors outside the units, with everything that may lie side by side and be kept in them."""
    counts = [_counts(side) for side in space.sides]
    ways = 1
    for side in space.sides:
        ways *= _inside(side)
    pairs = counts[0]
    for other in counts[1:]:
        pairs = pairs * other
    return int(pairs.sum()) * ways


def _counts(side: Side) -> np.ndarray[tuple[int, int], np.dtype[np.object_]]:
    """[row tags, key tags] tiles with each choice of shared loops, as whole numbers of any size."""
    rows, keys = side.needs.rows, side.needs.keys
    along = [
        np.bincount(tags, minlength=size).astype(object)
        for tags, size in zip(side.shared.tags, side.shared.shape, strict=True)
    ]
    return np.multiply.outer(along[0], along[1]) * len(side.axes[3 - rows - keys])


def _inside(side: Side) -> int:
    """Skeletons, with what may lie side by side and be kept in each."""
    units = side.units
    kept = {stays: len(pads) for stays, pads in units.pads.items()}
    skeletons = sum(kept.get(skeleton.stays, 0) for skeleton in side.kinds.skeletons if not skeleton.whole)
    return skeletons * len(units.unrolled)
