"""What ``timeloop-model`` checks of a mapping that is given together with constraints.

It is less than what its mapper keeps to: lower bounds, the outer part of a permutation, what is kept and
the least use of the array are not looked at, and a bound that is larger than the problem is passed over.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from flat_plugin.architecture.hardware import Architecture
from flat_plugin.errors import InvalidMapping
from flat_plugin.mapping.nest import LevelMapping, OperatorMapping
from flat_plugin.mapspace.constraints.architecture import of_architecture
from flat_plugin.mapspace.constraints.fixed import Constraints
from flat_plugin.mapspace.constraints.loops import LoopConstraints
from flat_plugin.workload.einsum import Einsum

Loops = Sequence[tuple[str, int]]


def refused_by_timeloop(constraints: Constraints, mapping: OperatorMapping, einsum: Einsum) -> str | None:
    """Why timeloop-model would refuse a mapping beside these constraints; None if it would take it."""
    for level in mapping.levels:
        said = constraints[level.level]
        for loops, what in ((said.temporal, "loops"), (said.spatial, "unrolled loops")):
            if not loops.free and (why := _refused(loops, level, what, einsum)):
                return f"{level.level}, {what}: {why}" + (f" ({loops.place})" if loops.place else "")
    return None


def check_explicit(
    einsum: Einsum,
    architecture: Architecture,
    mapping: OperatorMapping,
    others: Collection[Einsum] = (),
) -> None:
    """Check a mapping that a user gives against the architecture's own constraints: those of its nodes, and
    ``architecture_constraints`` as ``timeloop-model`` does.

    Raises:
        InvalidMapping: it breaks one.
        FlatError: a constraint is wrong.
    """
    if not architecture.constraints:
        return
    beside = of_architecture(einsum, architecture, others, "architecture")
    nodes = of_architecture(einsum, architecture, others, "node")
    said = refused_by_timeloop(beside, mapping, einsum) or nodes.broken_by(mapping, architecture)
    said = said or _in_two_branches(einsum, architecture, mapping)
    if said:
        raise InvalidMapping(f"the mapping of {einsum.name} violates the architecture's constraints: {said}")


def _in_two_branches(einsum: Einsum, architecture: Architecture, mapping: OperatorMapping) -> str | None:
    """Of memories side by side at most one keeps a tensor, whichever the mapping chooses."""
    first: dict[tuple[str, str], str] = {}
    levels = {level.level: level for level in mapping.levels}
    for directive in (each.directive for each in architecture.constraints):
        if "branch_of" not in directive or directive["target"] not in levels:
            continue
        level = levels[directive["target"]]
        for tensor in (each.name for each in einsum.tensors if each.name not in level.bypass):
            other = first.setdefault((directive["branch_of"], tensor), level.level)
            if other != level.level:
                return f"{other} and {level.level} are side by side, and both keep {tensor}"
    return None


def _refused(loops: LoopConstraints, level: LevelMapping, what: str, einsum: Einsum) -> str | None:
    x, y = (level.temporal, ()) if what == "loops" else (level.spatial_x, level.spatial_y)
    turning = [(d, n) for d, n in (*x, *y) if n > 1]
    bounds = [
        (d, bound) for d, bound in loops.bounds if not bound.fixed or bound.least <= einsum.sizes.get(d, 1)
    ]
    if what != "loops" and not turning:
        if bounds or loops.inner or loops.split is not None:
            return "timeloop-model stops where constraints speak of a fan-out that the mapping does not use"
        return None
    trips = dict(turning)
    for dimension, bound in bounds:
        factor = trips.get(dimension, 1)
        if factor > bound.most or (bound.fixed and factor != bound.least):
            return f"{bound.text(dimension)} is asked for, the mapping has {dimension}={factor}"
    if not _ordered(loops.inner, turning, einsum):
        order = "".join(d for d, _ in turning)
        return f"the order {''.join(loops.inner)} is asked for, the mapping has {order} (innermost first)"
    on_x = sum(n > 1 for _, n in x)
    if loops.split is not None and loops.split != on_x:
        return f"{loops.split} dimensions on x are asked for, the mapping unrolls {on_x} there"
    return None


def _ordered(wanted: Sequence[str], turning: Loops, einsum: Einsum) -> bool:
    """Whether Timeloop finds an order kept. It walks both lists, but where they differ it looks for a loop
    of one trip at the place it has reached in the wanted order, not in the mapping's."""
    trips = dict(turning)
    order = [*trips, *(d for d in einsum.dimensions if d not in trips)]
    i = j = 0
    while i < len(wanted) and j < len(order):
        if wanted[i] == order[j]:
            i += 1
        elif trips.get(order[i], 1) > 1:
            return False
        j += 1
    return True
