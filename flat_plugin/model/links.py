"""Operands that compute units hand on to each other.

Compute units directly below a memory with a fan-out are linked in a mesh. When an operand stays the same
from one step to the next, a unit whose neighbour held it passes it on. Only groups (units that share the
operand) in which everyone has such a neighbour save their access.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import product
from math import prod

import numpy as np

from flat_plugin.distinct import distinct_columns
from flat_plugin.model.boundary import Boundary, Kind, multiplied
from flat_plugin.model.loop_turns import Turns, Values, chosen
from flat_plugin.model.mapping_batch import Array, MappingBatch, spatial_loops


@lru_cache(maxsize=4096)
def linked_groups(
    before: tuple[int, ...], now: tuple[int, ...], relevant: tuple[bool, ...], width: int, height: int
) -> int:
    """Groups of compute units in which every unit has a neighbour that held the group's operand before.

    Units are numbered with the first loop's index running fastest, and laid out row by row on a mesh.

    Args:
        before, now: iterations of the unrolled loops, one step before and now.
        relevant: which of them index the operand; those have the same iterations before and now.
    """
    units = max(prod(before), prod(now))
    height = min(height, -(-units // width))  # the rest of the mesh is idle
    width = min(width, units)
    held, wanted = _operands(before, relevant, width, height), _operands(now, relevant, width, height)
    same = np.zeros_like(held, dtype=bool)
    same[1:] |= wanted[1:] == held[:-1]
    same[:-1] |= wanted[:-1] == held[1:]
    same[:, 1:] |= wanted[:, 1:] == held[:, :-1]
    same[:, :-1] |= wanted[:, :-1] == held[:, 1:]
    alone = np.unique(wanted[(wanted >= 0) & ~same])
    return prod(n for n, flag in zip(now, relevant, strict=True) if flag) - len(alone)


def _operands(extents: tuple[int, ...], relevant: tuple[bool, ...], width: int, height: int) -> Array:
    """[height, width]: the number of each unit's operand; -1 where there is no unit."""
    number: Array = np.arange(prod(extents))
    operand = np.zeros_like(number)
    stride, operands = 1, 1
    for extent, flag in zip(extents, relevant, strict=True):
        if flag:
            operand += (number // stride % extent) * operands
            operands *= extent
        stride *= extent
    mesh: Array = np.full(width * height, -1)
    mesh[number] = operand
    return mesh.reshape(height, width)


def handed_on(batch: MappingBatch, boundary: Boundary) -> Values:
    """[mappings]: words of a tensor that compute units take from a neighbour, where last turns may be
    shorter; ``boundary`` is that of the innermost memory."""
    row = boundary.visits.visited[boundary.level]
    ragged = [d for d in boundary.indexing if row[d].ragged]
    words: Values = 0.0
    for lasts in product((False, True), repeat=len(ragged)):
        kind = dict(zip(ragged, lasts, strict=True))
        sums = {d: boundary.tiles(d, kind.get(d)) for d in boundary.indexing}
        places = dict.fromkeys(boundary.free, 0)
        for outer, d in boundary.loops():
            held = boundary.held(outer, d, sums)
            for before, now, times in _steps(boundary, places, outer, d):
                steps = np.broadcast_to(held * times, len(batch))
                words = words + steps * _linked(batch, boundary, (before | kind, now | kind), steps > 0)
            places[d] = outer + 1
    return words


def _steps(
    boundary: Boundary, places: dict[int, int], outer: int, d: int
) -> Iterator[tuple[dict[int, bool], dict[int, bool], Values]]:
    """Steps of the loop of ``outer`` over ``d``, those inside starting anew: which dimensions that do not
    index the tensor are at their last tile before, and which now, and how many steps are such."""
    options: list[list[tuple[bool, bool, Values]]] = []
    for o, place in places.items():
        if o == d:
            runs = boundary.runs(outer + 1, d) - boundary.runs(outer, d)
            more = boundary.visits.nest.temporal[outer][d].last > 1
            arrives = boundary.runs(outer + 1, d, True) * more
            choices = [(False, False, runs - arrives), (False, True, arrives)]
        else:
            runs, last = boundary.runs(place, o), boundary.visits.visited[boundary.level][o].last
            stays = boundary.runs(place, o, True)
            choices = [(False, False, runs - last), (True, False, last - stays), (True, True, stays)]
        if not boundary.visits.visited[boundary.level][o].ragged:
            choices = [(False, False, runs)]
        options.append(choices)
    for choice in product(*options):
        before = {o: was for o, (was, _, _) in zip(places, choice, strict=True)}
        now = {o: is_now for o, (_, is_now, _) in zip(places, choice, strict=True)}
        yield before, now, multiplied(times for _, _, times in choice)


def _linked(batch: MappingBatch, boundary: Boundary, kinds: tuple[Kind, Kind], used: Array) -> Array:
    """[mappings]: linked groups between units at these tiles before and now, of the mappings that are."""
    level, size = boundary.level, len(batch)
    loops = spatial_loops(batch.form.spatial_order[level])
    rows = [extent for kind in kinds for extent in _extents(boundary, loops, kind)]
    physical = batch.architecture.fanout(level)
    for across, extent in zip((batch.spatial_x, batch.spatial_y), physical, strict=True):
        rows.append(np.maximum(across[level].prod(axis=0), extent))
    table = np.stack([np.broadcast_to(row, size) for row in rows]).astype(np.int64)
    linked = np.zeros(size)
    if used.any():
        layouts, which = distinct_columns(table[:, used])
        relevant, n = tuple(d in boundary.indexing for _, d in loops), len(loops)
        groups = [
            linked_groups(tuple(row[:n]), tuple(row[n : 2 * n]), relevant, *row[2 * n :])
            for row in layouts.T.tolist()
        ]
        linked[used] = np.array(groups)[which]
    return linked


def _extents(boundary: Boundary, loops: list[tuple[str, int]], kind: Kind) -> list[Values]:
    """Iterations of the unrolled loops where the dimensions of ``kind`` are at their last tile."""
    nest, extents = boundary.visits.nest, []
    for across, d in loops:
        x, y = nest.x[boundary.level][d], nest.y[boundary.level][d]
        turns: Turns = x if across == "x" else y
        if not kind.get(d):
            extents.append(turns.trips)
        elif across == "y" or y.absent:
            extents.append(turns.last)
        else:  # the first row is a whole one, if there are more
            extents.append(chosen(y.last == 1, x.last, x.trips))
    return extents
