"""How many rows a tile has under a mask, where a dataflow leaves that open.

Lower tiles touch less, and bring more often what streams past: the height with the least product of time and
energy is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache
from math import inf

from flat_plugin.errors import InvalidMapping
from flat_plugin.mapping.dataflow import Dataflow
from flat_plugin.mapping.fused import FusedMapping
from flat_plugin.mapping.nest import OperatorMapping
from flat_plugin.mapspace.layer import Layer
from flat_plugin.model.masked import masked_cost

_MOST_TILES = 1 << 12  # that are tried, unless nothing else fits
_TILES_AT_FIRST = 1 << 11  # at most: more take time

Mapped = Callable[[Dataflow], FusedMapping]


def least_touched(shapes: Iterable[Dataflow], layer: Layer, mapped: Mapped) -> FusedMapping:
    """The best of some shapes of a fused dataflow, the tallest tiles first.

    Raises:
        InvalidMapping: none fits; the message is of the first.
    """
    found: list[FusedMapping] = []
    refused: InvalidMapping | None = None
    for shape in shapes:
        tiles = -(-layer.attention.queries // (shape.rows or layer.attention.queries))
        if found and tiles > _MOST_TILES:
            break
        try:
            found.append(mapped(shape))
        except InvalidMapping as error:
            refused = refused or error
    if not found:
        assert refused is not None
        raise refused
    return found[0] if len(found) == 1 else min(found, key=lambda mapping: _cost(layer, mapping))


def climbed(dataflow: Dataflow, layer: Layer, mapped: Mapped) -> FusedMapping:
    """The best height of an unfused dataflow: from that of the array doubled, or halved, as long as it pays;
    where that does not fit, from the first of its halves that does.

    Raises:
        InvalidMapping: none fits.
    """
    queries = layer.attention.queries
    extents = (extent for fanout in layer.architecture.fanouts for extent in fanout)
    start = min(queries, max(*extents, queries // _TILES_AT_FIRST, 1))

    @cache
    def cost(rows: int) -> float:
        try:
            return _cost(layer, mapped(replace(dataflow, rows=rows)))
        except InvalidMapping:
            return inf

    while start > 1 and cost(start) == inf:
        start //= 2
    rows = start
    while rows < queries and cost(min(2 * rows, queries)) <= cost(rows):
        rows = min(2 * rows, queries)
    while rows <= start and rows > 1 and cost(rows // 2) < cost(rows):
        rows //= 2
    return mapped(replace(dataflow, rows=rows))


def heads_in_turn(nest: OperatorMapping) -> OperatorMapping:
    """The nest with the query heads of a group inside the tiles of rows that they take, where nothing is
    between the two loops. Every tensor has both dimensions or neither: a dense layer moves the same.
    """
    outermost, *rest = nest.levels
    loops = list(outermost.temporal)
    places = {d: i for i, (d, trips) in enumerate(loops) if trips > 1}  # innermost first
    if not {"M", "G"} <= set(places) or places["G"] < places["M"]:
        return nest
    if any(places["M"] < i < places["G"] for i in places.values()):
        return nest
    loops[places["M"]], loops[places["G"]] = loops[places["G"]], loops[places["M"]]
    return replace(nest, levels=(replace(outermost, temporal=tuple(loops)), *rest))


def _cost(layer: Layer, mapping: FusedMapping) -> float:
    return masked_cost(layer.attention, layer.architecture, mapping, layer.energies, layer.softmax)
