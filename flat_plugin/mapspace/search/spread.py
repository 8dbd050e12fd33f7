"""How the rows of an operator are spread over cores: the fan-outs outside the innermost shared memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod

from flat_plugin.mapspace.search.axes import Place
from flat_plugin.mapspace.structure import Structure


@dataclass(frozen=True)
class Spread:
    """How an operator lies over cores.

    Attributes:
        levels: by memory and dimension, (children side by side, whether on x) below it.
        spanned: batch dimensions all of whose problems are in memory ``meeting`` at once; of the others there
            is one at a time.
    """

    structure: Structure
    levels: Mapping[int, Mapping[str, tuple[int, bool]]]
    spanned: frozenset[str] = frozenset()
    meeting: int = 0

    @cached_property
    def key(self) -> tuple[tuple[int, tuple[tuple[str, tuple[int, bool]], ...]], ...]:
        """The levels as a value."""
        return tuple((level, tuple(sorted(choice.items()))) for level, choice in sorted(self.levels.items()))

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """Rows of the core dimensions."""
        return self.structure.sizes

    @cached_property
    def over(self) -> tuple[int, ...]:
        """Cores side by side along each core dimension."""
        return tuple(self.along(d) for d in self.structure.core)

    def along(self, dimension: str, inside: int = 0, outside: int | None = None) -> int:
        """Children side by side along a dimension, below memories ``inside`` up to, not including,
        ``outside``."""
        return prod(
            choice.get(dimension, (1, True))[0]
            for level, choice in self.levels.items()
            if inside <= level and (outside is None or level < outside)
        )

    def after(self, places: Sequence[Place], place: int, dimension: int) -> int:
        """Children side by side along a core dimension between a place and the next one."""
        level = places[place].level
        last = place + 1 == len(places) or places[place + 1].level > level
        return self.along(self.structure.core[dimension], level, level + 1) if last else 1

    def batch_inside(self, level: int, outer: int | None = None) -> float:
        """Problems (heads, batch elements) that one instance of a memory holds at once, or those below one
        instance of ``outer`` together."""
        held = 1
        for d in self.structure.batch:
            spanned = level <= self.meeting and d in self.spanned
            side_by_side = self.along(d, level if outer is None else outer)
            held *= min(side_by_side * (self.turns_of(d) if spanned else 1), self.structure.einsum.sizes[d])
        return float(held)

    def distinct(self, tensor: int, outer: int, inner: int) -> float:
        """Children of one instance of memory ``outer``, at ``inner``, that need different words: so many
        times the words of one child they hold together, at least, the last ones being smaller."""
        found = self.batch_inside(inner, outer) / self.batch_inside(inner)
        for d in set(self.structure.einsum.tensors[tensor].dimensions) - set(self.structure.batch):
            size = self.structure.einsum.sizes[d]
            found *= size / -(-size // self.along(d, outer, inner))
        return found

    def level_of(self, dimension: str) -> int:
        """The memory that has a batch dimension's loop."""
        return self.meeting if dimension in self.spanned else 0

    def turns_of(self, dimension: str) -> int:
        """Iterations of a batch dimension's loop."""
        return -(-self.structure.einsum.sizes[dimension] // self.along(dimension))

    @cached_property
    def turns(self) -> int:
        """Problems that a core works through one after the other."""
        return prod(self.turns_of(d) for d in self.structure.batch)

    @cached_property
    def cores(self) -> float:
        """Cores in use, on average over a ragged last turn."""
        used = 1.0
        for d in self.structure.batch:
            used *= self.structure.einsum.sizes[d] / self.turns_of(d)
        for d, size in zip(self.structure.core, self.sizes, strict=True):
            used *= size / -(-size // self.along(d))
        return used

    @cached_property
    def core_sizes(self) -> tuple[int, ...]:
        """Rows of the core dimensions in one core."""
        return tuple(-(-size // n) for size, n in zip(self.sizes, self.over, strict=True))
