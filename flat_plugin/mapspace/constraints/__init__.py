"""Constraints: what a user fixes of a mapping, whichever file says it; read once, obeyed by every search."""

from flat_plugin.mapspace.constraints.fixed import Constraints, LevelConstraints
from flat_plugin.mapspace.constraints.loops import Bound, LoopConstraints

__all__ = ["Bound", "Constraints", "LevelConstraints", "LoopConstraints"]
