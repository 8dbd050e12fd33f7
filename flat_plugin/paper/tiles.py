"""One tile of the shared loops: its nest, its repetition, its first way in and last way out."""

from __future__ import annotations

from dataclasses import replace

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


def tile_words(einsum: Einsum, mapping: FusedMapping, tensors: tuple[str, ...]) -> float:
    """Words of one buffer tile of each of these tensors of an operator."""
    operator = mapping[einsum.name]
    return sum(tile(einsum, operator, t).words for t in einsum.tensors if t.name in tensors)
