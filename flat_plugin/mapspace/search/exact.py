"""A side's tiles with every choice inside: bounds of pairs, and the model's own figures of their nests."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from flat_plugin.mapspace.search.lines import Lines
from flat_plugin.mapspace.search.needs import whole_cycles
from flat_plugin.mapspace.search.nests import Nests, batches_of
from flat_plugin.mapspace.search.points import Points
from flat_plugin.mapspace.search.side import Side
from flat_plugin.mapspace.search.tiles import Tiles
from flat_plugin.model.cost import evaluate
from flat_plugin.model.mapping_batch import Array, MappingBatch
from flat_plugin.model.shared_registers import outlives


def nests_of_pairs(side: Side, tiles: Tiles, tile: Array, lines: Lines) -> tuple[Nests, Array]:
    """The nests of pairs, and which pairs they are: those that no other nest stands for."""
    chains = [chain[tile] for chain in tiles.chains]
    op, part = side.operator, tiles.part
    return op.nests(part.skeleton, part.table.axes, chains, lines, op.rows_of(part.tile))


def outlined(side: Side, nests: Nests, tiles: Tiles, tile: Array, lines: Lines, cost: Array) -> Points:
    """What nests cost at least: their steps and the room that they need exactly."""
    needs, bound, changes = side.needs, tiles.bound.take(tile), tiles.changes[tile]
    memories, shared = side.operator.architecture.memories, side.operator.shared
    busy = bound.busy.copy()
    if shared:
        reads, updates = (lines.asked[i] + lines.asked[i + 2] * changes for i in (0, 1))
        busy[shared] = np.maximum(busy[shared], needs.ports(shared, reads, updates))
    rough = tiles.part.menu.rough
    moved = bound.traffic + lines.moved[0] - rough.moved
    moved = moved + (lines.moved[1] - rough.word_moved) * changes
    if np.isfinite(memories[0].shared_bandwidth):
        busy[0] = np.maximum(busy[0], needs.ports(0, moved, np.zeros_like(moved)))
    extents = nests.tile_words(len(memories))
    steps = nests.steps
    cycles = whole_cycles(steps, busy.max(axis=0))
    return replace(
        bound,
        cycles=cycles,
        steps=steps,
        busy=busy,
        traffic=moved,
        energy=cost + needs.leaked(cycles),
        room=needs.room(nests.skeleton, extents, needs.held_by_nests(nests)),
        edge=needs.edge(nests),
        number=np.arange(len(cost)),
    )


def evaluated(side: Side, nests: Nests) -> Points:
    """Exact figures of nests, as the model counts them."""
    op, parts, columns = side.operator, [], []
    for batch, where in batches_of(nests, op.structure, op.architecture, op.role.outermost, op.shared):
        parts.append(_points(side, batch, nests.take(where)))
        columns.append(where)
    order = np.argsort(np.concatenate(columns), kind="stable")
    return replace(Points.joined(parts).take(order), number=np.arange(len(nests)))


def _points(side: Side, batch: MappingBatch, nests: Nests) -> Points:
    costs = evaluate(batch, side.operator.energies)
    counts, memories, needs = costs.counts, side.operator.architecture.memories, side.needs
    reads, writes = counts.reads.sum(axis=1), (counts.fills + counts.updates).sum(axis=1)
    busy = np.zeros((len(memories), len(nests)))
    for level, memory in enumerate(memories):
        for _, words, width in memory.ports(reads[level], writes[level]):
            np.maximum(busy[level], words / width, out=busy[level])
    counted = counts.computes >= side.units.counted * side.operator.structure.einsum.operations
    valid = costs.valid & counted
    if needs.fused:
        valid &= ~outlives(batch, _turns(side, nests))
    return Points(
        cycles=costs.cycles,
        steps=counts.compute_cycles.astype(float),
        busy=busy,
        energy=np.where(valid, costs.energy, np.inf),
        traffic=(counts.reads[0] + counts.updates[0]).sum(axis=0) * counts.instances[0],
        room=needs.room(nests.skeleton, counts.tiles, needs.held_by_nests(nests)),
        edge=needs.edge(nests),
        number=np.arange(len(nests)),
    )


def _turns(side: Side, nests: Nests) -> list[dict[str, int]]:
    """Trips in time of the shared loops, which all of these nests have, of each memory outside the one
    where operators meet."""
    op, found = side.operator, []
    for level in range(side.needs.meeting):
        shared = [i for i, place in enumerate(op.places) if place.shared and place.level == level]
        trips = nests.trips[shared, :, 0].prod(axis=0).tolist()
        found.append(dict(zip(op.structure.core, trips, strict=True)))
    return found
