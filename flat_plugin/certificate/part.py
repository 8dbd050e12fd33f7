"""A part of an operator's map space: what all of its nests have in common.

Every dimension of an operator of attention (or of a GEMM) indexes all tensors, or all but one. What one
tensor misses is its *axis*: along it the tensor may stay while the others move. So a nest is seen along three
axes, and a tile of a memory is three lengths. Dimensions that index all tensors are not unrolled over units.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod

from flat_plugin.architecture.hardware import Architecture
from flat_plugin.errors import FlatError
from flat_plugin.workload.einsum import Einsum


@dataclass(frozen=True)
class Part:
    """Nests of one operator on one core. Memories are numbered from the outermost, 0.

    Attributes:
        perfect: tiles divide what they are tiles of.
        held: tensors that memory 1 keeps.
        home: tensor -> the memory that it lives in, which no memory outside it keeps; 0 if not named.
        tile: dimension -> (least, most) rows of an iteration of the loops that operators share, all of them
            at the outermost memory. Nothing inside memory 1 outlives an iteration.
        copies: tensor -> how often its tile counts in memory 1; 1 if not named.
        taken: words that memory 1 holds whatever the nest.
    """

    einsum: Einsum
    architecture: Architecture
    perfect: bool = False
    held: frozenset[str] = frozenset()
    home: Mapping[str, int] = field(default_factory=dict)
    tile: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    copies: Mapping[str, float] = field(default_factory=dict)
    taken: float = 0

    @property
    def levels(self) -> int:
        return len(self.architecture.memories)

    @property
    def shared(self) -> int:
        """The innermost memory that compute units share."""
        fans = [level for level in range(self.levels) if self.architecture.fanout(level) != (1, 1)]
        return max(fans, default=self.levels - 1)

    @property
    def mesh(self) -> tuple[int, int]:
        """Compute units along x and y."""
        return self.architecture.compute.mesh_x, self.architecture.compute.mesh_y

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
    def problems(self) -> int:
        """Problems that are worked through one after the other: of the dimensions that index all tensors."""
        missed = {d for axis in self.axes for d in axis}
        return prod(self.einsum.sizes[d] for d in self.einsum.dimensions if d not in missed)

    @property
    def lengths(self) -> tuple[int, ...]:
        """Rows along each axis."""
        return tuple(prod(self.einsum.sizes[d] for d in axis) for axis in self.axes)

    @property
    def longest(self) -> tuple[int, ...]:
        """Rows of a shared iteration along each axis, at most; the same of any tile in a memory."""
        return tuple(prod(self._rows(d)[1] for d in axis) for axis in self.axes)

    @property
    def shortest(self) -> tuple[int, ...]:
        """Rows of a shared iteration along each axis, at least."""
        return tuple(prod(self._rows(d)[0] for d in axis) for axis in self.axes)

    @property
    def iterations(self) -> tuple[int, ...]:
        """Iterations of the shared loops along each axis, at least."""
        return tuple(prod(-(-self.einsum.sizes[d] // self._rows(d)[1]) for d in axis) for axis in self.axes)

    def _rows(self, dimension: str) -> tuple[int, int]:
        size = self.einsum.sizes[dimension]
        return self.tile.get(dimension, (size, size))

    def room(self, level: int) -> float:
        """Words that a memory has for tiles."""
        return self.architecture.memories[level].capacity - (self.taken if level == 1 else 0)

    def count(self, level: int, tensor: str) -> float:
        """How often a tile counts in a memory."""
        return self.copies.get(tensor, 1.0) if level == 1 else 1.0

    def home_of(self, tensor: str) -> int:
        return self.home.get(tensor, 0)

    def kept(self, level: int, tensor: str) -> tuple[bool, ...]:
        """Whether a memory may keep a tensor, pass it by, or both."""
        home = self.home_of(tensor)
        if home >= level:
            return (home == level,)
        return (True,) if level == 1 and tensor in self.held else (True, False)
