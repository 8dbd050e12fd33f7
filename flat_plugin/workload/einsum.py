"""An einsum: what one operator computes, as dimensions with bounds and the tensors they index."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from flat_plugin.errors import FlatError


@dataclass(frozen=True)
class Tensor:
    """A tensor (Timeloop: data space) whose every rank is one dimension of the einsum."""

    name: str
    dimensions: tuple[str, ...]
    output: bool = False


@dataclass(frozen=True)
class Einsum:
    """A dense einsum: ``bounds`` gives each dimension its size, in order; one tensor is the output."""

    name: str
    bounds: tuple[tuple[str, int], ...]
    tensors: tuple[Tensor, ...]

    def __post_init__(self) -> None:
        for dimension, size in self.bounds:
            if not isinstance(size, int) or isinstance(size, bool) or size < 1:
                raise FlatError(
                    "a dimension's size must be a positive whole number",
                    path=f"{self.name}.{dimension}",
                    value=size,
                    expected="1 or more",
                )

    @property
    def dimensions(self) -> tuple[str, ...]:
        return tuple(dimension for dimension, _ in self.bounds)

    @property
    def sizes(self) -> dict[str, int]:
        return dict(self.bounds)

    @property
    def operations(self) -> int:
        """Multiply-accumulates of the whole iteration space."""
        return prod(size for _, size in self.bounds)

    @property
    def output(self) -> Tensor:
        return next(tensor for tensor in self.tensors if tensor.output)

    def words(self, tensor: Tensor | str) -> int:
        """Elements of a whole tensor."""
        if isinstance(tensor, str):
            tensor = next(t for t in self.tensors if t.name == tensor)
        return prod(self.sizes[d] for d in tensor.dimensions)
