"""How many mappings a setting declares."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np

from flat_plugin.mapspace.search.side import Side


def size_of(sides: Sequence[Side]) -> int:
    """Pairs of nests of operators that have the same shared loops: every tile, order of loops and set of
    kept tensors outside the units, with everything that may lie side by side and be kept in them."""
    size = prod(_inside(side) * len(side.axes[3 - side.needs.rows - side.needs.keys]) for side in sides)
    for along in (0, 1):
        size *= int(np.prod([_by_tag(side, along) for side in sides], axis=0).sum())
    return size


def _by_tag(side: Side, along: int) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    """[tags] chains of the axis of rows or of keys with each choice of shared loops, as whole numbers of any
    size."""
    return np.bincount(side.shared.tags[along], minlength=side.shared.shape[along]).astype(object)


def _inside(side: Side) -> int:
    """Skeletons, with what may lie side by side and be kept in each."""
    units = side.units
    kept = {stays: len(pads) for stays, pads in units.pads.items()}
    skeletons = sum(kept.get(skeleton.stays, 0) for skeleton in side.kinds.skeletons if not skeleton.whole)
    return skeletons * len(units.unrolled)
