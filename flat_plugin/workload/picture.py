"""A mask as a picture of characters: what is needed, what is computed beside it, what is skipped."""

from __future__ import annotations

import numpy as np

from flat_plugin.workload.key_spans import Array
from flat_plugin.workload.mask import Mask
from flat_plugin.workload.touched import needed_pairs

NEEDED, BESIDE, SKIPPED = "#", "+", "."


def picture(mask: Mask, queries: int, keys: int, rows: int, most: int = 32) -> tuple[str, ...]:
    """One line a query, one character a key, or of long layers those at equal distances.

    Args:
        rows: of a tile of queries.
        most: lines and characters of a line.
    """
    lines, columns = _sampled(queries, most), _sampled(keys, most)
    needed = needed_pairs(mask, lines, lines, columns, queries, keys)
    first = lines // rows * rows
    touched = needed_pairs(mask, first, np.minimum(first + rows, queries) - 1, columns, queries, keys)
    drawn = np.where(needed, NEEDED, np.where(touched, BESIDE, SKIPPED))
    return tuple("".join(line) for line in drawn)


def _sampled(length: int, most: int) -> Array:
    """All positions, or ``most`` of them at equal distances."""
    count = min(length, most)
    return (np.arange(count, dtype=np.int64) * 2 + 1) * length // (2 * count)
