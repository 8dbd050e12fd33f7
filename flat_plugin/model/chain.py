"""The chain: operators, one after the other, joined into one latency and one sum of work.

Fused operators are interleaved tile by tile: the array computes a tile of logit, then of attend,
while the transfers of both go on. Each component's busy time adds up over the operators, and the
latency is that of the busiest, plus the first tile's way in and the last one's way out. Unfused
operators wait for each other: their latencies add up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from flat_plugin.architecture.hardware import Architecture
from flat_plugin.model.operator_work import Traffic, Work


@dataclass(frozen=True)
class Latency:
    """Cycles, and the component (or chain of components) that they wait for."""

    cycles: float
    bound: str


def fused_latency(
    works: Sequence[Work],
    architecture: Architecture,
    *,
    softmax_serial: bool,
    edges: float = 0.0,
) -> Latency:
    """The latency of interleaved operators.

    Args:
        edges: cycles of the first tiles' way in, before which the array has nothing to do, and of the
            last results' way out, when it is done.
    """
    busy = dict(total_busy(works))
    unit = architecture.softmax
    if softmax_serial and unit and unit.name in busy:
        compute = architecture.compute.name
        busy[f"{compute} + {unit.name}"] = busy[compute] + busy.pop(unit.name)
    bound = max(busy, key=lambda name: busy[name])
    network = sum(memory.network_latency for memory in architecture.memories)
    return Latency(busy[bound] + edges + network, bound)


def unfused_latency(works: Sequence[Work]) -> Latency:
    """The latency of operators that wait for each other; bound by what most cycles wait for."""
    waiting: dict[str, float] = {}
    for work in works:
        bound = max(work.busy, key=lambda name: work.busy[name])
        waiting[bound] = waiting.get(bound, 0.0) + work.cycles
    return Latency(sum(work.cycles for work in works), max(waiting, key=lambda name: waiting[name]))


def total_busy(works: Iterable[Work]) -> Mapping[str, float]:
    """Cycles by component, summed over operators."""
    busy: dict[str, float] = {}
    for work in works:
        for name, cycles in work.busy.items():
            busy[name] = busy.get(name, 0.0) + cycles
    return busy


def total_energy(works: Iterable[Work]) -> Mapping[str, float]:
    """pJ by component, summed over operators."""
    energy: dict[str, float] = {}
    for work in works:
        for (component, _), value in work.energy.items():
            energy[component] = energy.get(component, 0.0) + value
    return energy


def total_traffic(works: Iterable[Work]) -> Mapping[str, Traffic]:
    """Words by tensor, summed over operators."""
    traffic: dict[str, Traffic] = {}
    for work in works:
        for name, words in work.traffic.items():
            traffic[name] = traffic.get(name, Traffic()) + words
    return traffic
