"""Constraints as the limits of an array, which is what the search below one buffer can keep to."""

from __future__ import annotations

from math import isinf

from flat_plugin.architecture.hardware import Architecture
from flat_plugin.errors import FlatError
from flat_plugin.mapspace.constraints.fixed import Constraints, LevelConstraints
from flat_plugin.mapspace.limits import FREE, Limits, Spread
from flat_plugin.mapspace.structure import Structure


def limits_of(constraints: Constraints, structure: Structure, architecture: Architecture) -> Limits:
    """What is unrolled below each memory and what the registers keep.

    Raises:
        FlatError: a constraint on anything else, which this search does not keep to.
    """
    if constraints.least_parallelism > 0:
        raise FlatError("searches do not support a minimum use of the array", path=constraints.place or None)
    limits = FREE
    for index, memory in enumerate(architecture.memories):
        level = constraints[memory.name]
        if not level.temporal.free:
            raise FlatError(
                "not a constraint that the search supports",
                path=level.temporal.place or None,
                value=f"{memory.name}: temporal",
                expected="spatial or dataspace: loops in time are its own choice",
            )
        if not level.spatial.free:
            limits = _with_spread(limits, index, level, structure)
        if level.keep or level.bypass:
            limits = _with_keep(limits, index, level, structure, architecture)
    place = constraints.place
    return Limits(limits.spreads, limits.keep, place) if not constraints.free else limits


def _with_spread(limits: Limits, index: int, level: LevelConstraints, structure: Structure) -> Limits:
    loops = level.spatial
    if index == 0:
        raise FlatError("nothing is unrolled below this memory", path=loops.place or None, value=level.level)
    for dimension, bound in loops.bounds:
        if dimension not in structure.core and bound.least > 1:
            raise FlatError(
                "not a factor that the search unrolls",
                path=f"{loops.place}.factors",
                value=bound.text(dimension),
                expected="1 or more of " + ", ".join(structure.core),
            )
    named = [d for d in (*loops.inner, *loops.outer) if d in structure.core]
    for axis in "xy":
        if sum(loops.axes(d) == axis and loops.bound(d).most > 1 for d in named) > 1:
            raise FlatError(
                "the search chooses the order of the loops on an axis",
                path=f"{loops.place}.permutation",
                value="".join(named),
                expected="one dimension on an axis",
            )
    bounds = [loops.bound(d) for d in structure.core]
    spread = Spread(
        tuple(bound.least for bound in bounds),
        tuple(bound.most if isinf(bound.most) else int(bound.most) for bound in bounds),
        tuple(loops.axes(d) for d in structure.core),
    )
    return Limits((*limits.spreads, (index, spread)), limits.keep)


def _with_keep(
    limits: Limits, index: int, level: LevelConstraints, structure: Structure, architecture: Architecture
) -> Limits:
    said = tuple(level.holds(name) for name in structure.names)
    if index == len(architecture.memories) - 1 and index >= 2 and architecture.fanout(index) == (1, 1):
        return Limits(limits.spreads, said)
    if index <= 1 and not level.bypass:  # what the search keeps there in any case
        return limits
    raise FlatError(
        "of what is kept, the search chooses only what the registers of a compute unit hold",
        path=level.keep_place or None,
        value=f"{level.level}: bypass {', '.join(sorted(level.bypass)) or 'nothing'}",
        expected="a spatial constraint, or the innermost memory",
    )
