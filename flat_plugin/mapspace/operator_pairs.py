"""What two operators make together: the metrics of pairs, as ``model.chain`` has them for one pair."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from flat_plugin.architecture.hardware import Architecture
from flat_plugin.mapspace.objective import Metrics
from flat_plugin.mapspace.operator_side import Points
from flat_plugin.model.mapping_batch import Array
from flat_plugin.model.operator_work import Work

_LESS = 1e-12  # of whole cycles, by sums in another order


@dataclass(frozen=True)
class Chain:
    """How a family chains its operators. Of each choice of shared loops: the softmax's ``lanes``
    and ``array`` [cycles], ``ports`` ([memories] cycles), ``energy`` [pJ], ``traffic`` and ``held`` words of
    the buffer, and cycles ``before`` all. Where keys are gathered, lists of indices move beside the
    operators."""

    architecture: Architecture
    fused: bool
    serial: bool
    cycles: Array
    lanes: Array
    array: Array
    ports: Array
    energy: Array
    traffic: Array
    held: Array
    before: Array
    gathers: bool = False

    def metrics(self, sides: Sequence[Points]) -> Metrics:
        """Metrics of operators whose arrays broadcast; infinite energy where they do not fit."""
        shared = sides[0].shared
        energy = sum((side.energy for side in sides), self.energy[shared])
        traffic = sum((side.traffic for side in sides), self.traffic[shared])
        if self.fused:
            footprint = sum((side.footprint for side in sides), self.held[shared])
            latency = self._interleaved(sides, shared)
        else:
            footprint = np.maximum.reduce(np.broadcast_arrays(*(side.footprint for side in sides)))
            latency = sum((side.cycles for side in sides), self.cycles[shared])
            latency = np.ceil(latency * (1 - _LESS)) if self.gathers else latency
        latency = latency + self.before[shared]
        energy = np.where(footprint <= self.architecture.memories[1].capacity, energy, np.inf)
        return Metrics(energy, latency, traffic, footprint)

    def _interleaved(self, sides: Sequence[Points], shared: Array) -> Array:
        steps = sum((side.steps for side in sides), self.array[shared])
        lanes = self.lanes[shared]
        busiest = steps + lanes if self.serial else np.maximum(steps, lanes)
        for level, memory in enumerate(self.architecture.memories):
            if memory.limited:
                ports = sum((side.busy[level] for side in sides), self.ports[level][shared])
                busiest = np.maximum(busiest, ports)
        busiest = busiest + sum((side.edge for side in sides), np.zeros(1))
        return busiest + sum(memory.network_latency for memory in self.architecture.memories)


def chain_of(
    architecture: Architecture,
    softmax: Sequence[Work | None],
    held: Sequence[float],
    *,
    fused: bool,
    serial: bool,
) -> Chain:
    """The constants of a chain: the softmax's work and what stays on chip, by choice of shared loops."""
    names = [memory.name for memory in architecture.memories]
    lanes, array = getattr(architecture.softmax, "name", ""), architecture.compute.name
    bits = architecture.memories[0].word_bits
    free = Work("softmax", 0.0, {}, {})
    works = [work or free for work in softmax]
    return Chain(
        architecture,
        fused,
        serial,
        cycles=np.array([work.cycles for work in works], dtype=float),
        lanes=np.array([work.busy.get(lanes, 0.0) for work in works], dtype=float),
        array=np.array([work.busy.get(array, 0.0) for work in works], dtype=float),
        ports=np.array([[work.busy.get(name, 0.0) for work in works] for name in names], dtype=float),
        energy=np.array([work.energy_pj for work in works], dtype=float),
        traffic=np.array([sum(t.taken(0, bits) for t in work.traffic.values()) for work in works]),
        held=np.array(held, dtype=float),
        before=np.zeros(len(works)),
    )
