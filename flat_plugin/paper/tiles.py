"""One tile of the shared loops: its nest, and the words that it brings."""

from __future__ import annotations

from dataclasses import replace

from flat_plugin.mapping.fused import FusedMapping
from flat_plugin.mapping.nest import Factors, OperatorMapping
from flat_plugin.model.capacity import tile
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


def tile_words(einsum: Einsum, mapping: FusedMapping, tensors: tuple[str, ...]) -> float:
    """Words of one buffer tile of each of these tensors of an operator."""
    operator = mapping[einsum.name]
    return sum(tile(einsum, operator, t).words for t in einsum.tensors if t.name in tensors)
