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

    def paged(self, page: int, keys: int) -> Spans:
        """All pages of so many keys that these are in; the last page may be smaller."""
        if page == 1:
            return self
        head, stop = (np.minimum(-(-end // page) * page, keys) for end in (self.head, self.stop))
        start = np.where(self.start < self.stop, self.start // page * page, stop)
        return Spans.of(np.minimum(head, keys), np.minimum(start, keys), stop)

    @property
    def keys(self) -> Array:
        return self.head + self.stop - self.start

    def common(self, other: Spans) -> Array:
        """Keys of both, entry by entry."""
        found = np.minimum(self.head, other.head)
        for one, two in ((self, other), (other, self)):
            found = found + _overlap(0, one.head, two.start, two.stop)
        return found + _overlap(self.start, self.stop, other.start, other.stop)

    def __getitem__(self, part: slice | Array) -> Spans:
        return Spans(self.head[part], self.start[part], self.stop[part])

    def fresh(self) -> Array:
        """Keys that no entry before has; stretches begin and end later from entry to entry, without gaps."""
        apart = self.start < self.stop
        begin = self.start[apart.argmax()] if apart.any() else 0
        head = np.maximum.accumulate(self.head)
        end = np.maximum.accumulate(np.where(apart, self.stop, 0))
        so_far = head + np.maximum(0, end - np.maximum(begin, head))
        return np.diff(so_far, prepend=0)


def _overlap(start: Array | int, stop: Array, other_start: Array, other_stop: Array) -> Array:
    least, most = np.maximum(start, other_start), np.minimum(stop, other_stop)
    return np.asarray(np.maximum(0, most - least))
