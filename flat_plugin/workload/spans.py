"""Sets of keys that are a first part and one further stretch, as arrays: one entry a tile of rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True)
class Spans:
    """Keys before ``head``, and those from ``start`` to before ``stop``.

    0 ≤ head ≤ start ≤ stop; where both parts would meet, all is in the first.
    """

    head: Array
    start: Array
    stop: Array

    @classmethod
    def of(cls, head: Array, start: Array, stop: Array) -> Spans:
        """The union of ``[0, head)`` and ``[start, stop)``."""
        met = start <= head
        head = np.where(met, np.maximum(head, stop), head)
        stop = np.where(met, head, stop)
        return cls(head, np.where(met | (start >= stop), head, start), np.where(start >= stop, head, stop))

    @property
    def keys(self) -> Array:
        return self.head + self.stop - self.start

    def common(self, other: Spans) -> Array:
        """Keys of both, entry by entry."""
        found = np.minimum(self.head, other.head)
        for one, two in ((self, other), (other, self)):
            found = found + _overlap(0, one.head, two.start, two.stop)
        return found + _overlap(self.start, self.stop, other.start, other.stop)

    def __getitem__(self, part: slice) -> Spans:
        return Spans(self.head[part], self.start[part], self.stop[part])

    def union(self) -> int:
        """Keys of any tile: heads all begin at 0, and the other parts are as far apart as they are."""
        order = np.argsort(self.start, kind="stable")
        begin, end = self.start[order], self.stop[order]
        head = self.head.max(initial=0)
        reached = np.maximum.accumulate(np.concatenate(([head], end)))[:-1]
        return int(head + np.maximum(0, end - np.maximum(begin, reached)).sum())


def _overlap(start: Array | int, stop: Array, other_start: Array, other_stop: Array) -> Array:
    least, most = np.maximum(start, other_start), np.minimum(stop, other_stop)
    return np.asarray(np.maximum(0, most - least))
