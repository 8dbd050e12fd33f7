"""Imperfect factors: mappings of slightly longer sequences, cut to the real ones.

Awkward sizes (197, 1500) have few divisors. A mapping with perfect factors of a longer sequence becomes
one of the real sequence by giving each loop a shorter last turn: the digits of the last index, written
with the factors as radices, say where the last turn of each loop ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from flat_plugin.mapping.fused import FusedMapping, SharedLoops
from flat_plugin.mapping.nest import Factors, LevelMapping, OperatorMapping
from flat_plugin.workload.attention import Attention
from flat_plugin.workload.einsum import Einsum

_STEPS = tuple(2**n for n in range(9))


def longer(attention: Attention) -> Iterator[Attention]:
    """The layer with every pair of lengths that round up to multiples of powers of two, up to 256."""
    for queries in _lengths(attention.queries):
        for keys in _lengths(attention.keys):
            yield replace_lengths(attention, queries, keys)


def _lengths(length: int) -> list[int]:
    rounded = {-(-length // step) * step for step in _STEPS}
    return sorted(n for n in rounded if n < 2 * length)


def replace_lengths(attention: Attention, queries: int, keys: int) -> Attention:
    """The same layer with other sequences."""
    return replace(attention, queries=queries, keys=keys)


def cut(mapping: FusedMapping, attention: Attention) -> FusedMapping:
    """A mapping of a longer layer as one of this layer."""
    operators = tuple((e.name, cut_operator(e, mapping[e.name])) for e in attention.einsums())
    outer = dict(operators[0][1].levels[0].temporal)
    (loops,) = mapping.shared or (SharedLoops(mapping.levels[0]),)
    shared = tuple((d, min(trips, outer[d])) for d, trips in loops.temporal)
    return replace(mapping, shared=(replace(loops, temporal=shared),), operators=operators)


def cut_operator(einsum: Einsum, mapping: OperatorMapping) -> OperatorMapping:
    levels = list(mapping.levels)
    for dimension, bound in einsum.bounds:
        loops = [
            (level, kind, factor)
            for level, entry in enumerate(levels)
            for kind in ("temporal", "spatial_x", "spatial_y")
            for d, factor in getattr(entry, kind)
            if d == dimension
        ]
        rest, inside = bound - 1, 1
        for _, _, factor in loops:
            inside *= factor
        outermost = True
        for level, kind, factor in loops:
            inside //= factor
            last = rest // inside + 1
            rest %= inside
            levels[level] = _with(levels[level], kind, dimension, last if outermost else factor, last)
            outermost = outermost and last == 1
    return OperatorMapping(tuple(levels))


def _with(entry: LevelMapping, kind: str, dimension: str, trips: int, last: int) -> LevelMapping:
    factors: Factors = tuple((d, trips if d == dimension else n) for d, n in getattr(entry, kind))
    if kind == "temporal":
        short = entry.last_temporal + (((dimension, last),) if last < trips else ())
        return replace(entry, temporal=factors, last_temporal=short)
    short = entry.last_spatial + (((dimension, last),) if last < trips else ())
    if kind == "spatial_x":
        return replace(entry, spatial_x=factors, last_spatial=short)
    return replace(entry, spatial_y=factors, last_spatial=short)
