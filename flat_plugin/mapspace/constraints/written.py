"""Constraints as Timeloop's directives, for its mapper."""

from __future__ import annotations

from flat_plugin.architecture.hardware import Architecture
from flat_plugin.errors import FlatError
from flat_plugin.mapspace.constraints.fixed import Constraints
from flat_plugin.mapspace.constraints.loops import LoopConstraints
from flat_plugin.timeloop.directives import Bypass, Directive, Loops
from flat_plugin.workload.einsum import Einsum


def directives_of(
    constraints: Constraints, einsum: Einsum, architecture: Architecture
) -> tuple[Directive, ...]:
    """One for the loops in time, one for what is unrolled and one for the tensors of each memory.

    Raises:
        FlatError: a least use of the array, which is not written.
    """
    if constraints.least_parallelism > 0:
        raise FlatError(
            "a minimum use of the array cannot be written to files", path=constraints.place or None
        )
    names = [tensor.name for tensor in einsum.tensors]
    found: list[Directive] = []
    for index, memory in enumerate(architecture.memories):
        level = constraints[memory.name]
        if not level.temporal.free:
            found.append(_loops(level.temporal, memory.name, "temporal", None, einsum))
        if not level.spatial.free:
            found.append(
                _loops(level.spatial, memory.name, "spatial", architecture.array_below(index), einsum)
            )
        if level.keep or level.bypass:
            keep, bypass = (tuple(n for n in names if n in s) for s in (level.keep, level.bypass))
            found.append(Bypass(memory.name, keep, bypass))
    return tuple(found)


def _loops(said: LoopConstraints, name: str, kind: str, array: str | None, einsum: Einsum) -> Loops:
    exact = tuple((d, b.least) for d, b in said.bounds if b.least == b.most)
    bounds = tuple(
        text for d, b in said.bounds if b.least != b.most for text in b.text(d).split() if d in einsum.sizes
    )
    order: tuple[str, ...] = said.inner + (("_", *said.outer) if said.outer else ())
    split = None
    if said.on_x or said.on_y or said.others != "xy":
        rest = [d for d in einsum.dimensions if d not in said.inner]
        each = (*said.inner, *rest)
        on_x = tuple(d for d in each if said.axes(d) == "x")
        order = (*on_x, *(d for d in each if d in said.on_y))
        split = len(on_x)
    return Loops(name, kind, exact, order, split, array, bounds=bounds)
