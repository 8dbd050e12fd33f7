"""The mapping of a whole attention layer: shared loops, what is staged where, each operator's own loops."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

from flat_plugin.mapping.dataflow import Dataflow
from flat_plugin.mapping.nest import Factors, OperatorMapping
from flat_plugin.shown import Shown


@dataclass(frozen=True)
class SharedLoops:
    """The shared loops of one memory: ``temporal``, outermost first, and ``spatial`` ones, which are
    unrolled over the memories (cores) below it. Both are (dimension, trips)."""

    level: str
    temporal: Factors = ()
    spatial: Factors = ()


@dataclass(frozen=True, repr=False)
class FusedMapping(Shown):
    """The common outer part of the operators' nests, and the nests.

    Each operator contains the shared loops: at the last memory that has any they are its outermost
    ones, and outside that memory it has no others. ``stage`` lists (tensor, memory): what a memory
    holds for a whole iteration of the shared loops. The memory of S is where fused operators meet: S
    passes by every memory outside it.
    """

    dataflow: Dataflow
    shared: tuple[SharedLoops, ...]
    stage: tuple[tuple[str, str], ...]
    operators: tuple[tuple[str, OperatorMapping], ...]

    @classmethod
    def below_outermost(
        cls,
        dataflow: Dataflow,
        shared: Factors,
        stage: frozenset[str],
        operators: tuple[tuple[str, OperatorMapping], ...],
    ) -> FusedMapping:
        """All shared loops at the outermost memory, everything staged in the one below it."""
        names = [level.level for level in operators[0][1].levels]
        held = stage | ({"S"} if dataflow.fused else frozenset())
        loops = (SharedLoops(names[0], shared),) if shared else ()
        return cls(dataflow, loops, tuple((tensor, names[1]) for tensor in sorted(held)), operators)

    def __getitem__(self, operator: str) -> OperatorMapping:
        return dict(self.operators)[operator]

    @property
    def levels(self) -> tuple[str, ...]:
        """The memories, outermost first."""
        return tuple(level.level for level in self.operators[0][1].levels)

    @property
    def scores(self) -> int:
        """The memory (0 = outermost) where S is between the operators."""
        return self.levels.index(dict(self.stage)["S"]) if self.dataflow.fused else 0

    @property
    def held(self) -> dict[str, str]:
        """By tensor the memory that holds its whole tile while both operators of an iteration run."""
        return dict(self.stage) if self.dataflow.fused else {}

    @property
    def staged(self) -> frozenset[str]:
        """The tensors that some memory holds for a whole shared iteration."""
        return frozenset(tensor for tensor, _ in self.stage)

    def at(self, level: int) -> SharedLoops:
        """The shared loops of a memory; empty where it has none."""
        name = self.levels[level]
        return next((loops for loops in self.shared if loops.level == name), SharedLoops(name))

    def loops(self) -> Iterator[tuple[str, str, int, bool]]:
        """(memory, dimension, trips, whether unrolled) of every shared loop, outermost first."""
        for loops in self.shared:
            yield from ((loops.level, d, trips, False) for d, trips in loops.temporal)
            yield from ((loops.level, d, trips, True) for d, trips in loops.spatial)

    @property
    def trips(self) -> Factors:
        """Iterations of the shared loops by dimension, in time and space together."""
        found: dict[str, int] = {}
        for _, dimension, trips, _ in self.loops():
            found[dimension] = found.get(dimension, 1) * trips
        return tuple(found.items())

    def turns(self, dimension: str) -> int:
        """Iterations of the shared loops over a dimension in time alone."""
        return prod(n for _, d, n, unrolled in self.loops() if d == dimension and not unrolled)

    def unrolled(self, dimension: str) -> int:
        """Iterations of the shared loops over a dimension that run side by side."""
        return prod(n for _, d, n, unrolled in self.loops() if d == dimension and unrolled)
