"""Constraints of fan-outs that follow one another, where a search has them as one.

Each lies on an axis of its own, so what may not be unrolled at one of them lies on the other's axis.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flat_plugin.architecture.hardware import FanOut
from flat_plugin.errors import FlatError
from flat_plugin.mapspace.constraints.loops import Bound, LoopConstraints


@dataclass(frozen=True)
class Said:
    """What a directive says of one fan-out; the permutation is innermost first, ``split`` of it on x."""

    target: str
    bounds: tuple[tuple[str, Bound], ...]
    permutation: tuple[str, ...]
    split: Any
    place: str


def of_merged(fan_outs: Sequence[FanOut], said: Sequence[Said], dimensions: Sequence[str]) -> LoopConstraints:
    """What holds of all of them together.

    Raises:
        FlatError: it cannot be told apart there: a fan-out over both axes, two over one, a number of children
            of one of them, or an order of its loops.
    """
    axes = [fan_out.axis for fan_out in fan_outs]
    allowed = {axis: set(dimensions) for axis in "xy"}
    for each in said:
        axis = next(fan_out.axis for fan_out in fan_outs if each.target in fan_out.names)
        if not axis or axes.count(axis) > 1:
            raise _apart(fan_outs, each, "it shares an axis with another, or has two")
        allowed[axis] -= _not_unrolled(each, axis, dimensions)
        for dimension, bound in each.bounds:
            if dimension in allowed[axis] and bound != Bound():
                raise _apart(fan_outs, each, f"{bound.text(dimension)} is of one of them")
        ordered = [d for d in each.permutation if d in allowed[axis]]
        if len(ordered) > 1:
            raise _apart(fan_outs, each, f"an order of {' and '.join(ordered)} is of one of them")
    never = [d for d in dimensions if d not in allowed["x"] | allowed["y"]]
    return LoopConstraints(
        tuple((d, Bound.exactly(1)) for d in never),
        on_x=frozenset(allowed["x"] - allowed["y"]),
        on_y=frozenset(allowed["y"] - allowed["x"]),
        place=", ".join(each.place for each in said),
    )


def _not_unrolled(said: Said, axis: str, dimensions: Sequence[str]) -> set[str]:
    """Dimensions with one child there: so bounded, or put on the axis that the fan-out has not."""
    one = {d for d, bound in said.bounds if bound.most == 1}
    if said.split is None or not isinstance(said.split, int):
        return one
    on_x = set(said.permutation[: said.split])
    return one | (set(dimensions) - on_x if axis == "x" else on_x)


def _apart(fan_outs: Sequence[FanOut], said: Said, why: str) -> FlatError:
    names = " and ".join(fan_out.names[0] for fan_out in fan_outs)
    return FlatError(
        f"{names} are one fan-out here, where {why}",
        path=said.place,
        expected="of each, which dimensions it does not unroll",
    )
