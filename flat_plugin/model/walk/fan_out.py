"""The loops that unroll the children of one memory side by side."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from flat_plugin.architecture.hardware import Architecture
from flat_plugin.model.walk.boxes import Point, Projection
from flat_plugin.model.walk.children import Steps
from flat_plugin.model.walk.loops import Loop


class FanOut:
    """``group`` are the loops that unroll together, ``mesh`` the width and height that they lie on."""

    def __init__(
        self,
        loops: tuple[Loop, ...],
        level: int,
        projections: Sequence[Projection],
        architecture: Architecture,
    ) -> None:
        """Args: level: the outermost of the loops."""
        inner = level
        while inner > 0 and loops[inner - 1].across:
            inner -= 1
        self.group = range(inner, level + 1)
        self.loops, self.projections = [loops[n] for n in self.group], projections
        x, y = architecture.fanout(len(architecture.memories) - 1 - loops[inner].block)
        self.mesh = max(x, self._used("x")), max(y, self._used("y"))

    def _used(self, across: str) -> int:
        return prod(loop.trips for loop in self.loops if loop.across == across)

    def steps(self, t: int, trips: Point) -> Steps:
        """What one iteration of each loop moves of tensor ``t``, if they make these trips."""
        found = []
        for loop, times in zip(self.loops, trips, strict=True):
            along = [0] * len(loop.full)
            along[loop.dimension] = loop.stride
            found.append((times, self.projections[t].point(tuple(along))))
        return tuple(found)
