"""What is fixed of the loops of one memory: its own loops in time, or those unrolled below it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf

from flat_plugin.errors import FlatError


@dataclass(frozen=True)
class Bound:
    """The trips that one loop may have: at ``least`` and at ``most`` so many. ``fixed``: given as ``=``."""

    least: int = 1
    most: float = inf
    fixed: bool = False

    @staticmethod
    def exactly(trips: int) -> Bound:
        return Bound(trips, trips, fixed=True)

    def allows(self, trips: int) -> bool:
        return self.least <= trips <= self.most

    def both(self, other: Bound) -> Bound:
        """What both allow; ``least`` is above ``most`` where they contradict each other."""
        fixed = self.fixed or other.fixed
        return Bound(max(self.least, other.least), min(self.most, other.most), fixed)

    def text(self, dimension: str) -> str:
        """As Timeloop writes it: ``M=4``, ``M<=16``, ``M>=2 M<=16``."""
        if self.least == self.most:
            return f"{dimension}={self.least}"
        parts = [f"{dimension}>={self.least}"] if self.least > 1 else []
        return " ".join(parts + ([f"{dimension}<={self.most:.0f}"] if self.most < inf else []))


FREE = Bound()


@dataclass(frozen=True)
class LoopConstraints:
    """Loops innermost first.

    ``bounds`` of the dimensions that have any. ``inner`` are the innermost loops in their order, and
    ``outer`` the outermost in theirs; those of one trip do not count. ``on_x`` and ``on_y`` (unrolled
    loops only) are dimensions that lie on one axis; ``others`` is the axis of those in neither, ``xy``
    where it is free; they follow from ``split``. ``place`` says where this was read, for messages.
    """

    bounds: tuple[tuple[str, Bound], ...] = ()
    inner: tuple[str, ...] = ()
    outer: tuple[str, ...] = ()
    on_x: frozenset[str] = frozenset()
    on_y: frozenset[str] = frozenset()
    others: str = "xy"
    split: int | None = None  # as given: how many dimensions of the permutation lie on x
    place: str = field(default="", compare=False)

    @property
    def free(self) -> bool:
        """Whether nothing is said."""
        return self == LoopConstraints()

    def bound(self, dimension: str) -> Bound:
        return dict(self.bounds).get(dimension, FREE)

    def axes(self, dimension: str) -> str:
        """Where a dimension may be unrolled: ``x``, ``y``, or both: ``xy``."""
        if dimension in self.on_x:
            return "x"
        return "y" if dimension in self.on_y else self.others

    def broken_by(self, x: Sequence[tuple[str, int]], y: Sequence[tuple[str, int]] = ()) -> str | None:
        """What of this loops do not keep to; None if nothing. Loops in time come as ``x``."""
        trips = dict.fromkeys((d for d, _ in self.bounds), 1)
        for dimension, factor in (*x, *y):
            trips[dimension] = trips.get(dimension, 1) * factor
        for dimension, factor in trips.items():
            if not (bound := self.bound(dimension)).allows(factor):
                return f"{bound.text(dimension)} is asked for, the mapping has {dimension}={factor}"
        turning = [dimension for dimension, factor in (*x, *y) if factor > 1]
        return self._order_broken(turning) or self._axes_broken(x, y)

    def _order_broken(self, turning: list[str]) -> str | None:
        inner = [d for d in self.inner if d in turning]
        outer = [d for d in self.outer if d in turning]
        if turning[: len(inner)] != inner or (outer and turning[-len(outer) :] != outer):
            asked = "".join(inner) + ("_" + "".join(outer) if outer else "")
            return f"the order {asked} is asked for, the mapping has {''.join(turning)} (innermost first)"
        return None

    def _axes_broken(self, x: Sequence[tuple[str, int]], y: Sequence[tuple[str, int]]) -> str | None:
        for axis, loops in (("x", x), ("y", y)):
            for dimension, factor in loops:
                if factor > 1 and axis not in self.axes(dimension):
                    return f"{dimension} is asked for on {self.axes(dimension)}, the mapping has it on {axis}"
        return None

    def both(self, other: LoopConstraints) -> LoopConstraints:
        """What keeps to both.

        Raises:
            FlatError: nothing does.
        """
        if self.free or other.free:
            return other if self.free else self
        place = ", ".join(dict.fromkeys((self.place, other.place)))
        bounds = dict(self.bounds)
        for dimension, bound in other.bounds:
            bounds[dimension] = bounds.get(dimension, FREE).both(bound)
            if bounds[dimension].least > bounds[dimension].most:
                said = f"{self.bound(dimension).text(dimension)} and {bound.text(dimension)}"
                raise _contradiction(said, place)
        merged = LoopConstraints(
            tuple(bounds.items()),
            _longer(self.inner, other.inner, place),
            _longer(self.outer[::-1], other.outer[::-1], place)[::-1],
            *_axes(self, other, place),
            self.split if other.split is None else other.split,
            place,
        )
        return merged


def _longer(one: tuple[str, ...], other: tuple[str, ...], place: str) -> tuple[str, ...]:
    short, long = sorted((one, other), key=len)
    if long[: len(short)] != short:
        raise _contradiction(f"the orders {''.join(one)} and {''.join(other)}", place)
    return long


def _axes(
    one: LoopConstraints, other: LoopConstraints, place: str
) -> tuple[frozenset[str], frozenset[str], str]:
    named = one.on_x | one.on_y | other.on_x | other.on_y
    common = {d: "".join(a for a in "xy" if a in one.axes(d) and a in other.axes(d)) for d in named}
    if lost := sorted(d for d, axes in common.items() if not axes):
        raise _contradiction(f"{lost[0]} on x and on y", place)
    others = "".join(a for a in "xy" if a in one.others and a in other.others)
    if not others:
        raise _contradiction("all other dimensions on x and on y", place)
    on_x, on_y = (frozenset(d for d, axes in common.items() if axes == axis) for axis in "xy")
    return on_x, on_y, others


def _contradiction(said: str, place: str) -> FlatError:
    return FlatError(f"constraints that contradict each other: {said}", path=place or None)
