"""Choices inside by the rows that lie in all units together along each dimension."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from flat_plugin.mapspace.search.lines import Lines
from flat_plugin.model.mapping_batch import Array


@dataclass(frozen=True)
class Extents:
    """Rows that some choices have in all units together, one a column (``n``)."""

    rows: Array  # [core, n]
    base: Array  # [n] pJ in any case, at least
    word: Array  # [n] pJ each time the staying tensor's tile changes, at least
    steps: Array  # [n] cycles of the array, at least
    order: Array  # [lines] the choices, extent by extent
    starts: Array  # [n + 1] where each extent's choices begin

    def __len__(self) -> int:
        return len(self.base)

    def lines_of(self, extents: Array) -> tuple[Array, Array]:
        """The choices of some extents, and which of these each has."""
        counts = np.diff(self.starts)[extents]
        which = np.repeat(np.arange(len(extents)), counts)
        first = np.cumsum(counts) - counts
        return which, self.order[self.starts[extents][which] + np.arange(len(which)) - first[which]]


def extents_of(rows: Array, lines: Lines) -> Extents:
    """Choices by their rows ([core, lines])."""
    key = np.zeros(rows.shape[1], dtype=np.int64)
    for along in rows:
        key = key * (int(along.max(initial=0)) + 1) + along
    order = np.argsort(key, kind="stable")
    starts = np.flatnonzero(np.diff(key[order], prepend=-1))
    if not len(order):
        return Extents(rows, lines.base, lines.word, lines.steps, order, np.zeros(1, dtype=np.int64))
    return Extents(
        rows[:, order[starts]],
        np.minimum.reduceat(lines.base[order], starts),
        np.minimum.reduceat(lines.word[order], starts),
        np.minimum.reduceat(lines.steps[order], starts),
        order,
        np.append(starts, len(order)),
    )
