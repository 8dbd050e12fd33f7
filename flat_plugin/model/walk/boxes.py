"""Tiles as boxes of words, and what one has that another has not."""

from __future__ import annotations

from math import prod

from flat_plugin.workload.einsum import Einsum, Tensor

Point = tuple[int, ...]
Box = tuple[tuple[int, int], ...]  # (first, one past the last) along each rank of a tensor
Shape = tuple[Box, ...]  # boxes that share no word, in order, the first of them at the origin


class Projection:
    """Where the words of a tensor lie: each rank is a sum of dimensions with coefficients."""

    def __init__(self, einsum: Einsum, tensor: Tensor) -> None:
        place = {dimension: n for n, dimension in enumerate(einsum.dimensions)}
        self.ranks = tuple(tuple((place[d], c) for d, c in rank) for rank in tensor.ranks)

    def point(self, at: Point) -> Point:
        """The word at a place of the iteration space."""
        return tuple(sum(c * at[d] for d, c in rank) for rank in self.ranks)

    def box(self, extents: Point) -> Box:
        """The words of a tile of these extents that starts at the origin."""
        box = []
        for rank in self.ranks:
            spans = [c * (extents[d] - 1) for d, c in rank]
            box.append((sum(s for s in spans if s < 0), 1 + sum(s for s in spans if s > 0)))
        return tuple(box)


def size(boxes: tuple[Box, ...]) -> int:
    """Words of boxes that share none."""
    return sum(prod(high - low for low, high in box) for box in boxes)


def shifted(box: Box, by: Point) -> Box:
    return tuple((low + step, high + step) for (low, high), step in zip(box, by, strict=True))


def motion(held: Box, box: Box) -> Point:
    """How far the centre has moved, rounded half away from zero."""
    return tuple(_half(b[0] + b[1] - h[0] - h[1]) for h, b in zip(held, box, strict=True))


def _half(twice: int) -> int:
    return (twice + 1) // 2 if twice >= 0 else -((1 - twice) // 2)


def without(box: Box, held: Box) -> tuple[Box, ...]:
    """The words of a tile that another one does not have, cut along the ranks in order."""
    if any(h[1] <= b[0] or h[0] >= b[1] for b, h in zip(box, held, strict=True)):
        return (box,)
    parts, middle = [], list(box)
    for rank, (first, end) in enumerate(held):
        low, high = middle[rank]
        if low < first:
            parts.append((*middle[:rank], (low, first), *middle[rank + 1 :]))
            low = first
        if end < high:
            parts.append((*middle[:rank], (end, high), *middle[rank + 1 :]))
            high = end
        middle[rank] = low, high
    return tuple(parts)


def placed(boxes: tuple[Box, ...]) -> tuple[Point, Shape]:
    """Where boxes lie, and their shape wherever they lie; they are at least one."""
    ordered = sorted(boxes)
    origin = tuple(low for low, _ in ordered[0])
    back = tuple(-step for step in origin)
    return origin, tuple(shifted(box, back) for box in ordered)
