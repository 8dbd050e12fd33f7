"""One tile of the shared loops: its nest, its repetition, its first way in and last way out."""

from __future__ import annotations

from dataclasses import replace
from math import isfinite

from flat_plugin.architecture.hardware import Architecture
from flat_plugin.mapping.fused import FusedMapping
from flat_plugin.mapping.nest import Factors, OperatorMapping
from flat_plugin.model.capacity import tile
from flat_plugin.model.work import Work
from flat_plugin.workload.einsum import Einsum


def one_tile(einsum: Einsum, mapping: OperatorMapping, shared: Factors) -> tuple[Einsum, OperatorMapping]:
    """The operator inside the shared loops: what runs in one iteration of them.

    Its loops at the outermost level contain the shared ones, which are taken away.
    """
    trips = dict(shared)
    outer, *inner = mapping.levels
    own = tuple((d, factor // trips.get(d, 1)) for d, factor in outer.temporal)
    bounds = tuple((d, size // trips.get(d, 1)) for d, size in einsum.bounds)
    return replace(einsum, bounds=bounds), OperatorMapping((replace(outer, temporal=own), *inner))


def repeated_work(work: Work, times: float) -> Work:
    """The work of this many equal iterations."""
    return Work(
        work.name,
        work.cycles * times,
        {name: cycles * times for name, cycles in work.busy.items()},
        {key: energy * times for key, energy in work.energy.items()},
        {name: words * times for name, words in work.traffic.items()},
        int(work.computes * times),
    )


def first_tile_cycles(
    einsum: Einsum, mapping: FusedMapping, architecture: Architecture, tensors: tuple[str, ...]
) -> float:
    """Cycles to move one buffer tile of each of these tensors of an operator to or from DRAM.

    Before the first tile's way in, and after the last one's way out, nothing overlaps.
    """
    outer, operator = architecture.memories[0], mapping[einsum.name]
    words = sum(tile(einsum, operator, t).words for t in einsum.tensors if t.name in tensors)
    bandwidth = min(outer.shared_bandwidth, outer.read_bandwidth)
    return words / bandwidth if isfinite(bandwidth) else 0.0
