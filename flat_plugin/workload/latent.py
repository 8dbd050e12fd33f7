"""Latent attention: keys and values projected from one narrow tensor (DeepSeek-V2, arXiv 2405.04434)."""

from __future__ import annotations

from dataclasses import dataclass

from flat_plugin.workload.einsum import Einsum, gemm
from flat_plugin.workload.sizes import check_size


@dataclass(frozen=True)
class Latent:
    """Widths of the latent tensors of a layer, elements per token.

    Args:
        rank: of what keys and values are projected from, and what a cache keeps beside the rotary part.
        rope: the part of a key that holds its position; all heads share it.
        query_rank: of what the queries are projected from; the stream itself if None.

    Raises:
        FlatError: a size is not a positive whole number.
    """

    rank: int
    rope: int
    query_rank: int | None = None

    def __post_init__(self) -> None:
        for field in ("rank", "rope"):
            check_size(f"latent.{field}", getattr(self, field))
        if self.query_rank is not None:
            check_size("latent.query_rank", self.query_rank)

    def products(self, hidden: int, heads: int, head_dim: int, value_dim: int) -> dict[str, tuple[int, int]]:
        """(width in, width out) of the expanded form's projections by name, but for that of the output."""
        queries = heads * head_dim
        query = {"project_q": (hidden, queries)}
        if self.query_rank is not None:
            query = {
                "project_q_down": (hidden, self.query_rank),
                "project_q_up": (self.query_rank, queries),
            }
        return {
            **query,
            "project_kv_down": (hidden, self.rank + self.rope),
            "project_kv_up": (self.rank, heads * (head_dim - self.rope + value_dim)),
        }

    def einsums(self, sizes: dict[str, tuple[int, int]], queries: int, keys: int) -> tuple[Einsum, ...]:
        """Those projections: of query tokens, and the expansion of all keys' latents."""
        return tuple(
            gemm(name, keys if name == "project_kv_up" else queries, *widths)
            for name, widths in sizes.items()
        )
