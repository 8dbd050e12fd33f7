"""An operator's skeletons, and what the ways of their tensors through the memories have in common.

What a tensor's tiles cost outside the units depends on its own way alone. There are far fewer ways than
skeletons, so what all skeletons cost at least is known from a few prices.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product
from typing import TypeVar

import numpy as np

from flat_plugin.mapspace.search.axes import Place
from flat_plugin.mapspace.search.skeleton import (
    NO_LOOPS,
    Order,
    Skeleton,
    keeps,
    outermost_orders,
    own_orders,
)
from flat_plugin.model.mapping_batch import Array

T = TypeVar("T")


@dataclass(frozen=True)
class Way:
    """One tensor's way through the shared memories.

    Attributes:
        free: of each place, whether the tensor's axis may have loops there.
        turning: the places whose innermost loops are on its axis, and turn.
        moves: (memory that keeps it, memory that feeds this one, place outside which loops bring its tile
            anew), the outermost first.
    """

    free: tuple[bool, ...]
    turning: tuple[int, ...]
    moves: tuple[tuple[int, int, int], ...]


@dataclass(frozen=True)
class Roles:
    """What a family says of an operator's tensors and loops.

    Attributes:
        places: for loops, outermost first.
        orders: of each shared place.
        held, passed: of each shared memory, the tensors that it must and must not keep.
        outermost: of each tensor, whether the outermost memory keeps it.
        meeting: the memory where operators meet; 0 where they do not.
        units: whether anything is inside the innermost shared memory.
    """

    places: tuple[Place, ...]
    orders: tuple[Order, ...]
    held: tuple[frozenset[int], ...]
    passed: tuple[frozenset[int], ...]
    outermost: tuple[bool, ...]
    meeting: int
    units: bool

    @property
    def shared(self) -> int:
        """The innermost memory that compute units share."""
        return len(self.held)


@dataclass(frozen=True)
class Kinds:
    """Skeletons by what they have in common.

    Attributes:
        ways: of each tensor, the different ones; ``way`` ([tensors, skeletons]) says which each has.
        insides: the different (memories that units ask for each tensor, tensor that stays in the units);
            ``inside`` ([skeletons]) says which each has.
        kept: [skeletons] which of the different (tensors of each memory, tensor that stays) each has.
        staying: [skeletons] the place that what stays in the units stays for.
    """

    roles: Roles
    skeletons: tuple[Skeleton, ...]
    ways: tuple[tuple[Way, ...], ...]
    way: Array
    insides: tuple[tuple[tuple[int, ...], int], ...]
    inside: Array
    kept: Array
    staying: Array


@lru_cache(maxsize=64)
def kinds_of(roles: Roles) -> Kinds:
    """Every skeleton that may be the best."""
    skeletons, tensors = tuple(_skeletons(roles)), range(len(roles.outermost))
    each = [different([way_of(skeleton, t, roles) for skeleton in skeletons]) for t in tensors]
    insides, inside = different([(asked_of(skeleton, roles), skeleton.stays) for skeleton in skeletons])
    _, kept = different([(skeleton.keep, skeleton.stays) for skeleton in skeletons])
    staying = np.array([skeleton.staying() for skeleton in skeletons])
    ways, way = tuple(ways for ways, _ in each), np.array([way for _, way in each])
    return Kinds(roles, skeletons, ways, way, insides, inside, kept, staying)


def way_of(skeleton: Skeleton, tensor: int, roles: Roles) -> Way:
    """A tensor's way under a skeleton."""
    return Way(
        tuple(order.axes is None or tensor in order.axes for order in skeleton.orders),
        tuple(
            place
            for place, order in enumerate(skeleton.orders)
            if order.first == tensor and not skeleton.places[place].shared
        ),
        tuple(
            (
                level,
                skeleton.parent(tensor, level, roles.outermost[tensor]),
                skeleton.count(tensor, level),
            )
            for level in range(1, roles.shared + 1)
            if skeleton.keep[level - 1][tensor]
        ),
    )


def asked_of(skeleton: Skeleton, roles: Roles) -> tuple[int, ...]:
    """For every tensor, the innermost memory outside the units that keeps it."""
    outermost = enumerate(roles.outermost)
    return tuple(max(0, skeleton.parent(t, roles.shared + 1, kept)) for t, kept in outermost)


def different(values: Iterable[T]) -> tuple[tuple[T, ...], Array]:
    """The different values, and which of them each is."""
    known: dict[T, int] = {}
    which = [known.setdefault(value, len(known)) for value in values]
    return tuple(known), np.array(which, dtype=np.int64)


def _skeletons(roles: Roles) -> Iterator[Skeleton]:
    tensors = len(roles.outermost)
    orders: list[Sequence[Order]] = []
    shared = list(roles.orders)
    for place in roles.places:
        if place.shared:
            orders.append((shared.pop(0),))
        else:
            orders.append(own_orders(tensors) if orders else (*outermost_orders(tensors), NO_LOOPS))
    for keep in keeps(tensors, roles.shared, roles.held, roles.passed):
        for order in product(*orders):
            if _sensible(roles, keep, order):
                for stays in range(-1, tensors if roles.units else 0):
                    yield from _with_whole(Skeleton(roles.places, order, keep, stays, roles.meeting))


def _with_whole(skeleton: Skeleton) -> Iterator[Skeleton]:
    """A skeleton, and the one whose units hold the whole tile of what stays, if it stays longer then."""
    yield skeleton
    whole = replace(skeleton, whole=True)
    if skeleton.stays >= 0 and whole.staying() != skeleton.staying():
        yield whole


def _sensible(roles: Roles, keep: tuple[tuple[bool, ...], ...], orders: tuple[Order, ...]) -> bool:
    """Whether no other skeleton is as good whatever the tiles.

    A memory is of use where it keeps something and its loops turn: without loops its tiles are those that it
    hands on, and loops of a memory that keeps nothing are as well those of its neighbour. What the only loop
    of a memory leaves in place need not be kept there either.
    """
    mixed = {place.level for place in roles.places if place.shared}
    for place, order in zip(roles.places, orders, strict=True):
        if place.shared:
            continue
        level = place.level
        if level == roles.shared - 1 and not any(keep[roles.shared - 1]) and order != NO_LOOPS:
            return False
        if not level or level in mixed:
            continue
        kept, held = {t for t, k in enumerate(keep[level - 1]) if k}, roles.held[level - 1]
        if order == NO_LOOPS:
            if kept != held and any(keep[roles.shared - 1]):
                return False
        elif not kept or (order.alone and order.first in kept - held):
            return False
    return True
