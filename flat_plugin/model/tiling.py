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

from itertools import product
from math import isfinite

import numpy as np

from flat_plugin.model.batch import Array
from flat_plugin.workload.attention import Attention

_STEPS = 1000  # of the rows of a tile, from 1 to all


def least_traffic(attention: Attention, capacity: float) -> float:
    """Words between the outermost memory and a buffer of ``capacity`` words, at least.

    Tiles need not divide the layer, and the bound of each range of rows is that of its ends: less
    than 2 % below the best of all these tilings.
    """
    rows, keys = attention.queries * attention.group, attention.keys  # a group's heads share K and V
    wide, tall = attention.head_dim, attention.value_dim
    problems = attention.batch * attention.kv_heads
    compulsory = (rows + keys) * (wide + tall)
    if not isfinite(capacity):
        return float(problems * compulsory)
    unfused = compulsory + 2 * rows * keys
    fused = min(_along_keys(rows, keys, wide, tall, capacity), _along_rows(rows, keys, wide, tall, capacity))
    return float(problems * max(compulsory, min(unfused, fused)))


def _along_keys(rows: int, keys: int, wide: int, tall: int, capacity: float) -> float:
    """K and V come once for every row of tiles; Q and O are held, or not."""
    few, many = _ranges(rows)
    best = np.inf
    for q, o in product((True, False), repeat=2):
        held = wide * q + tall * o
        most = _most(keys, capacity - held * few, few)
        steps = keys / np.maximum(most, 1)
        words = keys * (wide + tall) * rows / many
        words = words + rows * wide * (1 if q else steps) + rows * tall * (1 if o else 2 * steps - 1)
        best = min(best, _least(words, most))
        whole = rows * (wide + tall) + keys * (wide + tall) * rows / many
        best = min(best, _spilled(whole, rows, keys, few, capacity - held * few))
    return best


def _along_rows(rows: int, keys: int, wide: int, tall: int, capacity: float) -> float:
    """Q comes and O goes once for every column of tiles; K and V are held, or not."""
    few, many = _ranges(rows)
    best = np.inf
    for k, v in product((True, False), repeat=2):
        held = wide * k + tall * v
        most = _most(keys, capacity, few + held)
        steps = keys / np.maximum(most, 1)
        k_words = keys * wide * (1 if k else rows / many)
        v_words = keys * tall * (1 if v else rows / many)
        words = rows * wide * steps + rows * tall * (2 * steps - 1) + k_words + v_words
        best = min(best, _least(words, most))
        whole = rows * (wide + tall) + k_words + v_words
        best = min(best, _spilled(whole, rows, keys, few, capacity - held * keys))
    return best


def _ranges(rows: int) -> tuple[Array, Array]:
    """Ranges of the rows of a tile that cover all of them: first and last of each."""
    ends = np.unique(np.geomspace(1, rows, _STEPS))
    return (ends[:-1], ends[1:]) if len(ends) > 1 else (ends, ends)


def _most(keys: int, room: Array | float, words: Array) -> Array:
    """Keys of a tile at most, where each takes so many words of the room; less than one fits nothing."""
    return np.minimum(keys, room / words)


def _spilled(words: Array | float, rows: int, keys: int, few: Array, room: Array | float) -> float:
    """Least words where rows are whole and what the room does not hold of their scores goes out and back."""
    share = np.maximum(0.0, 1 - room / (few * keys))
    return float(np.where(room >= 0, words + 2 * rows * keys * share, np.inf).min())


def _least(words: Array, most: Array) -> float:
    return float(np.where(most >= 1, words, np.inf).min())
