"""Latent attention: keys and values projected from one narrow tensor (DeepSeek-V2, arXiv 2405.04434).

Two forms give the same output. *Expanded*, keys and values of every head are projected from the latent
tensor, and attention is that of ordinary heads. *Absorbed*, a head's key projection is applied to its query
instead, and its value projection to its output: all heads then attend to the latent tensor itself, which is
keys (with the rotary part) and values (without it) at once.
"""

from __future__ import annotations

from dataclasses import dataclass

from flat_plugin.workload.einsum import Einsum, Tensor, gemm
from flat_plugin.workload.size_checks import check_size

FORMS = ("expanded", "absorbed")


@dataclass(frozen=True)
class Latent:
    """Widths of the latent tensors of a layer, elements per token.

    Args:
        rank: of what keys and values are projected from, and what a cache keeps beside the rotary part.
        rope: the part of a key that holds its position; all heads share it.
        query_rank: of what the queries are projected from; the stream itself if None.
        absorbed: widths of a head's keys and values in the expanded form, where this is the absorbed one.

    Raises:
        FlatError: a size is not a positive whole number.
    """

    rank: int
    rope: int
    query_rank: int | None = None
    absorbed: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        for field in ("rank", "rope"):
            check_size(f"latent.{field}", getattr(self, field))
        if self.query_rank is not None:
            check_size("latent.query_rank", self.query_rank)

    @property
    def form(self) -> str:
        """``expanded`` or ``absorbed``."""
        return FORMS[self.absorbed is not None]

    def absorbing(self, heads: int, queries: int) -> tuple[Einsum, Einsum]:
        """Of every head: its key projection applied to its queries, its value projection to its outputs."""
        assert self.absorbed is not None
        key, value = self.absorbed
        return (
            _by_head("absorb_k", heads, queries, key - self.rope, self.rank),
            _by_head("absorb_v", heads, queries, self.rank, value),
        )

    def products(self, hidden: int, heads: int, head_dim: int, value_dim: int) -> dict[str, tuple[int, int]]:
        """(width in, width out) of the projections by name, but for that of the output.

        Args:
            head_dim: D of the expanded form, and ``value_dim`` its E.
        """
        queries = heads * head_dim
        query = {"project_q": (hidden, queries)}
        if self.query_rank is not None:
            query = {
                "project_q_down": (hidden, self.query_rank),
                "project_q_up": (self.query_rank, queries),
            }
        down = {"project_kv_down": (hidden, self.rank + self.rope)}
        if self.absorbed is not None:
            return query | down
        return query | down | {"project_kv_up": (self.rank, heads * (head_dim - self.rope + value_dim))}

    def einsums(self, sizes: dict[str, tuple[int, int]], queries: int, keys: int) -> tuple[Einsum, ...]:
        """Those projections: of query tokens, and the expansion of all keys' latents."""
        return tuple(
            gemm(name, keys if name == "project_kv_up" else queries, *widths)
            for name, widths in sizes.items()
        )


def _by_head(name: str, heads: int, tokens: int, width_in: int, width_out: int) -> Einsum:
    """``Z[h,m,n] = Σ_k A[h,m,k] · W[h,k,n]``: each head has weights of its own."""
    return Einsum(
        name,
        (("H", heads), ("M", tokens), ("N", width_out), ("K", width_in)),
        (
            Tensor("A", ("H", "M", "K")),
            Tensor("W", ("H", "K", "N")),
            Tensor("Z", ("H", "M", "N"), output=True),
        ),
    )
