"""The least traffic of an attention layer through a buffer of some words, over all ways to tile it.

A tile is rows × keys of the scores, on chip; the nest walks tiles along the keys first, or along the rows
first. Walking along the keys, the rows' tiles of Q and O may be held meanwhile (Q comes once; O, summed
up, leaves once), or come again for every tile; K and V come once for every row of tiles. Walking along the
rows, the same holds of K and V, while Q and O pass. Holding costs room, and nothing but the scores
and what is held is counted as room, so no mapping does with less. Rows may also be whole though their
scores do not fit: then those that are left over go to the outermost memory and come back. The other way is
not to fuse: then every score does.

FLAT is the case of one tile along the keys, FlashAttention that of Q and O held.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from math import isfinite

import numpy as np

from flat_plugin.model.mapping_batch import Array
from flat_plugin.workload.attention import Attention

_STEPS = 1000  # of the rows of a tile, from 1 to all


@dataclass(frozen=True)
class Weights:
    """What a word of each tensor counts, in room or in traffic."""

    Q: float = 1.0
    K: float = 1.0
    S: float = 1.0
    V: float = 1.0
    O: float = 1.0  # noqa: E741


WORDS = Weights()


@dataclass(frozen=True)
class _Sizes:
    """Rows of a group's heads, their keys and scores that are needed, widths of a head, what words count."""

    rows: int
    keys: int
    scores: int
    wide: int
    tall: int
    room: Weights
    cost: Weights

    @property
    def mean(self) -> float:
        """Keys that a row needs."""
        return self.scores / self.rows

    @property
    def row(self) -> float:
        """Traffic of a row of Q and of O."""
        return self.wide * self.cost.Q + self.tall * self.cost.O

    @property
    def key(self) -> float:
        """Traffic of a row of K and of V."""
        return self.wide * self.cost.K + self.tall * self.cost.V

    @property
    def compulsory(self) -> float:
        return self.rows * self.row + self.keys * self.key


def least_traffic(
    attention: Attention, capacity: float, *, room: Weights = WORDS, cost: Weights = WORDS
) -> float:
    """Traffic between the outermost memory and a buffer, at least.

    Args:
        capacity: of the buffer, in words, or in what ``room`` says that each tensor's words take.
        cost: what each tensor's words count of the traffic; words if not given.

    Tiles need not divide the layer, and the bound of each range of rows is that of its ends: less
    than 2 % below the best of all these tilings. Under a mask only its needed scores are tiled: however
    their rows are put together, tiles of so many rows have at least so many keys between them.
    """
    # A group's heads share K and V.
    problems = attention.batch * attention.kv_heads
    sizes = _Sizes(
        attention.needed_rows * attention.group,
        attention.needed_keys,
        attention.least_scores // problems,
        attention.head_dim,
        attention.value_dim,
        room,
        cost,
    )
    if not isfinite(capacity):
        return float(problems * sizes.compulsory)
    unfused = sizes.compulsory + 2 * sizes.scores * cost.S
    fused = min(_along_keys(sizes, capacity), _along_rows(sizes, capacity))
    return float(problems * max(sizes.compulsory, min(unfused, fused)))


def _along_keys(sizes: _Sizes, capacity: float) -> float:
    """K and V come once for every row of tiles; Q and O are held, or not."""
    few, many = _ranges(sizes.rows)
    rows, keys, cost = sizes.rows, sizes.keys, sizes.cost
    q_words, o_words = rows * sizes.wide * cost.Q, rows * sizes.tall * cost.O
    passes = np.maximum(keys * sizes.key, sizes.mean * sizes.key * rows / many)
    best = np.inf
    for q, o in product((True, False), repeat=2):
        held = sizes.wide * sizes.room.Q * q + sizes.tall * sizes.room.O * o
        most = _most(keys, capacity - held * few, few * sizes.room.S)
        steps = np.maximum(1, sizes.mean / np.maximum(most, 1))
        words = passes + q_words * (1 if q else steps) + o_words * (1 if o else 2 * steps - 1)
        best = min(best, _least(words, most))
        best = min(best, _spilled(rows * sizes.row + passes, sizes, few, capacity - held * few))
    return best


def _along_rows(sizes: _Sizes, capacity: float) -> float:
    """Q comes and O goes once for every column of tiles; K and V are held, or not."""
    few, many = _ranges(sizes.rows)
    rows, keys, cost = sizes.rows, sizes.keys, sizes.cost
    q_words, o_words = rows * sizes.wide * cost.Q, rows * sizes.tall * cost.O
    k_least, v_least = keys * sizes.wide * cost.K, keys * sizes.tall * cost.V
    best = np.inf
    for k, v in product((True, False), repeat=2):
        held = sizes.wide * sizes.room.K * k + sizes.tall * sizes.room.V * v
        most = _most(keys, capacity, few * sizes.room.S + held)
        steps = np.maximum(1, sizes.mean / np.maximum(most, 1))
        k_words = k_least if k else np.maximum(k_least, sizes.mean * sizes.wide * cost.K * (rows / many))
        v_words = v_least if v else np.maximum(v_least, sizes.mean * sizes.tall * cost.V * (rows / many))
        words = q_words * steps + o_words * (2 * steps - 1) + k_words + v_words
        best = min(best, _least(words, most))
        whole = rows * sizes.row + k_words + v_words
        best = min(best, _spilled(whole, sizes, few, capacity - held * keys))
    return best


def _ranges(rows: int) -> tuple[Array, Array]:
    """Ranges of the rows of a tile that cover all of them: first and last of each."""
    ends = np.unique(np.geomspace(1, rows, _STEPS))
    return (ends[:-1], ends[1:]) if len(ends) > 1 else (ends, ends)


def _most(keys: int, room: Array | float, words: Array) -> Array:
    """Keys of a tile at most, where each takes so many words of the room; less than one fits nothing."""
    return np.minimum(keys, room / words)


def _spilled(words: Array | float, sizes: _Sizes, few: Array, room: Array | float) -> float:
    """Least words where rows are whole and what the room does not hold of their scores goes out and back."""
    share = np.maximum(0.0, 1 - room / (few * sizes.mean * sizes.room.S))
    scores = 2 * sizes.scores * sizes.cost.S
    return float(np.where(room >= 0, words + scores * share, np.inf).min())


def _least(words: Array, most: Array) -> float:
    return float(np.where(most >= 1, words, np.inf).min())
