"""Designs that another one beats or equals in everything, before anything is searched.

A chip that is no better in any trait than another of its group, and no smaller, cannot be better in what
mappings are the best in, nor in area or peak power (:mod:`.traits`). Power is no such figure: a faster chip
draws more.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from flat_plugin.exploration.chips import Array
from flat_plugin.exploration.traits import Traits

_LOT = 256  # designs that are compared at once


def merit(traits: Traits) -> Array:
    """[designs]: the sum of ranks in all traits: more where a chip is better."""
    total = np.zeros(len(traits.group))
    for row in traits.values:
        total += np.unique(row, return_inverse=True)[1].reshape(-1)
    return total


def undominated(traits: Traits, costs: Array) -> NDArray[np.bool_]:
    """[designs]: those that no other of their group equals or beats in all traits and costs ([costs,
    designs], the less the better); of equal ones the first."""
    kept = np.zeros(len(traits.group), dtype=bool)
    values = np.concatenate([traits.values, -costs])
    values = np.where(np.isnan(values), 0.0, values)
    ranks = np.zeros(values.shape, dtype=np.int32)
    for row, own in zip(values, ranks, strict=True):
        own[:] = np.unique(row, return_inverse=True)[1].reshape(-1)
    for group in range(int(traits.group.max()) + 1):
        members = np.flatnonzero(traits.group == group)
        kept[members[_skyline(ranks[:, members])]] = True
    return kept


def _skyline(ranks: NDArray[np.int32]) -> NDArray[np.int64]:
    """Columns that no other covers. One that covers another has the larger sum, and so comes first."""
    order = np.argsort(-ranks.sum(axis=0, dtype=np.int64), kind="stable")
    front = np.empty((len(ranks), 0), dtype=np.int32)
    found: list[int] = []
    for start in range(0, len(order), _LOT):
        lot = order[start : start + _LOT]
        lot = lot[~_covered(front, ranks[:, lot])]
        own = ranks[:, lot]
        within = (own[:, :, None] >= own[:, None, :]).all(axis=0)  # [i, j]: i covers j
        before = np.triu(within, 1).any(axis=0)  # by one that comes earlier
        lot = lot[~before]
        found += lot.tolist()
        front = np.concatenate([front, ranks[:, lot]], axis=1)
    return np.array(found, dtype=np.int64)


def _covered(front: NDArray[np.int32], ranks: NDArray[np.int32]) -> NDArray[np.bool_]:
    covered = np.zeros(ranks.shape[1], dtype=bool)
    for start in range(0, front.shape[1], _LOT * 8):
        part = front[:, start : start + _LOT * 8]
        left = np.flatnonzero(~covered)
        held = np.ones((part.shape[1], len(left)), dtype=bool)
        for row in range(len(ranks)):
            held &= part[row][:, None] >= ranks[row, left][None]
        covered[left] |= held.any(axis=0)
    return covered
