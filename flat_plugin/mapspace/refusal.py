"""Why limits leave an operator no mapping: the first thing that cannot be, in names and numbers."""

from __future__ import annotations

from math import prod

from flat_plugin.architecture.hardware import Architecture
from flat_plugin.mapspace.limits import Limits, Spread
from flat_plugin.mapspace.structure import Structure


def refusal(structure: Structure, architecture: Architecture, limits: Limits) -> str:
    """One clause; of limits within which there is a mapping, that their combination is at fault."""
    for level, spread in limits.spreads:
        if found := _below(structure, architecture, level, spread):
            return found
    return "no combination of what it asks for can be unrolled and kept"


def _below(structure: Structure, architecture: Architecture, level: int, spread: Spread) -> str:
    mesh = architecture.fanout(level)
    array = f"{mesh[0]} × {mesh[1]} below {architecture.memories[level].name}"
    for dimension, (name, size) in enumerate(zip(structure.core, structure.sizes, strict=True)):
        least, axes = spread.least[dimension], spread.axes[dimension]
        widest = max(width for axis, width in zip("xy", mesh, strict=True) if axis in axes)
        if size % least:
            return f"{name}={least} does not divide {size}, the size of {name}"
        if least > widest:
            axis = f"the {axes} axis" if len(axes) == 1 else "one axis"
            return f"{name}={least} is more than {widest}, what {axis} of the array has ({array})"
    asked = {name: least for name, least in zip(structure.core, spread.least, strict=True) if least > 1}
    if prod(asked.values()) > prod(mesh) or not _fits(spread, mesh):
        factors = " ".join(f"{name}={least}" for name, least in asked.items())
        return f"{factors} do not fit together on the array ({array})"
    return ""


def _fits(spread: Spread, mesh: tuple[int, int]) -> bool:
    """Whether the least factors can be dealt out to the two axes."""
    sums = {(1, 1)}
    for least, axes in zip(spread.least, spread.axes, strict=True):
        on_x = {(x * least, y) for x, y in sums if "x" in axes}
        on_y = {(x, y * least) for x, y in sums if "y" in axes}
        sums = on_x | on_y
    return any(x <= mesh[0] and y <= mesh[1] for x, y in sums)
