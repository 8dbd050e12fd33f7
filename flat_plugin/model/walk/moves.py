"""What each memory reads, fills and updates, from a walk through the nest."""

from __future__ import annotations

from math import floor, prod

import numpy as np

from flat_plugin.architecture.energy_table import EnergyTable
from flat_plugin.architecture.hardware import Architecture
from flat_plugin.errors import FlatError, InvalidMapping
from flat_plugin.mapping.nest import OperatorMapping
from flat_plugin.model.cost import Costs, costs_of
from flat_plugin.model.counts import Counts
from flat_plugin.model.mapping_batch import Array, batch_of
from flat_plugin.model.walk.loops import Block, Loop, blocks_of, instances, loops_of
from flat_plugin.model.walk.walker import Walk
from flat_plugin.workload.einsum import Einsum
from flat_plugin.workload.size_checks import EXACT_BITS


def walked_costs(
    einsum: Einsum, architecture: Architecture, mapping: OperatorMapping, energies: EnergyTable
) -> Costs:
    """Cycles, energy and validity of one mapping with windows or with smaller last tiles.

    Raises:
        InvalidMapping: an output's words do not add up: Timeloop aborts.
        FlatError: the walk would be too long.
    """
    batch = batch_of(einsum, architecture, [mapping])
    return costs_of(batch, walked_counts(einsum, architecture, mapping), energies)


def walked_counts(einsum: Einsum, architecture: Architecture, mapping: OperatorMapping) -> Counts:
    """The counts as ``model.counts`` gives them, outermost level first, of one mapping."""
    loops = loops_of(einsum, mapping)
    if (iterations := prod(loop.trips for loop in loops)) > 1 << EXACT_BITS:
        raise FlatError(
            "more iterations than windows or smaller last tiles can be counted exactly in",
            path="mapping",
            value=iterations,
            expected=f"at most 2^{EXACT_BITS}",
        )
    walk, blocks = Walk(einsum, architecture, loops), blocks_of(loops)
    shape = (len(blocks), len(einsum.tensors), 1)
    tiles, partitions, reads, fills, updates, reductions = (np.zeros(shape) for _ in range(6))
    for t, tensor in enumerate(einsum.tensors):
        moves = _Moves(walk, blocks, t, [tensor.name not in level.bypass for level in mapping.levels[::-1]])
        for block, kept in enumerate(moves.kept):
            level = len(blocks) - 1 - block
            if not kept:
                continue
            content, part, peers = moves.content[block], moves.partitions[block], moves.peers(block)
            tiles[level, t], partitions[level, t] = moves.largest[block], part
            backing = not any(moves.kept[block + 1 :])
            came = peers + (0.0 if backing else moves.shares[block])
            if tensor.output:
                if content + peers < part:
                    name = mapping.levels[level].level
                    raise InvalidMapping(f"{name} never holds all of its part of {tensor.name}", level=name)
                updates[level, t] = _rounded(content)
                reads[level, t] = reductions[level, t] = _rounded(content + peers - part)
                fills[level, t] = _rounded(came - (0 if backing else part))
            else:
                reads[level, t], fills[level, t] = _rounded(content + peers), floor(came)
    used = instances(loops, blocks[0].inner) * blocks[0].fanout
    each = walk.whole.computes / walk.units
    return Counts(
        tiles,
        partitions,
        reads,
        fills,
        updates,
        reductions,
        np.array([*(float(floor(instances(loops, b.outer))) for b in blocks[::-1]), used])[:, None],
        (_extents(loops, len(blocks), "x"), _extents(loops, len(blocks), "y")),
        np.array([float(prod(loop.trips for loop in loops if not loop.across))]),
        np.array([float(floor(each * floor(used)))]),
    )


class _Moves:
    """One tensor's way through all memories, the innermost first; words of one instance.

    ``content`` is what children ask of a memory, ``shares`` what it asks of its parent, ``passed`` what
    its children had from each other.
    """

    def __init__(self, walk: Walk, blocks: tuple[Block, ...], t: int, kept: list[bool]) -> None:
        self.kept, self.blocks, self.loops = kept, blocks, walk.loops
        self.largest = [walk.largest[block.outer, t] for block in blocks]
        places = {block.inner: number for number, block in enumerate(blocks)}
        accesses: list[dict[tuple[int, int], float]] = [{} for _ in blocks]
        for (level, tensor, together, apart), words in sorted(walk.whole.accesses.items()):
            if tensor == t:
                accesses[places[level]][together, apart] = words
        self.content: list[float] = [sum(words.values()) for words in accesses]
        self.passed = [walk.whole.links.get((block.inner, t), 0) for block in blocks]
        self.shares = [
            sum(words * together / block.fanout for (together, _), words in asked.items())
            for asked, block in zip(accesses[1:], blocks[1:], strict=True)
        ] + [0.0]
        self.partitions = [self.largest[-1]] * len(blocks)
        for b in range(len(blocks) - 2, -1, -1):
            outer = blocks[b + 1]
            whole = walk.largest[outer.inner, t] if outer.unrolled else self.largest[b]
            self.partitions[b] = self.partitions[b + 1] * self.largest[b] // whole
        for b, keeps in enumerate(kept[:-1]):
            if not keeps:  # what it would have been asked for goes to its parent
                asked = sum(words * together for (together, _), words in accesses[b + 1].items())
                more = self.content[b] * blocks[b + 1].fanout / asked
                accesses[b + 1] = {key: words * more for key, words in accesses[b + 1].items()}
                self.content[b + 1], self.passed[b + 1] = sum(accesses[b + 1].values()), 0

    def peers(self, block: int) -> float:
        """Words that a memory passes to its neighbours, which is as many as it has from them."""
        if not any(self.kept[block + 1 :]):
            return 0.0
        return self.passed[block + 1] / floor(instances(self.loops, self.blocks[block].outer))


def _extents(loops: tuple[Loop, ...], blocks: int, across: str) -> Array:
    """[levels + 1, 1]: used extent of each level's mesh along x or y, then of the compute units."""
    unrolled = [loop for loop in loops if loop.across == across]
    outside = [prod(loop.trips for loop in unrolled if loop.block > b) for b in range(blocks)]
    return np.array([*outside[::-1], prod(loop.trips for loop in unrolled)], dtype=float)[:, None]


def _rounded(words: float) -> float:
    return float(floor(words + 0.5))
