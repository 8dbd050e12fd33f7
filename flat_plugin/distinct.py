"""The distinct columns of a table, and where equal numbers are.

``numpy.unique`` compares columns as structures: Ctrl-C in the middle of that comes out as a ``TypeError``,
and a search that would keep its best mapping ends with a traceback. Here numbers are compared, row by row.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def distinct_columns(table: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """The distinct columns of a table ([rows, columns]) in rising order, by the first row first.

    Returns:
        [rows, distinct], and [columns], which of them each column is.
    """
    columns = table.shape[1]
    order = np.lexsort(table[::-1]) if len(table) else np.arange(columns)
    rising = table[:, order]
    first = np.ones(columns, dtype=bool)
    first[1:] = (rising[:, 1:] != rising[:, :-1]).any(axis=0)
    which = np.empty(columns, dtype=np.int64)
    which[order] = np.cumsum(first) - 1
    return rising[:, first], which


def equal_places(numbers: NDArray[Any]) -> list[NDArray[np.int64]]:
    """Where each distinct number is, the least number first."""
    if not len(numbers):
        return []
    order = np.argsort(numbers, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(numbers[order])) + 1)
