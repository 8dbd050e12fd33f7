"""A part of an operator's map space: what all of its nests have in common.

Every dimension of an operator of attention (or of a GEMM) indexes all tensors, or all but one. What one
tensor misses is its *axis*: along it the tensor may stay while the others move. So a nest is seen along three
axes, and a tile of a memory is three lengths. Dimensions that index all tensors are not unrolled over units.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod

from flat_plugin.architecture.energy_table import EnergyTable
from flat_plugin.architecture.hardware import Architecture
from flat_plugin.errors import FlatError
from flat_plugin.workload.einsum import Einsum


@dataclass(frozen=True)
class Part:
    """Nests of one operator on one architecture. Memories are numbered from the outermost, 0.

    Attributes:
        cores: memory -> dimension -> children side by side, for the fan-outs outside the innermost memory
            that compute units share.
        home: tensor -> the memory that it lives in, which no memory outside it keeps; 0 if not named.
        most: memory -> dimension -> rows of a tile of it, at most.
        copies: memory -> tensor -> how often its tile counts in that memory; 1 if not named.
        taken: memory -> words that are held there whatever the nest.
    """

    einsum: Einsum
    architecture: Architecture
    energies: EnergyTable
    cores: Mapping[int, Mapping[str, int]] = field(default_factory=dict)
    home: Mapping[str, int] = field(default_factory=dict)
    most: Mapping[int, Mapping[str, int]] = field(default_factory=dict)
    copies: Mapping[int, Mapping[str, float]] = field(default_factory=dict)
    taken: Mapping[int, float] = field(default_factory=dict)

    @property
    def shared(self) -> int:
        """The innermost memory that compute units share."""
        memories = self.architecture.memories
        fans = [level for level in range(len(memories)) if self.architecture.fanout(level) != (1, 1)]
        return max(fans, default=len(memories) - 1)

    @property
    def mesh(self) -> tuple[int, int]:
        """Compute units of one core, along x and y."""
        memory, compute = self.architecture.memories[self.shared], self.architecture.compute
        return compute.mesh_x // memory.mesh_x, compute.mesh_y // memory.mesh_y

    @property
    def axes(self) -> tuple[tuple[str, ...], ...]:
        """For each tensor the dimensions that it misses.

        Raises:
            FlatError: two tensors miss the same dimension.
        """
        found = tuple(
            tuple(d for d in self.einsum.dimensions if d not in t.dimensions) for t in self.einsum.tensors
        )
        if len(found) != 3 or len({d for axis in found for d in axis}) < sum(map(len, found)):
            raise FlatError(
                "a dimension is missing from two tensors", path=self.einsum.name, expected="a product of two"
            )
        return found

    @property
    def batch(self) -> tuple[str, ...]:
        """The dimensions that index every tensor."""
        missed = {d for axis in self.axes for d in axis}
        return tuple(d for d in self.einsum.dimensions if d not in missed)

    @property
    def lengths(self) -> tuple[int, ...]:
        """Rows along each axis."""
        return tuple(prod(self.einsum.sizes[d] for d in axis) for axis in self.axes)

    def beside(self, axis: int, level: int) -> int:
        """Children side by side along an axis, below the memories outside ``level``."""
        return prod(
            choice.get(d, 1) for outer, choice in self.cores.items() if outer < level for d in self.axes[axis]
        )

    def rows(self, axis: int, level: int) -> int:
        """Rows along an axis that one instance of a memory has to do with."""
        return -(-self.lengths[axis] // self.beside(axis, level))

    def room(self, level: int) -> float:
        """Words that a memory has for tiles."""
        return self.architecture.memories[level].capacity - self.taken.get(level, 0)

    def instances(self, level: int) -> int:
        """Instances of a memory that units share which are in use together, at most."""
        inside = (choice.values() for outer, choice in self.cores.items() if outer < level)
        return prod(n for choice in inside for n in choice)

    def evenly(self, level: int) -> float:
        """The share of what instances do that is counted, at least: as if all had the same, and as many were
        there as are in use on average, rounded down. A last turn leaves over half of them in use."""
        spread = [(d, n) for outer, choice in self.cores.items() if outer < level for d, n in choice.items()]
        uneven = [n for d, n in spread if n > 1 and (d not in self.batch or self.einsum.sizes[d] % n)]
        return max(1, prod(uneven) // 2 ** len(uneven)) / prod(uneven)

    def longest(self, axis: int, level: int) -> float:
        """Rows of a tile along an axis in a memory, at most."""
        named = self.most.get(level, {})
        return prod(named.get(d, self.einsum.sizes[d]) for d in self.axes[axis]) if self.axes[axis] else 1

    def count(self, level: int, tensor: str) -> float:
        return self.copies.get(level, {}).get(tensor, 1.0)

    def home_of(self, tensor: str) -> int:
        return self.home.get(tensor, 0)

    @property
    def turns(self) -> int:
        """Problems of the core dimensions that a core works through, at least."""
        over = {d: prod(choice.get(d, 1) for choice in self.cores.values()) for d in self.batch}
        return prod(-(-self.einsum.sizes[d] // n) for d, n in over.items())
