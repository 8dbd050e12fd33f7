"""A transformer block: an attention layer with its projections and its feed-forward layers."""

from __future__ import annotations

from dataclasses import dataclass

from flat_plugin.errors import FlatError
from flat_plugin.workload.attention import Attention
from flat_plugin.workload.einsum import Einsum, gemm
from flat_plugin.workload.elementwise import Steps
from flat_plugin.workload.experts import Experts
from flat_plugin.workload.latent import Latent
from flat_plugin.workload.products import Counted, Product, over_all
from flat_plugin.workload.size_checks import check_size


@dataclass(frozen=True)
class Block:
    """The matrix products of one block; norms and activations are no einsums (:mod:`.block_steps`).

    Args:
        attention: the attention layer.
        hidden: width of the residual stream, elements per token.
        feed_forward: width between the feed-forward layers, elements per token; None where there are none.
        gated: whether a third feed-forward product gates the first (SwiGLU, GeGLU).
        cached: whether the keys and values of all but the query tokens come from a cache, as in a step of
            decoding; the query tokens are then among the keys.
        cross: whether the keys are those of another sequence, the encoder's; beside a cache they then all
            come from there.
        query_hidden: width of the tokens that Q is projected from; ``hidden`` if not given.
        kv_hidden: that of K and V; ``hidden`` if not given.
        value_hidden: that of V where it differs; ``kv_hidden`` if not given.
        others: further products over the query tokens.
        query_projection: whether the queries are projected, or are weights themselves.
        output_projection: whether what attention gives is projected.
        latent: keys and values are projected from one narrow tensor.
        experts: the feed-forward layers are experts of this width, and a router chooses among them.
        further: the attention of other requests in the same step, whose tokens share the products.
        steps: norms, activation and additions of the block; None where they are not known.

    Raises:
        FlatError: a field has the wrong type or size, or there are fewer keys than queries beside a cache.
    """

    attention: Attention
    hidden: int
    feed_forward: int | None
    gated: bool = False
    cached: bool = False
    cross: bool = False
    query_hidden: int | None = None
    kv_hidden: int | None = None
    value_hidden: int | None = None
    others: tuple[Product, ...] = ()
    query_projection: bool = True
    output_projection: bool = True
    experts: Experts | None = None
    latent: Latent | None = None
    further: tuple[Attention, ...] = ()
    steps: Steps | None = None

    def __post_init__(self) -> None:
        check_size("block.hidden", self.hidden)
        if self.feed_forward is not None:
            check_size("block.feed_forward", self.feed_forward)
        widths = {"query_hidden": None, "kv_hidden": None, "value_hidden": self.kv_hidden}
        for field, default in widths.items():
            if getattr(self, field) is None:
                object.__setattr__(self, field, default or self.hidden)
            check_size(f"block.{field}", getattr(self, field))
        for field in ("gated", "cached", "cross", "query_projection", "output_projection"):
            if not isinstance(getattr(self, field), bool):
                raise FlatError(
                    f"{field} must be true or false", path=f"block.{field}", value=getattr(self, field)
                )
        if self.cached and not self.cross and any(each.queries > each.keys for each in self.attentions):
            raise FlatError(
                "the keys include those of the query tokens",
                path="block.attention.queries",
                value=self.attention.queries,
                expected=f"at most the {self.attention.keys} keys",
            )

    @property
    def attentions(self) -> tuple[Attention, ...]:
        """The attention layer: one, or one for each kind of requests of a step."""
        return (self.attention, *self.further)

    @property
    def tokens(self) -> int:
        """Query tokens of all sequences."""
        return sum(each.batch * each.queries for each in self.attentions)

    @property
    def keys(self) -> int:
        """Key tokens of all sequences."""
        return sum(each.batch * each.keys for each in self.attentions)

    def projections(self) -> tuple[Einsum, ...]:
        """The Q, K, V and O projections.

        K and V are projected for all key tokens, or, where the others come from a cache, for the
        query tokens; beside a cache of another sequence they are not projected.
        """
        a = self.attention
        queries = self.tokens
        keys = queries if self.cached else self.keys
        project_o = gemm("project_o", queries, a.heads * a.value_dim, self.hidden)
        if self.latent is not None:
            return self._latent_projections(self.latent)
        key_width, value_width = self.kv_hidden or self.hidden, self.value_hidden or self.hidden
        project_kv = (
            gemm("project_k", keys, key_width, a.kv_heads * a.head_dim),
            gemm("project_v", keys, value_width, a.kv_heads * a.value_dim),
        )
        project_q = gemm("project_q", queries, self.query_hidden or self.hidden, a.heads * a.head_dim)
        return (
            *((project_q,) if self.query_projection else ()),
            *(() if self.cached and self.cross else project_kv),
            *((project_o,) if self.output_projection else ()),
        )

    def _latent_projections(self, latent: Latent) -> tuple[Einsum, ...]:
        a, queries = self.attention, self.tokens
        key, value = latent.absorbed or (a.head_dim, a.value_dim)
        sizes = latent.products(self.hidden, a.heads, key, value)
        down = latent.einsums(sizes, queries, self.keys)
        project_o = gemm("project_o", queries, a.heads * value, self.hidden)
        if latent.absorbed is None:
            return (*down, project_o)
        before, after = latent.absorbing(a.heads, queries)
        return (*down, before, after, project_o)

    def feed_forward_layers(self) -> tuple[Einsum, ...]:
        """``ff_up``, ``ff_gate`` where gated, ``ff_down``; over the query tokens."""
        if self.feed_forward is None or self.experts is not None:
            return ()
        return self._feed_forward("ff", self.tokens, self.feed_forward)

    def expert_layers(self) -> tuple[Counted, ...]:
        """The router, the shared feed-forward layers, and each expert's with its share of the tokens.

        Experts with a token more than the others are ``fuller_expert_up``, …: the choices of all tokens need
        not divide among the experts that they hit.
        """
        if self.experts is None or self.feed_forward is None:
            return ()
        once = [gemm("router", self.tokens, self.hidden, self.experts.number)]
        if self.experts.shared is not None:
            once += self._feed_forward("shared", self.tokens, self.experts.shared)
        if self.experts.shared_gate:
            once.append(gemm("shared_scale", self.tokens, self.hidden, 1))
        parts = zip(("expert", "fuller_expert"), self.experts.shares(self.tokens), strict=False)
        return (
            *((1, einsum) for einsum in once),
            *(
                (times, einsum)
                for name, (times, rows) in parts
                for einsum in self._feed_forward(name, rows, self.feed_forward)
            ),
        )

    def _feed_forward(self, name: str, tokens: int, width: int) -> tuple[Einsum, ...]:
        names = (f"{name}_up", f"{name}_gate") if self.gated else (f"{name}_up",)
        widen = (gemm(each, tokens, self.hidden, width) for each in names)
        return (*widen, gemm(f"{name}_down", tokens, width, self.hidden))

    def around(self) -> tuple[Counted, ...]:
        """The operators around the attention and how often each is there, in the order they run."""
        others = over_all(self.others, [(each.batch, each.queries) for each in self.attentions])
        once = (*self.projections(), *self.feed_forward_layers())
        return (*((1, einsum) for einsum in once), *self.expert_layers(), *others)

    def operators(self) -> tuple[Einsum, ...]:
        """Every einsum of the block, in the order they run, each once; the further products last."""
        projected = len(self.projections()) - self.output_projection
        einsums = tuple(einsum for _, einsum in self.around())
        attending = (einsum for each in self.attentions for einsum in each.einsums())
        return (*einsums[:projected], *attending, *einsums[projected:])
