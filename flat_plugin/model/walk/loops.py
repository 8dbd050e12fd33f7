"""The loops of a mapping, from the innermost out, and the memories they belong to."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from flat_plugin.mapping.nest import OperatorMapping
from flat_plugin.workload.einsum import Einsum


@dataclass(frozen=True)
class Loop:
    """``last`` iterations in the last turn. A block is all loops of one memory: those that unroll its
    children inside, its own around them. Extents are of what one pass over the loop covers."""

    dimension: int  # its place in the einsum's dimensions
    trips: int
    last: int
    stride: int  # of one iteration along the dimension
    block: int
    across: str  # x or y where it unrolls
    edge: bool  # the outermost loop of its block
    lead: bool  # the outermost of those that unroll
    full: tuple[int, ...]  # extents per dimension, not in the last turn
    short: tuple[int, ...]  # and in it
    ragged: int  # bit per dimension: whether this loop or one inside it has a smaller last turn


@dataclass(frozen=True)
class Block:
    """The loops at which a memory exchanges words with its children, and with its parent."""

    inner: int
    outer: int
    fanout: int
    unrolled: bool


def loops_of(einsum: Einsum, mapping: OperatorMapping) -> tuple[Loop, ...]:
    """Innermost first; loops of one iteration are left out, but for one in a memory that has none."""
    place = {dimension: n for n, dimension in enumerate(einsum.dimensions)}
    full, short, ragged = [1] * len(place), [1] * len(place), 0
    loops: list[Loop] = []
    for block, level in enumerate(reversed(mapping.levels)):
        unrolled = [(d, n, "x") for d, n in level.spatial_x] + [(d, n, "y") for d, n in level.spatial_y]
        side = [entry for entry in unrolled if entry[1] > 1]
        own = [(d, n, "") for d, n in level.temporal if n > 1] or [(einsum.dimensions[-1], 1, "")]
        for number, (dimension, trips, across) in enumerate(side + own):
            last = dict(level.last_spatial if across else level.last_temporal).get(dimension, trips)
            d = place[dimension]
            stride = full[d]
            short[d] += stride * (last - 1)
            full[d] *= trips
            ragged |= (last != trips) << d
            edge, lead = number + 1 == len(side + own), number + 1 == len(side)
            measured = tuple(full), tuple(short), ragged
            loops.append(Loop(d, trips, last, stride, block, across, edge, lead, *measured))
    return tuple(loops)


def blocks_of(loops: tuple[Loop, ...]) -> tuple[Block, ...]:
    """Each memory's loops, the innermost memory first."""
    blocks = []
    for number in range(loops[-1].block + 1):
        members = [n for n, loop in enumerate(loops) if loop.block == number]
        lead = [n for n in members if loops[n].lead]
        fanout = prod(loops[n].trips for n in members if loops[n].across)
        blocks.append(Block(lead[0] if lead else members[0], members[-1], fanout, bool(lead)))
    return tuple(blocks)


def turns(loops: tuple[Loop, ...], level: int) -> tuple[int, int]:
    """How often a loop runs, and its iterations in all."""
    loop, runs = loops[level], 1
    for other in reversed(loops[level + 1 :]):
        if other.dimension == loop.dimension:
            runs = other.last + other.trips * (runs - 1)
    return runs, loop.last + loop.trips * (runs - 1)


def instances(loops: tuple[Loop, ...], level: int) -> float:
    """Used instances of what a loop lies in, on average; rounded step by step as Timeloop does."""
    used = 1.0
    for n in range(len(loops) - 1, level, -1):
        loop = loops[n]
        if loop.across and loop.last == loop.trips:
            used *= loop.trips
        elif loop.across:
            runs, iterations = turns(loops, n)
            used = used * iterations / runs
    return used
