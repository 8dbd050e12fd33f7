"""The walk through a nest: what every iteration of every loop wants that it did not have yet.

Nothing here depends on where in the tensors an iteration lies, only on how far it is from the one
before it. So a pass over a loop is looked up where the same one, from the same state, has been walked
before: the distinct passes are few (about the square of the number of loops), the passes are not.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod

from flat_plugin.architecture.hardware import Architecture
from flat_plugin.errors import FlatError
from flat_plugin.model.walk.boxes import Box, Point, Projection, Shape, motion, placed, shifted, size, without
from flat_plugin.model.walk.children import Groups, passed_on, shared
from flat_plugin.model.walk.fan_out import FanOut
from flat_plugin.model.walk.loops import Loop
from flat_plugin.workload.einsum import Einsum

MAX_PASSES = 200_000

Wanted = tuple[tuple[Box, ...], ...]  # per tensor: the words that a pass did not have yet


Place = tuple[Point, Shape]  # where words lie, and in which shape


@dataclass(frozen=True)
class Left:
    """What is left inside a loop: the state of the loop inside, and how far its last pass began along
    this loop's dimension; of a fan-out the words that its first unit held, and the trips."""

    child: State | None = None
    ahead: int = 0
    held: tuple[Place | None, ...] = ()
    trips: Point = ()


@dataclass(frozen=True)
class State:
    """What the last pass over a loop left behind, seen from where that pass began.

    ``turns`` are those that it was in, ``motions`` how each tensor's tile last moved (None: not yet).
    """

    number: int  # two states with the same number are equal
    turns: int
    motions: tuple[Point | None, ...]
    left: Left


@dataclass
class Pass:
    """What one pass over a loop wants, does, and leaves behind.

    ``accesses[loop, tensor, together, apart]`` are words of ``apart`` accesses, each shared by
    ``together`` children; ``links[loop, tensor]`` words from a neighbour.
    """

    wanted: Wanted = ()
    state: State | None = None
    computes: int = 0
    accesses: dict[tuple[int, int, int, int], int] = field(default_factory=dict)
    links: dict[tuple[int, int], int] = field(default_factory=dict)

    def add(self, other: Pass, times: int) -> None:
        """The other's doings, so many times."""
        self.computes += other.computes * times
        for key, words in other.accesses.items():
            self.accesses[key] = self.accesses.get(key, 0) + words * times
        for place, words in other.links.items():
            self.links[place] = self.links.get(place, 0) + words * times


class Walk:
    """A nest being walked; ``whole`` is the pass over all of it."""

    def __init__(self, einsum: Einsum, architecture: Architecture, loops: tuple[Loop, ...]) -> None:
        self.loops, self.architecture = loops, architecture
        self.projections = [Projection(einsum, tensor) for tensor in einsum.tensors]
        self.units = 1  # of the compute units, as many as ever work at once
        self.largest: dict[tuple[int, int], int] = {}  # words of a loop's tile of a tensor
        self._boxes: dict[tuple[int, int], tuple[Box, ...]] = {}
        self._passes: dict[tuple[int, int, Point, int], Pass] = {}
        self._states: dict[object, State] = {}
        self._fan_outs: dict[int, FanOut] = {}
        self.origin, self.unit = (0,) * len(einsum.dimensions), (1,) * len(einsum.dimensions)
        self.whole = self._pass(len(loops) - 1, (1 << len(einsum.dimensions)) - 1, self.origin, None)

    def _pass(self, level: int, turns: int, moved: Point, state: State | None) -> Pass:
        """One pass over a loop.

        Args:
            turns: bit per dimension, whether all loops outside over it are in their last iteration.
            moved: from where the last pass began, of which ``state`` was left behind.
        """
        turns &= self.loops[level].ragged  # elsewhere the last turn is like the others
        key = level, turns, moved, state.number if state else -1
        if key not in self._passes:
            if len(self._passes) >= MAX_PASSES:
                raise FlatError(
                    "too many distinct iterations to walk", path="mapping", expected=f"at most {MAX_PASSES}"
                )
            walk = self._unroll if self.loops[level].across else self._iterate
            self._passes[key] = walk(level, turns, moved, state)
        return self._passes[key]

    def _iterate(self, level: int, turns: int, moved: Point, state: State | None) -> Pass:
        loop, done = self.loops[level], Pass()
        last_turn = bool(turns >> loop.dimension & 1)
        trips = loop.last if last_turn else loop.trips
        if level == 0:
            done.computes = trips
            done.accesses = {(0, t, 1, 1): trips for t in range(len(self.projections))}
            return self._close(done, level, turns, moved, state, Left())
        child, step, begun = state and state.left.child, list(moved), 0
        step[loop.dimension] -= state.left.ahead if state else 0
        words = [0] * len(self.projections)
        ragged_inside = self.loops[level - 1].ragged >> loop.dimension & 1
        for index, times, news in _iterations(loop, trips, last_turn and bool(ragged_inside)):
            step[loop.dimension] += index * loop.stride - begun
            one = self._pass(level - 1, _turns_inside(turns, loop, index), tuple(step), child)
            step, begun, child = list(self.origin), index * loop.stride, one.state
            done.add(one, times)
            words = [w + size(boxes) * news for w, boxes in zip(words, one.wanted, strict=True)]
        if self.loops[level - 1].edge:  # the loop inside is a child's
            done.accesses.update({(level, t, 1, 1): w for t, w in enumerate(words) if w})
        return self._close(done, level, turns, moved, state, Left(child, begun))

    def _unroll(self, level: int, turns: int, moved: Point, state: State | None) -> Pass:
        """Children side by side; ``level`` is the outermost loop that unrolls them."""
        group, inside, done = self._fan_out(level).group, turns, Pass()
        for n in group:
            inside = _turns_inside(inside, self.loops[n], 0)
        ends = ((o.last if turns >> o.dimension & 1 else o.trips) for o in (self.loops[n] for n in group))
        trips = tuple(ends)
        child = state and state.left.child
        if group[0] == 0:
            done.computes = prod(trips)
            self.units = max(self.units, done.computes)
            wanted: Wanted = tuple((projection.box(self.unit),) for projection in self.projections)
        else:
            one = self._pass(group[0] - 1, inside, moved, child)
            done.add(one, 1)
            wanted, child = one.wanted, one.state
        held = tuple(placed(boxes) if boxes else None for boxes in wanted)
        for t, boxes in enumerate(wanted):
            groups, links = self._sharing(t, level, trips, held[t], moved, state)
            if links:
                done.links[level, t] = links * size(boxes)
            for together, apart in groups:
                done.accesses[level, t, together, apart] = size(boxes) * apart
        return self._close(done, level, turns, moved, state, Left(child, 0, held, trips))

    def _sharing(
        self, t: int, level: int, trips: Point, held: Place | None, moved: Point, state: State | None
    ) -> tuple[Groups, int]:
        """How the children share their accesses of a tensor, and how many ask a neighbour instead."""
        if held is None:
            return (), 0
        fan_out = self._fan_out(level)
        steps = fan_out.steps(t, trips)
        groups = shared(steps)
        before = state.left.held[t] if state else None
        if state is None or before is None or before[1] != held[1]:
            return groups, 0
        back = self.projections[t].point(moved)
        since = tuple(b - m - h for b, m, h in zip(before[0], back, held[0], strict=True))
        links, alone = passed_on(steps, fan_out.steps(t, state.left.trips), since, fan_out.mesh)
        if sum(apart for _, apart in alone) < sum(apart for _, apart in groups):
            return alone, links
        return groups, 0

    def _fan_out(self, level: int) -> FanOut:
        if level not in self._fan_outs:
            self._fan_outs[level] = FanOut(self.loops, level, self.projections, self.architecture)
        return self._fan_outs[level]

    def _close(
        self, done: Pass, level: int, turns: int, moved: Point, state: State | None, left: Left
    ) -> Pass:
        """What this pass wants itself: the tiles of the whole loop, less what it held."""
        wanted: list[tuple[Box, ...]] = []
        motions: list[Point | None] = []
        tiles = self._tiles(level, turns)
        for t, (box, projection) in enumerate(zip(tiles, self.projections, strict=True)):
            self.largest[level, t] = max(self.largest.get((level, t), 0), size((box,)))
            if state is None:
                wanted.append((box,))
                motions.append(None)
                continue
            back = tuple(-step for step in projection.point(moved))
            held = shifted(self._tiles(level, state.turns)[t], back)
            now, before = motion(held, box), state.motions[t]
            changed = any(now) and before is not None and now != before
            wanted.append((box,) if changed else without(box, held))
            motions.append(None if changed else now if any(now) else before)
        done.wanted = tuple(wanted)
        done.state = self._state(level, turns, tuple(motions), left)
        return done

    def _tiles(self, level: int, turns: int) -> tuple[Box, ...]:
        if (level, turns) not in self._boxes:
            loop = self.loops[level]
            both = enumerate(zip(loop.full, loop.short, strict=True))
            extents = tuple(short if turns >> d & 1 else full for d, (full, short) in both)
            self._boxes[level, turns] = tuple(projection.box(extents) for projection in self.projections)
        return self._boxes[level, turns]

    def _state(self, level: int, turns: int, motions: tuple[Point | None, ...], left: Left) -> State:
        child = left.child.number if left.child else -1
        key = level, turns, motions, child, left.ahead, left.held, left.trips
        if key not in self._states:
            self._states[key] = State(len(self._states), turns, motions, left)
        return self._states[key]


def _turns_inside(turns: int, loop: Loop, index: int) -> int:
    """The turns that loops inside are in, in an iteration of this loop."""
    return turns if index + 1 >= loop.last else turns & ~(1 << loop.dimension)


def _iterations(loop: Loop, trips: int, last: bool) -> list[tuple[int, int, int]]:
    """The iterations that are walked: index, how many it stands for, and for how many its words count.

    ``last``: the last iteration differs from the others further in, and is walked too; where this loop
    is short itself, also the one before. What such an iteration wants is counted as if the walk came
    from the iteration just before it.
    """
    before_last = last and loop.trips != loop.last
    walked = [(0, 1, 1)]
    between = trips - 1 - last - before_last
    if between > 0 and (trips >= 3 + before_last or not last):
        walked.append((1, between, between))
    if before_last and trips >= 3:
        if trips > 3:
            walked[-1] = _one_more(walked[-1])
        walked.append((trips - 2, 1, int(trips == 3)))
    if last and trips >= 2:
        own = before_last or trips == 2
        if not own:
            walked[-1] = _one_more(walked[-1])
        walked.append((trips - 1, 1, int(own)))
    return walked


def _one_more(walked: tuple[int, int, int]) -> tuple[int, int, int]:
    index, times, news = walked
    return index, times, news + 1
