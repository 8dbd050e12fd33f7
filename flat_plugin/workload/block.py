"""A transformer block: an attention layer with its projections and its feed-forward layers."""

from __future__ import annotations

from dataclasses import dataclass

from flat_plugin.errors import FlatError
from flat_plugin.workload.attention import Attention
from flat_plugin.workload.einsum import Einsum, gemm
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
        value_hidden: that of V where it differs; ``kv_hidden`` if not given.
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
    value_hidden: int | None = None
    others: tuple[Linear, ...] = ()

    def __post_init__(self) -> None:
        check_size("block.hidden", self.hidden)
        if self.feed_forward is not None:
            check_size("block.feed_forward", self.feed_forward)
        for field, default in (("kv_hidden", self.hidden), ("value_hidden", self.kv_hidden or self.hidden)):
            if getattr(self, field) is None:
                object.__setattr__(self, field, default)
            check_size(f"block.{field}", getattr(self, field))
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

    @property
    def tokens(self) -> int:
        """Query tokens of all sequences."""
        return self.attention.batch * self.attention.queries

    def projections(self) -> tuple[Einsum, ...]:
        """The Q, K, V and O projections.

        K and V are projected for all key tokens, or, where the others come from a cache, for the
        query tokens; beside a cache of another sequence they are not projected.
        """
        a = self.attention
        queries = self.tokens
        keys = queries if self.cached else a.batch * a.keys
        key_width, value_width = self.kv_hidden or self.hidden, self.value_hidden or self.hidden
        project_kv = (
            gemm("project_k", keys, key_width, a.kv_heads * a.head_dim),
            gemm("project_v", keys, value_width, a.kv_heads * a.value_dim),
        )
        return (
            gemm("project_q", queries, self.hidden, a.heads * a.head_dim),
            *(() if self.cached and self.cross else project_kv),
            gemm("project_o", queries, a.heads * a.value_dim, self.hidden),
        )

    def feed_forward_layers(self) -> tuple[Einsum, ...]:
        """``ff_up``, ``ff_gate`` where gated, ``ff_down``; over the query tokens."""
        if self.feed_forward is None:
            return ()
        names = ("ff_up", "ff_gate") if self.gated else ("ff_up",)
        widen = (gemm(name, self.tokens, self.hidden, self.feed_forward) for name in names)
        return (*widen, gemm("ff_down", self.tokens, self.feed_forward, self.hidden))

    def other_products(self) -> tuple[Einsum, ...]:
        """The further products, over the query tokens; ``gate``, or ``gate_1``, ``gate_2`` of two."""
        return tuple(einsum for linear in self.others for einsum in linear.einsums(self.tokens))

    def operators(self) -> tuple[Einsum, ...]:
        """Every einsum of the block, in the order they run; the further products last."""
        *into, o = self.projections()
        return (*into, *self.attention.einsums(), o, *self.feed_forward_layers(), *self.other_products())
