"""A transformer block: an attention layer with its projections and its feed-forward layers."""

from __future__ import annotations

from dataclasses import dataclass

from flat_plugin.errors import FlatError
from flat_plugin.workload.attention import Attention
from flat_plugin.workload.einsum import Einsum, Tensor
from flat_plugin.workload.sizes import check_size


@dataclass(frozen=True)
class Block:
    """The matrix products of one block; norms, biases and activations are not einsums.

    Args:
        attention: the attention layer.
        hidden: width of the residual stream, elements per token.
        feed_forward: width between the feed-forward layers, elements per token.
        gated: whether a third feed-forward product gates the first (SwiGLU, GeGLU).
        cached: whether the keys and values of all but the query tokens come from a cache, as in a step of
            decoding; the query tokens are then among the keys.

    Raises:
        FlatError: a field has the wrong type or size, or there are fewer keys than queries beside a cache.
    """

    attention: Attention
    hidden: int
    feed_forward: int
    gated: bool = False
    cached: bool = False

    def __post_init__(self) -> None:
        check_size("block.hidden", self.hidden)
        check_size("block.feed_forward", self.feed_forward)
        if not isinstance(self.gated, bool):
            raise FlatError("gated is yes or no", path="block.gated", value=self.gated)
        if not isinstance(self.cached, bool):
            raise FlatError("cached is yes or no", path="block.cached", value=self.cached)
        if self.cached and self.attention.queries > self.attention.keys:
            raise FlatError(
                "the keys include those of the query tokens",
                path="block.attention.queries",
                value=self.attention.queries,
                expected=f"at most the {self.attention.keys} keys",
            )

    def projections(self) -> tuple[Einsum, Einsum, Einsum, Einsum]:
        """The Q, K, V and O projections.

        K and V are projected for all key tokens, or, where the others come from a cache, for the
        query tokens.
        """
        a = self.attention
        queries = a.batch * a.queries
        keys = queries if self.cached else a.batch * a.keys
        return (
            _gemm("project_q", queries, self.hidden, a.heads * a.head_dim),
            _gemm("project_k", keys, self.hidden, a.kv_heads * a.head_dim),
            _gemm("project_v", keys, self.hidden, a.kv_heads * a.value_dim),
            _gemm("project_o", queries, a.heads * a.value_dim, self.hidden),
        )

    def feed_forward_layers(self) -> tuple[Einsum, ...]:
        """``ff_up``, ``ff_gate`` where gated, ``ff_down``; over the query tokens."""
        tokens = self.attention.batch * self.attention.queries
        names = ("ff_up", "ff_gate") if self.gated else ("ff_up",)
        widen = (_gemm(name, tokens, self.hidden, self.feed_forward) for name in names)
        return (*widen, _gemm("ff_down", tokens, self.feed_forward, self.hidden))

    def operators(self) -> tuple[Einsum, ...]:
        """Every einsum of the block, in the order they run."""
        q, k, v, o = self.projections()
        return (q, k, v, *self.attention.einsums(), o, *self.feed_forward_layers())


def _gemm(name: str, tokens: int, width_in: int, width_out: int) -> Einsum:
    """``Z[m,n] = Σ_k A[m,k] · W[k,n]`` with M tokens, K the width in, N the width out."""
    return Einsum(
        name,
        (("M", tokens), ("N", width_out), ("K", width_in)),
        (Tensor("A", ("M", "K")), Tensor("W", ("K", "N")), Tensor("Z", ("M", "N"), output=True)),
    )
