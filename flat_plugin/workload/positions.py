"""Products with relative positions (Transformer-XL, arXiv 1901.02860, section 3.3), beside those with keys.

A query's score of a key has a further part that depends on how far apart they stand: a product of the query
with a vector for that distance. All distances are multiplied, and the scores shifted to their keys.
"""

from __future__ import annotations

from dataclasses import dataclass

from flat_plugin.workload.einsum import Einsum, Tensor, gemm
from flat_plugin.workload.size_checks import check_size

Count = tuple[int, int]
"""(a, b): ``a × tokens + b`` positions."""

BOTH_SIDES: Count = (2, -1)
"""The distances of queries and keys that are the same tokens, in either direction."""


@dataclass(frozen=True)
class PositionProjection:
    """What a layer projects its vectors of distances with, once for all sequences.

    Args:
        name: of the operator.
        width_in: of a vector.
        width_out: of all heads.
        count: of the positions.
    """

    name: str
    width_in: int
    width_out: int
    count: Count = BOTH_SIDES

    def __post_init__(self) -> None:
        for field in ("width_in", "width_out"):
            check_size(f"{self.name}.{field}", getattr(self, field))

    @property
    def weights(self) -> int:
        return self.width_in * self.width_out

    def over(self, sequences: int, tokens: int) -> tuple[int, Einsum]:
        """The operator over the positions of sequences of so many tokens."""
        return 1, gemm(self.name, _positions(self.count, tokens), self.width_in, self.width_out)


@dataclass(frozen=True)
class PositionScores:
    """The product of every query with every position.

    Its scores are an operator's own result; adding them to those of the keys is element-wise.

    Args:
        name: of the operator.
        heads: of the queries, each with its own vectors of positions.
        head_dim: width of a query.
        count: of the positions.
    """

    name: str
    heads: int
    head_dim: int
    count: Count = BOTH_SIDES

    def __post_init__(self) -> None:
        for field in ("heads", "head_dim"):
            check_size(f"{self.name}.{field}", getattr(self, field))

    @property
    def weights(self) -> int:
        return 0

    def over(self, sequences: int, tokens: int) -> tuple[int, Einsum]:
        """``Z[b,h,m,p] = Σ_k A[b,h,m,k] · X[h,p,k]`` of the queries A and the positions X."""
        positions = _positions(self.count, tokens)
        bounds = (("B", sequences), ("H", self.heads), ("M", tokens), ("N", positions), ("K", self.head_dim))
        tensors = (
            Tensor("A", ("B", "H", "M", "K")),
            Tensor("X", ("H", "N", "K")),
            Tensor("Z", ("B", "H", "M", "N"), output=True),
        )
        return 1, Einsum(self.name, bounds, tensors)


Positions = PositionProjection | PositionScores


def _positions(count: Count, tokens: int) -> int:
    each, more = count
    return each * tokens + more
