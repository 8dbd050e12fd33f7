"""A transformer block: an attention layer with its projections and its feed-forward layers."""

from __future__ import annotations

from dataclasses import dataclass

from flat_plugin.errors import FlatError
from flat_plugin.workload.attention import Attention
from flat_plugin.workload.einsum import Einsum, Tensor
from flat_plugin.workload.layer import Linear
from flat_plugin.workload.sizes import check_size


@dataclass(frozen=True)
class Block:
    """The matrix products of one block; norms, biases and activations are not einsums.

    Args:
        attention: the attention layer.
        hidden: width of the residual stream, elements per token.
        feed_forward: width between the feed-forward layers, elements per token; None where there are none.
        gated: whether a third feed-forward product gates the first (SwiGLU, GeGLU).
        cached: whether the keys and values of all but the query tokens come from a cache, as in a step of
            decoding; the query tokens are then among the keys.
        cross: whether the keys are those of another sequence, the encoder's; beside a cache they then all
            come from there.
        kv_hidden: width of the tokens that K and V are projected from; ``hidden`` if not given.
        others: further products over the query tokens.

    Raises:
        FlatError: a field has the wrong type or size, or there are fewer keys than queries beside a cache.
    """

    attention: Attention
    hidden: int
    feed_forward: int | None
    gated: bool = False
    cached: bool = False
    cross: bool = False
    kv_hidden: int | None = None
    others: tuple[Linear, ...] = ()

    def __post_init__(self) -> None:
        check_size("block.hidden", self.hidden)
        if self.feed_forward is not None:
            check_size("block.feed_forward", self.feed_forward)
        if self.kv_hidden is None:
            object.__setattr__(self, "kv_hidden", self.hidden)
        check_size("block.kv_hidden", self.kv_hidden)
        for field in ("gated", "cached", "cross"):
            if not isinstance(getattr(self, field), bool):
                raise FlatError(f"{field} is yes or no", path=f"block.{field}", value=getattr(self, field))
        if self.cached and not self.cross and self.attention.queries > self.attention.keys:
            raise FlatError(
                "the keys include those of the query tokens",
                path="block.attention.queries",
                value=self.attention.queries,
                expected=f"at most the {self.attention.keys} keys",
            )

    def projections(self) -> tuple[Einsum, ...]:
        """The Q, K, V and O projections.

        K and V are projected for all key tokens, or, where the others come from a cache, for the
        query tokens; beside a cache of another sequence they are not projected.
        """
        a = self.attention
        queries = a.batch * a.queries
        keys = queries if self.cached else a.batch * a.keys
        kv_hidden = self.kv_hidden or self.hidden
        project_kv = (
            _gemm("project_k", keys, kv_hidden, a.kv_heads * a.head_dim),
            _gemm("project_v", keys, kv_hidden, a.kv_heads * a.value_dim),
        )
        return (
            _gemm("project_q", queries, self.hidden, a.heads * a.head_dim),
            *(() if self.cached and self.cross else project_kv),
            _gemm("project_o", queries, a.heads * a.value_dim, self.hidden),
        )

    def feed_forward_layers(self) -> tuple[Einsum, ...]:
        """``ff_up``, ``ff_gate`` where gated, ``ff_down``; over the query tokens."""
        if self.feed_forward is None:
            return ()
        tokens = self.attention.batch * self.attention.queries
        names = ("ff_up", "ff_gate") if self.gated else ("ff_up",)
        widen = (_gemm(name, tokens, self.hidden, self.feed_forward) for name in names)
        return (*widen, _gemm("ff_down", tokens, self.feed_forward, self.hidden))

    def other_products(self) -> tuple[Einsum, ...]:
        """The further products, over the query tokens; ``gate``, or ``gate_1``, ``gate_2`` of two."""
        tokens = self.attention.batch * self.attention.queries
        return tuple(
            _gemm(name, tokens, linear.width_in, linear.width_out)
            for linear in self.others
            for name in _names(linear)
        )

    def operators(self) -> tuple[Einsum, ...]:
        """Every einsum of the block, in the order they run; the further products last."""
        *into, o = self.projections()
        return (*into, *self.attention.einsums(), o, *self.feed_forward_layers(), *self.other_products())


def _names(linear: Linear) -> tuple[str, ...]:
    if linear.times == 1:
        return (linear.name,)
    return tuple(f"{linear.name}_{i + 1}" for i in range(linear.times))


def _gemm(name: str, tokens: int, width_in: int, width_out: int) -> Einsum:
    """``Z[m,n] = Σ_k A[m,k] · W[k,n]`` with M tokens, K the width in, N the width out."""
    return Einsum(
        name,
        (("M", tokens), ("N", width_out), ("K", width_in)),
        (Tensor("A", ("M", "K")), Tensor("W", ("K", "N")), Tensor("Z", ("M", "N"), output=True)),
    )
