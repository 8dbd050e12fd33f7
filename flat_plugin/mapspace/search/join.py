"""What two operators make together: the metrics of pairs, as ``model.chain`` has them for one pair."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from flat_plugin.architecture.hardware import Architecture
from flat_plugin.mapspace.objective import Metrics
from flat_plugin.mapspace.search.points import Points
from flat_plugin.model.mapping_batch import Array
from flat_plugin.model.operator_work import Work

FREE = Work("softmax", 0.0, {}, {})


@dataclass(frozen=True)
class Chain:
    """How operators are chained around one softmax: ``meeting`` is the memory where they meet."""

    architecture: Architecture
    fused: bool
    serial: bool
    meeting: int
    softmax: Work

    def metrics(self, sides: Sequence[Points]) -> Metrics:
        """Metrics of operators whose arrays broadcast; infinite energy where they do not fit."""
        energy = sum((side.energy for side in sides), np.zeros(1)) + self.softmax.energy_pj
        traffic = sum((side.traffic for side in sides), np.zeros(1)) + self._traffic()
        fits = np.ones(1, dtype=bool)
        rooms = []
        for level, memory in enumerate(self.architecture.memories[: self.meeting + 1]):
            each = [side.room[level] for side in sides]
            room = sum(each, np.zeros(1)) if self.fused else np.maximum.reduce(np.broadcast_arrays(*each))
            fits = fits & (room <= memory.capacity) if level else fits
            rooms.append(room)
        if self.fused:
            latency = self._interleaved(sides)
        else:
            latency = sum((side.cycles for side in sides), np.zeros(1)) + self.softmax.cycles
        return Metrics(np.where(fits, energy, np.inf), latency, traffic, rooms[self.meeting])

    def pairs(self, points: Points, other: Points | None) -> Metrics:
        """[points, others] of one operator's points with each of the other's; [points, 1] of it alone."""
        sides = [points.column()] if other is None else [points.column(), other]
        return self.metrics(sides).broadcast()

    def seen(self, points: Points, goals: Sequence[str]) -> list[Array]:
        """Figures of one operator's points that the metrics grow with, as far as goals ask for them.

        Where two points are equal in the goals, EDP decides; what comes after it is not looked at.
        """
        wanted = {*goals}
        ends = wanted <= {"traffic", "footprint"} and len(wanted) > 1
        figures = [] if ends else [points.cycles, points.energy]
        if self.fused:
            limited = [level for level, m in enumerate(self.architecture.memories) if m.limited]
            figures = [points.energy, points.steps, points.edge, *points.busy[limited]]
            figures += list(points.room[1 : self.meeting + 1])
        elif "footprint" in wanted:
            figures.append(points.room[self.meeting])
        if "traffic" in wanted:
            figures.append(points.traffic)
        return figures

    def _traffic(self) -> float:
        return sum(words.dram for words in self.softmax.traffic.values())

    def _interleaved(self, sides: Sequence[Points]) -> Array:
        unit, busy = self.architecture.softmax, self.softmax.busy
        steps = sum((side.steps for side in sides), np.zeros(1))
        steps = steps + busy.get(self.architecture.compute.name, 0.0)
        lanes = busy.get(unit.name, 0.0) if unit else 0.0
        busiest = steps + lanes if self.serial else np.maximum(steps, lanes)
        for level, memory in enumerate(self.architecture.memories):
            if memory.limited:
                ports = sum((side.busy[level] for side in sides), np.zeros(1)) + busy.get(memory.name, 0.0)
                busiest = np.maximum(busiest, ports)
        edges = sum((side.edge for side in sides), np.zeros(1))
        return busiest + edges + sum(memory.network_latency for memory in self.architecture.memories)


def together(energies: Sequence[Array]) -> Array:
    """The least pJ of operators that share the room where they meet, of those with each share of it.

    Args:
        energies: [shares, ...] of each operator, for equal steps up to the whole room. If one takes more
            than k of n shares, n − k are left to the other.
    """
    if len(energies) == 1:
        return energies[0][-1]
    one, two = energies
    return (one + two[::-1]).min(axis=0)
