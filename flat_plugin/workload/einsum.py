"""An einsum: what one operator computes, as dimensions with bounds and the tensors they index."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import prod

from flat_plugin.errors import FlatError
from flat_plugin.workload.size_checks import EXACT_BITS, check_operations

Rank = tuple[tuple[str, int], ...]  # a sum of dimensions, each with its coefficient


@dataclass(frozen=True)
class Tensor:
    """A tensor (Timeloop: data space) and the dimensions of the einsum that index it, each once.

    ``windows`` are its ranks where one of them is more than a dimension: a convolution reads its input
    at ``stride × P + dilation × R``. It is empty where every rank is one dimension. ``bits`` are those of
    one of its words; None is as wide as the words of the memory that keeps it. ``part_of`` is the
    tensor whose words include all of its own, and ``inside`` are memories that have them already as such.
    """

    name: str
    dimensions: tuple[str, ...]
    output: bool = False
    windows: tuple[Rank, ...] = ()
    bits: float | None = None
    part_of: str | None = None
    inside: tuple[str, ...] = ()

    @classmethod
    def of_ranks(cls, name: str, ranks: tuple[Rank, ...], output: bool = False) -> Tensor:
        """The tensor with these ranks, plain where it can be."""
        dimensions = [d for rank in ranks for d, _ in rank]
        plain = len(set(dimensions)) == len(dimensions) and all(
            len(rank) == 1 and rank[0][1] == 1 for rank in ranks
        )
        return cls(name, tuple(dict.fromkeys(dimensions)), output, () if plain else ranks)

    @property
    def ranks(self) -> tuple[Rank, ...]:
        return self.windows or tuple(((d, 1),) for d in self.dimensions)


@dataclass(frozen=True)
class Einsum:
    """A dense einsum: ``bounds`` gives each dimension its size, in order; one tensor is the output.

    ``notes`` say what else is to be said of the file it was read from, a sentence each.
    """

    name: str
    bounds: tuple[tuple[str, int], ...]
    tensors: tuple[Tensor, ...]
    notes: tuple[str, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        for dimension, size in self.bounds:
            if not isinstance(size, int) or isinstance(size, bool) or size < 1:
                raise FlatError(
                    "a dimension's size must be a positive whole number",
                    path=f"{self.name}.{dimension}",
                    value=size,
                    expected="1 or more",
                )
        check_operations(self.name, (size for _, size in self.bounds))
        for tensor in self.tensors:
            if tensor.windows and self.words(tensor) > 1 << EXACT_BITS:
                raise FlatError(
                    f"too many words from the first to the last of {tensor.name}",
                    path=self.name,
                    value=self.words(tensor),
                    expected=f"at most 2^{EXACT_BITS}",
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

    @property
    def plain(self) -> bool:
        """Whether every rank of every tensor is one dimension."""
        return not any(tensor.windows for tensor in self.tensors)

    @property
    def unfolded(self) -> Einsum:
        """The same operations as if windows shared no word: every rank is one dimension."""
        apart = (replace(tensor, windows=()) for tensor in self.tensors)
        return replace(self, tensors=tuple(apart))

    @property
    def bits(self) -> dict[str, float]:
        """Of the tensors that have a width of their own."""
        return {tensor.name: tensor.bits for tensor in self.tensors if tensor.bits is not None}

    @property
    def coefficients(self) -> tuple[int, ...]:
        """Those of the ranks, other than 1."""
        return tuple(sorted({c for t in self.tensors for rank in t.windows for _, c in rank} - {1}))

    def words(self, tensor: Tensor | str) -> int:
        """Elements of a whole tensor: of a window, all from the first to the last that is touched."""
        if isinstance(tensor, str):
            tensor = next(t for t in self.tensors if t.name == tensor)
        sizes = self.sizes
        return prod(1 + sum(abs(c) * (sizes[d] - 1) for d, c in rank) for rank in tensor.ranks)


def gemm(name: str, tokens: int, width_in: int, width_out: int) -> Einsum:
    """``Z[m,n] = Σ_k A[m,k] · W[k,n]`` with M tokens, K the width in, N the width out."""
    return Einsum(
        name,
        (("M", tokens), ("N", width_out), ("K", width_in)),
        (Tensor("A", ("M", "K")), Tensor("W", ("K", "N")), Tensor("Z", ("M", "N"), output=True)),
    )
