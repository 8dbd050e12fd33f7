"""Everything of an operator's nest outside the compute units but its trips: what each memory keeps, which
loop is innermost in each place, and which tensor stays while the innermost shared memory's loops turn.

With a skeleton fixed, how often each tensor's tile comes anew to each memory is a count along one axis.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from flat_plugin.mapspace.search.axes import Place

OUTSIDE = -1  # before all places: a tile that comes once


@dataclass(frozen=True)
class Order:
    """The loops of one place: ``first`` is the tensor whose axis is innermost (-1: there are no loops).

    ``alone``: no other axis has loops there, so that what stays may stay longer than the place.
    """

    first: int
    alone: bool = False

    @property
    def axes(self) -> frozenset[int] | None:
        """The axes that may have loops; None for all."""
        return frozenset({self.first} - {-1}) if self.alone or self.first < 0 else None

    def walks(self, axis: int) -> bool:
        """Whether loops may be on an axis."""
        return self.axes is None or axis in self.axes


NO_LOOPS = Order(-1, alone=True)


@dataclass(frozen=True)
class Skeleton:
    """``keep[level - 1][tensor]`` for the shared memories inside the outermost.

    Inside memory ``meeting`` no tile outlives an iteration of the shared loops: another operator runs between
    two of them.
    """

    places: tuple[Place, ...]
    orders: tuple[Order, ...]
    keep: tuple[tuple[bool, ...], ...]
    stays: int  # tensor, -1 where units keep nothing
    meeting: int = 0  # the memory where operators meet; 0 where they do not
    whole: bool = False  # the units hold the whole tile of it, so that it may stay longer

    def count(self, tensor: int, level: int) -> int:
        """The place outside which loops bring a tensor anew to memory ``level``; ``OUTSIDE``: once."""
        place = max((i for i, p in enumerate(self.places) if p.level < level), default=OUTSIDE)
        while place >= 0 and not (self.places[place].shared and 0 < self.meeting < level):
            order = self.orders[place]
            if order.first == tensor and not order.alone:
                return place - 1
            if order.first not in (tensor, -1):
                return place
            place -= 1
        return place

    def staying(self) -> int:
        """The same for the tensor that stays, inside the innermost shared memory."""
        last = len(self.places) - 1
        return self.count(self.stays, self.places[-1].level + 2) if self.whole and self.places else last

    def parent(self, tensor: int, level: int, outermost: bool) -> int:
        """The memory that feeds ``level``: the nearest outside that keeps the tensor; -1 if none does.

        Args:
            outermost: whether the outermost memory keeps it.
        """
        for outer in range(level - 1, 0, -1):
            if self.keep[outer - 1][tensor]:
                return outer
        return 0 if outermost else -1


def own_orders(tensors: int) -> tuple[Order, ...]:
    """What the loops of an operator's own place may be."""
    every = range(tensors)
    return (*(Order(t) for t in every), *(Order(t, alone=True) for t in every), NO_LOOPS)


def outermost_orders(tensors: int) -> tuple[Order, ...]:
    """The same where no loop stands outside, so that nothing can stay any longer."""
    return tuple(Order(t) for t in range(tensors))


def keeps(
    tensors: int, memories: int, held: Sequence[frozenset[int]], passed: Sequence[frozenset[int]]
) -> Iterator[tuple[tuple[bool, ...], ...]]:
    """Every choice of what the memories keep.

    Args:
        held, passed: for every memory, the tensors that it must keep and those that it must not.
    """
    options = [
        [(True,) if t in must else (False,) if t in never else (True, False) for t in range(tensors)]
        for must, never in zip(held, passed, strict=True)
    ]
    levels = [list(product(*choice)) for choice in options[:memories]]
    yield from product(*levels)
