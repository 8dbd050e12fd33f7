"""Nests whose last tiles are smaller: Timeloop's imperfect factors, one mapping at a time.

``M=32,20`` is a loop of 32 iterations, of which only 20 run the last time: when every loop outside it
over the same dimension is in its last iteration. Then shapes differ within a nest, and the closed
forms of ``model.counts`` do not hold. Timeloop walks the nest instead, taking short cuts that show in
its numbers, and so does this:

- of a temporal loop the first iteration is walked, then one that stands for all others; where a loop
  further in has a smaller last tile, the last iteration is walked too;
- of children that work side by side only the first is walked; the others are taken to do the same
  elsewhere. How many there are on average is the number of used instances, which is not whole then.

A tile that has not moved since it was last held is not fetched again, and one that shares words with
it along one dimension only in part.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from math import floor, prod

import numpy as np

from flat_plugin.architecture.energy_table import EnergyTable
from flat_plugin.architecture.hardware import Architecture
from flat_plugin.mapping.nest import OperatorMapping
from flat_plugin.model.batch import batch_of
from flat_plugin.model.cost import Costs, costs_of
from flat_plugin.model.counts import Counts
from flat_plugin.workload.einsum import Einsum, Tensor

Box = tuple[tuple[int, int], ...]  # a tile: (low, high) along each dimension of a tensor


@dataclass
class Loop:
    """``last`` iterations in the last turn. A block is all loops of one memory: those that unroll
    its children inside, its own around them. ``edge``: the outermost loop of its block; ``lead``: the
    outermost of the unrolled ones."""

    dimension: str
    trips: int
    last: int
    block: int
    across: str = ""  # x or y where it unrolls
    edge: bool = False
    lead: bool = False
    index: int = 0
    stride: int = 1  # of one iteration along the dimension
    full: dict[str, int] = field(default_factory=dict)  # extents of what lies inside, last turn or not
    short: dict[str, int] = field(default_factory=dict)

    @property
    def spatial(self) -> bool:
        return bool(self.across)


@dataclass
class Seen:
    """What a loop level remembers of one tensor: the tile it held, how it moved, the largest."""

    box: Box | None = None
    motion: tuple[int, ...] | None = None
    largest: int = 0
    accesses: dict[tuple[int, int], float] = field(default_factory=dict)
    links: float = 0.0


@dataclass(frozen=True)
class Block:
    """The loop levels at which a memory exchanges words with its children, and with its parent."""

    inner: int
    outer: int
    fanout: int
    unrolled: bool


def uneven_costs(
    einsum: Einsum, architecture: Architecture, mapping: OperatorMapping, energies: EnergyTable
) -> Costs:
    """Cycles, energy and validity of one mapping with smaller last tiles."""
    batch = batch_of(einsum, architecture, [mapping])
    return costs_of(batch, UnevenNest(einsum, architecture, mapping).counts(), energies)


class UnevenNest:
    """A mapping being walked. Loops are numbered from the innermost, blocks from the innermost memory."""

    def __init__(self, einsum: Einsum, architecture: Architecture, mapping: OperatorMapping) -> None:
        self.einsum, self.architecture = einsum, architecture
        self.mapping, self.tensors = mapping, einsum.tensors
        self.loops = _loops(einsum, mapping)
        self._measure()
        self.seen = [[Seen() for _ in self.tensors] for _ in self.loops]
        self.at = dict.fromkeys(einsum.dimensions, 0)
        self.computes: dict[int, float] = {}
        self.before: list[dict[int, tuple[int, ...]]] = [{} for _ in self.tensors]
        self.turns = 1  # how many iterations the one being walked stands for
        self._walk(len(self.loops) - 1)

    @cached_property
    def blocks(self) -> list[Block]:
        """Each memory's loops, the innermost memory first."""
        blocks = []
        for number in range(self.loops[-1].block + 1):
            members = [n for n, loop in enumerate(self.loops) if loop.block == number]
            lead = [n for n in members if self.loops[n].lead]
            fanout = prod(self.loops[n].trips for n in members if self.loops[n].spatial)
            blocks.append(Block(lead[0] if lead else members[0], members[-1], fanout, bool(lead)))
        return blocks

    def _measure(self) -> None:
        full = dict.fromkeys(self.einsum.dimensions, 1)
        short = dict.fromkeys(self.einsum.dimensions, 1)
        for loop in self.loops:
            loop.stride = full[loop.dimension]
            short[loop.dimension] += full[loop.dimension] * (loop.last - 1)
            full[loop.dimension] *= loop.trips
            loop.full, loop.short = dict(full), dict(short)

    # Where the walk is.

    def _in_last_turn(self, level: int, dimension: str) -> bool:
        """Whether all loops from this level outwards over a dimension are in their last iteration."""
        return all(loop.index + 1 >= loop.last for loop in self.loops[level:] if loop.dimension == dimension)

    def _trips(self, level: int) -> int:
        loop = self.loops[level]
        return loop.last if self._in_last_turn(level + 1, loop.dimension) else loop.trips

    def _box(self, level: int, tensor: Tensor) -> Box:
        loop = self.loops[level]
        box = []
        for d in tensor.dimensions:
            extents = loop.short if self._in_last_turn(level + 1, d) else loop.full
            box.append((self.at[d], self.at[d] + extents[d]))
        return tuple(box)

    # The walk: each level answers with the words that it did not have yet.

    def _walk(self, level: int) -> list[Box | None]:
        loop = self.loops[level]
        if loop.spatial:
            self._unroll(level)
        else:
            self._iterate(level)
        return [self._news(level, t) for t in range(len(self.tensors))]

    def _news(self, level: int, t: int) -> Box | None:
        box, seen = self._box(level, self.tensors[t]), self.seen[level][t]
        seen.largest = max(seen.largest, _size(box))
        motion = None
        if seen.box is not None:
            motion = tuple(now[0] - then[0] for now, then in zip(box, seen.box, strict=True))
        moved = motion is not None and any(motion)
        if moved and seen.motion is not None and motion != seen.motion:
            seen.box, seen.motion = box, None
            return box
        if moved and seen.motion is None:
            seen.motion = motion
        held, seen.box = seen.box, box
        return _without(box, held)

    def _iterate(self, level: int) -> None:
        loop, trips = self.loops[level], self._trips(level)
        if level == 0:
            self.computes[0] = self.computes.get(0, 0.0) + trips * self.turns
            for seen in self.seen[0]:
                seen.accesses[1, 1] = seen.accesses.get((1, 1), 0.0) + trips * self.turns
            return
        start, loop.index = self.at[loop.dimension], 0
        ragged = any(o.dimension == loop.dimension and o.trips != o.last for o in self.loops[:level])
        last = ragged and self._in_last_turn(level + 1, loop.dimension)
        second_last = last and loop.trips != loop.last
        news = [(self._step(level, 1), 1)]
        between = trips - 1 - last - second_last
        if between > 0 and (trips >= 3 + second_last or not last):
            news.append((self._step(level, between), between))
        if second_last and trips >= 3:
            sizes = self._step(level, 1)
            news.append((sizes if trips == 3 else news[-1][0], 1))
        if last and trips >= 2:
            sizes = self._step(level, 1)
            news.append((sizes if second_last or trips == 2 else news[-1][0], 1))
        self.at[loop.dimension] = start
        if self.loops[level - 1].edge:
            for t, seen in enumerate(self.seen[level]):
                words = sum(sizes[t] * times for sizes, times in news) * self.turns
                seen.accesses[1, 1] = seen.accesses.get((1, 1), 0.0) + words

    def _step(self, level: int, times: int) -> list[int]:
        """One iteration that stands for some; then on to the next."""
        loop, turns = self.loops[level], self.turns
        self.turns *= times
        news = [_size(box) for box in self._walk(level - 1)]
        self.turns = turns
        self.at[loop.dimension] += loop.stride * times
        loop.index += times
        return news

    def _unroll(self, level: int) -> None:
        """Children side by side; ``level`` is the outermost loop that unrolls them."""
        inner = level
        while inner >= 0 and self.loops[inner].spatial:
            self.loops[inner].index = 0
            inner -= 1
        group = range(level, inner, -1)
        trips = {n: self._trips(n) for n in group}
        if inner < 0:
            self._unroll_compute(level, trips)
            return
        for t, box in enumerate(self._walk(inner)):
            present = self.tensors[t].dimensions
            apart = prod(trips[n] for n in group if self.loops[n].dimension in present)
            together = prod(trips[n] for n in group if self.loops[n].dimension not in present)
            if words := _size(box) * apart * self.turns:
                accesses = self.seen[level][t].accesses
                accesses[together, apart] = accesses.get((together, apart), 0.0) + words

    def _unroll_compute(self, level: int, trips: dict[int, int]) -> None:
        """Compute units right below a memory: each asks for one word, or its neighbour had it."""
        units = []
        for number in range(prod(trips.values())):
            point, rest = dict(self.at), number
            for n in sorted(trips):
                point[self.loops[n].dimension] += rest % trips[n] * self.loops[n].stride
                rest //= trips[n]
            units.append(point)
            self.computes[number] = self.computes.get(number, 0.0) + self.turns
        width, height = self._mesh(trips)
        for t, tensor in enumerate(self.tensors):
            words = {n: tuple(point[d] for d in tensor.dimensions) for n, point in enumerate(units)}
            plain = _shared(words)
            before, self.before[t] = self.before[t], words
            passed = {n for n in words if any(before.get(o) == words[n] for o in _around(n, width, height))}
            alone = _shared({n: word for n, word in words.items() if n not in passed})
            seen = self.seen[level][t]
            if sum(alone.values()) < sum(plain.values()):
                plain = alone
                seen.links += len(passed) * self.turns
            for together, apart in plain.items():
                key = together, apart
                seen.accesses[key] = seen.accesses.get(key, 0.0) + apart * self.turns

    def _mesh(self, trips: dict[int, int]) -> tuple[int, int]:
        x, y = self.architecture.fanout(len(self.architecture.memories) - 1)
        used_x = prod(self.loops[n].trips for n in trips if self.loops[n].across == "x")
        used_y = prod(self.loops[n].trips for n in trips if self.loops[n].across == "y")
        return max(x, used_x), max(y, used_y)

    # What the walk found.

    def counts(self) -> Counts:
        """The counts as ``model.counts`` gives them, outermost level first, of one mapping."""
        levels, tensors = len(self.blocks), len(self.tensors)
        shape = (levels, tensors, 1)
        tiles, partitions, reads, fills, updates, reductions = (np.zeros(shape) for _ in range(6))
        for t, tensor in enumerate(self.tensors):
            moves = _Moves(self, t)
            for block, kept in enumerate(moves.kept):
                level = levels - 1 - block
                if not kept:
                    continue
                content, part = moves.content[block], moves.partitions[block]
                tiles[level, t], partitions[level, t] = moves.largest[block], part
                backing = not any(moves.kept[block + 1 :])
                came = 0.0 if backing else moves.shares[block]
                if tensor.output:
                    updates[level, t] = _rounded(content)
                    reads[level, t] = reductions[level, t] = _rounded(content - part)
                    fills[level, t] = 0.0 if backing else _rounded(came - part)
                else:
                    reads[level, t], fills[level, t] = _rounded(content), floor(came)
        instances = [float(floor(self.instances(block.outer))) for block in self.blocks][::-1]
        compute, first = self.blocks[0], self.blocks[0].inner
        used = self.instances(first) * compute.fanout
        x, y = (
            [prod(o.trips for o in self.loops if o.across == a and o.block > b) for b in range(levels)][::-1]
            + [prod(o.trips for o in self.loops if o.across == a)]
            for a in "xy"
        )
        each = sum(self.computes.values()) / len(self.computes)
        return Counts(
            tiles,
            partitions,
            reads,
            fills,
            updates,
            reductions,
            np.array([*instances, used])[:, None],
            (np.array(x, dtype=float)[:, None], np.array(y, dtype=float)[:, None]),
            np.array([float(prod(loop.trips for loop in self.loops if not loop.spatial))]),
            np.array([float(floor(each * floor(used)))]),
        )

    def instances(self, level: int) -> float:
        """Used instances of what a loop level lies in, on average."""
        product = 1.0
        for n in range(len(self.loops) - 1, level, -1):
            loop = self.loops[n]
            if loop.spatial:
                product *= self._average(n)
        return product

    def _average(self, level: int) -> float:
        loop, outer = self.loops[level], 1.0
        for other in reversed(self.loops[level + 1 :]):
            if other.dimension == loop.dimension:
                outer = other.last + other.trips * (outer - 1)
        return (loop.last + loop.trips * (outer - 1)) / outer


class _Moves:
    """One tensor's way through all memories, the innermost first; words of one instance.

    ``content`` is what children ask of a memory, ``shares`` what it asks of its parent.
    """

    def __init__(self, nest: UnevenNest, t: int) -> None:
        seen = [nest.seen[block.inner][t] for block in nest.blocks]
        bypass = [level.bypass for level in reversed(nest.mapping.levels)]
        self.kept = [nest.tensors[t].name not in names for names in bypass]
        self.largest = [nest.seen[block.outer][t].largest for block in nest.blocks]
        accesses = [dict(entry.accesses) for entry in seen]
        self.content = [sum(words.values()) for words in accesses]
        self.shares = [
            sum(words * together / block.fanout for (together, _), words in asked.items())
            for asked, block in zip(accesses[1:], nest.blocks[1:], strict=True)
        ] + [0.0]
        self.partitions = [self.largest[-1]] * len(seen)
        for b in range(len(seen) - 2, -1, -1):
            outer = nest.blocks[b + 1]
            whole = nest.seen[outer.inner][t].largest if outer.unrolled else self.largest[b]
            self.partitions[b] = self.partitions[b + 1] * self.largest[b] // whole
        for b, kept in enumerate(self.kept[:-1]):
            if not kept:  # what it would have been asked for goes to its parent
                asked = sum(words * together for (together, _), words in accesses[b + 1].items())
                more = self.content[b] * nest.blocks[b + 1].fanout / asked
                accesses[b + 1] = {key: words * more for key, words in accesses[b + 1].items()}
                self.content[b + 1] = sum(accesses[b + 1].values())


def _rounded(words: float) -> float:
    return float(floor(words + 0.5))


def _loops(einsum: Einsum, mapping: OperatorMapping) -> list[Loop]:
    """Innermost first; loops of one iteration are left out, but for one in a memory that has none."""
    loops: list[Loop] = []
    for block, level in enumerate(reversed(mapping.levels)):
        short = dict(level.last_spatial)
        unrolled = [(d, n, "x") for d, n in level.spatial_x] + [(d, n, "y") for d, n in level.spatial_y]
        side = [Loop(d, n, short.get(d, n), block, across) for d, n, across in unrolled if n > 1]
        if side:
            side[-1].lead = True
        short = dict(level.last_temporal)
        own = [Loop(d, n, short.get(d, n), block) for d, n in level.temporal if n > 1]
        own = own or [Loop(einsum.dimensions[-1], 1, 1, block)]
        own[-1].edge = True
        loops += side + own
    return loops


def _size(box: Box | None) -> int:
    return prod(high - low for low, high in box) if box else 0


def _without(box: Box, held: Box | None) -> Box | None:
    """The words of a tile that another one does not have, if they differ along one dimension only;
    else the whole tile."""
    if held is None:
        return box
    if any(h[1] <= b[0] or h[0] >= b[1] for b, h in zip(box, held, strict=True)):
        return box
    different = [n for n, (b, h) in enumerate(zip(box, held, strict=True)) if b != h]
    if not different:
        return None
    if len(different) > 1:
        return box
    n = different[0]
    (low, high), (held_low, held_high) = box[n], held[n]
    left = (low, held_low) if held_low > low else (min(held_high, high), high)
    return (*box[:n], left, *box[n + 1 :]) if left[0] < left[1] else None


def _shared(words: dict[int, tuple[int, ...]]) -> dict[int, int]:
    """{units that share a word: words that so many share}"""
    groups: dict[tuple[int, ...], int] = {}
    for word in words.values():
        groups[word] = groups.get(word, 0) + 1
    found: dict[int, int] = {}
    for together in groups.values():
        found[together] = found.get(together, 0) + 1
    return found


def _around(number: int, width: int, height: int) -> list[int]:
    """Neighbours in a mesh numbered row by row."""
    x, y = number % width, number // width
    found = [(x - 1, y), (x + 1, y), (x, y - 1), (x, y + 1)]
    return [b * width + a for a, b in found if 0 <= a < width and 0 <= b < height]
