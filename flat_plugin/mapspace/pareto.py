"""Pareto sets of points whose every coordinate is to be small."""

from __future__ import annotations

import numpy as np

from flat_plugin.model.mapping_batch import Array

_BLOCK = 64
_MANY = 1 << 11  # points that are worth replacing by their ranks, which are compared faster


def pareto_indices(points: Array) -> Array:
    """Indices of the points (rows) that no other point equals or beats in every coordinate.

    Of equal points the first stays. The order of the answer is that of the input.
    """
    if len(points) < 2:
        return np.arange(len(points))
    varying = [column for column in points.T if column.min() < column.max()]
    if not varying:
        return np.arange(1)
    order = np.lexsort((*varying[:0:-1], varying[0]))  # a point is only beaten by one before it
    rows = np.stack(_ranks(varying) if len(points) > _MANY else varying, axis=1)[order]
    kept = np.empty(0, dtype=np.int64)
    left = np.arange(len(rows))
    while len(left):
        block, left = left[:_BLOCK], left[_BLOCK:]
        beaten = (rows[block][:, None] <= rows[block][None]).all(axis=2)
        block = block[~np.triu(beaten, 1).any(axis=0)]
        kept = np.concatenate([kept, block])
        if len(left):
            left = left[~_beaten_by(rows[left], rows[block])]
    return np.sort(order[kept])


def pareto_in_groups(points: Array, group: Array) -> Array:
    """The same of each group ([points]) alone, which is fast where there are many small ones."""
    left = np.lexsort((*points.T[::-1], group))
    kept = [left[:0]]
    while len(left):  # the first of a group that is left is beaten by none, and what it beats goes
        starts = np.flatnonzero(np.diff(group[left], prepend=group[left[0]] - 1))
        firsts = left[starts]
        kept.append(firsts)
        others = np.repeat(firsts, np.diff(starts, append=len(left)))
        left = left[~(points[left] >= points[others]).all(axis=1)]
    return np.sort(np.concatenate(kept))


def _ranks(columns: list[Array]) -> list[Array]:
    """The same order of each column in small whole numbers."""
    ranks = [np.unique(column, return_inverse=True)[1].reshape(-1) for column in columns]
    most = max(int(rank.max()) for rank in ranks)
    return [rank.astype(np.min_scalar_type(most)) for rank in ranks]


def _beaten_by(points: Array, others: Array) -> Array:
    """Which points some of the others equals or beats, one coordinate at a time."""
    beaten: Array = points[:, None, 0] >= others[None, :, 0]
    for column in range(1, points.shape[1]):
        beaten &= points[:, None, column] >= others[None, :, column]
    return np.asarray(beaten.any(axis=1))
