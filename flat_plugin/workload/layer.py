"""One kind of layer of a model: the sizes of its attention and of the products around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from flat_plugin.arguments import checked
from flat_plugin.errors import FlatError
from flat_plugin.workload.elementwise import Steps
from flat_plugin.workload.experts import Experts
from flat_plugin.workload.latent import Latent
from flat_plugin.workload.mask import Mask
from flat_plugin.workload.products import Convolution, Product
from flat_plugin.workload.size_checks import check_groups, check_size

ENCODING = ("encoder", "global")  # of an encoder beside a decoder
ONE_QUERY = ("global", "pooling")  # of a sequence, and all its keys
KINDS = ("self", "encoder", "decoder", "cross", "global", "pooling")


@dataclass(frozen=True, init=False)
class Layer:
    """Sizes of a layer that attends, per token and head; the lengths come with the model.

    Args:
        heads: query heads.
        hidden: width of the residual stream, elements per token.
        head_dim: D, width of one query or key head (need not be ``hidden / heads``).
        feed_forward: width between the feed-forward layers, of one expert where there are several; None
            where the layer has none.
        kv_heads: key/value heads; ``heads`` if not given.
        value_dim: E, width of one value head; ``head_dim`` if not given.
        gated: whether a third feed-forward product gates the first (SwiGLU, GeGLU).
        kind: ``encoder``, ``decoder``, ``cross`` (queries of the decoder, keys of the encoder); ``global`` or
            ``pooling``, one query of each sequence and all its keys, in a layer or behind them; or ``self``
            where it is not known which.
        causal: whether the model masks later keys; that of a decoder if not given.
        own: the model's own mask; that of ``causal`` if not given.
        per: tokens of the model to one of this layer's; what is left over is cut off.
        fixed: tokens of its own keys (and of an encoder's queries) that are the same at every length of the
            model, such as the patches of an image; None where they follow the length.
        query_hidden: width of the tokens that Q is projected from; ``hidden`` if not given.
        kv_hidden: that of K and V; ``hidden`` if not given.
        value_hidden: that of V where it differs; ``kv_hidden`` if not given.
        others: further products over the query tokens.
        split: (number, tokens) of the windows or frames that each sequence is cut into, which attend by
            themselves; None where it is not cut.
        mask: the keys that a query needs, as they are counted; those of ``own`` if not given.
        query_projection: whether queries are projected, or are weights themselves.
        output_projection: whether what attention gives is projected.
        latent: keys and values come from one narrow tensor; None where they do not.
        experts: the feed-forward layers are experts, of which a router chooses; None where they are not.
        steps: its norms, activation and additions; None where they are not known.

    Raises:
        FlatError: a field has the wrong type or size.
    """

    heads: int
    hidden: int
    head_dim: int
    feed_forward: int | None
    kv_heads: int
    value_dim: int
    gated: bool
    kind: str
    causal: bool
    query_hidden: int
    kv_hidden: int
    value_hidden: int
    others: tuple[Product, ...]
    split: tuple[int, int] | None
    mask: Mask | None
    query_projection: bool
    experts: Experts | None
    latent: Latent | None
    own: Mask
    per: int
    fixed: int | None
    output_projection: bool
    steps: Steps | None

    # Written out so that the defaults are resolved at once, as in Attention.
    @checked
    def __init__(
        self,
        heads: int,
        hidden: int,
        head_dim: int,
        feed_forward: int | None = None,
        kv_heads: int | None = None,
        value_dim: int | None = None,
        gated: bool = False,
        kind: str = "self",
        causal: bool | None = None,
        query_hidden: int | None = None,
        kv_hidden: int | None = None,
        value_hidden: int | None = None,
        others: tuple[Product, ...] = (),
        split: tuple[int, int] | None = None,
        mask: Mask | None = None,
        query_projection: bool = True,
        experts: Experts | None = None,
        latent: Latent | None = None,
        own: Mask | None = None,
        per: int = 1,
        fixed: int | None = None,
        output_projection: bool = True,
        steps: Steps | None = None,
    ) -> None:
        kv_hidden = hidden if kv_hidden is None else kv_hidden
        values = {
            "heads": heads,
            "hidden": hidden,
            "head_dim": head_dim,
            "kv_heads": heads if kv_heads is None else kv_heads,
            "value_dim": head_dim if value_dim is None else value_dim,
            "query_hidden": hidden if query_hidden is None else query_hidden,
            "kv_hidden": kv_hidden,
            "value_hidden": kv_hidden if value_hidden is None else value_hidden,
            "per": per,
        }
        for field, size in {**values, "feed_forward": feed_forward, "fixed": fixed}.items():
            if field in values or size is not None:
                check_size(field, size)
        check_groups("kv_heads", heads, values["kv_heads"])
        if causal is None:
            causal = kind == "decoder" if own is None else own.causal
        if own is None or own.causal != causal:
            own = Mask(causal=causal)
        flags = {"gated": gated, "causal": causal, "query_projection": query_projection}
        flags |= {"output_projection": output_projection}
        _check_kind(kind, flags)
        for size in split or ():
            check_size("split", size)
        if experts is not None and feed_forward is None:
            raise FlatError("experts need a width", path="feed_forward", expected="1 or more")
        if mask is not None and not isinstance(mask, Mask):
            raise FlatError("not a mask", path="mask", value=mask, expected="a Mask")
        rest: dict[str, Any] = {"feed_forward": feed_forward, "others": others, "split": split}
        rest |= {"experts": experts, "latent": latent, "own": own, "kind": kind, "mask": mask}
        rest |= {"fixed": fixed, "steps": steps}
        for field, value in (values | flags | rest).items():
            object.__setattr__(self, field, value)

    def formed(self, form: str) -> Layer:
        """The layer with its latent attention, if it has one, ``absorbed`` or ``expanded``."""
        if self.latent is None:
            return self
        absorbed = (self.head_dim, self.value_dim) if form == "absorbed" else None
        return replace(self, latent=replace(self.latent, absorbed=absorbed))

    @property
    def counted(self) -> Mask:
        """The mask that is counted."""
        return self.own if self.mask is None else self.mask

    @property
    def linear_weights(self) -> int:
        """Weights of its linear layers, without biases and without what a router chooses from."""
        width = self.feed_forward if self.experts is None else self.experts.shared
        others = sum(product.weights for product in self.others if not isinstance(product, Convolution))
        return self._attention() + self._feed_forward(width or 0) + others

    def _attention(self) -> int:
        """Weights of the projections."""
        output = self.hidden * self.heads * self.value_dim if self.output_projection else 0
        if self.latent is not None:
            expanded = replace(self.latent, absorbed=None)
            products = expanded.products(self.hidden, self.heads, self.head_dim, self.value_dim)
            return output + sum(into * out for into, out in products.values())
        query = self.query_hidden * self.heads * self.head_dim if self.query_projection else 0
        key = self.kv_hidden * self.kv_heads * self.head_dim
        value = self.value_hidden * self.kv_heads * self.value_dim
        return query + key + value + output

    @property
    def convolution_weights(self) -> int:
        """Weights of the convolutions among its further products."""
        return sum(product.weights for product in self.others if isinstance(product, Convolution))

    @property
    def expert_weights(self) -> int:
        """Weights of all its experts, and of their router."""
        if self.experts is None:
            return 0
        router = self.hidden * (self.experts.number + self.experts.shared_gate)
        return self.experts.number * self._feed_forward(self.feed_forward or 0) + router

    def _feed_forward(self, width: int) -> int:
        return (3 if self.gated else 2) * self.hidden * width


def _check_kind(kind: str, flags: Mapping[str, object]) -> None:
    """Raises: FlatError: there is no such kind of layer, or something is neither yes nor no."""
    for field, flag in flags.items():
        if not isinstance(flag, bool):
            raise FlatError(f"{field} must be true or false", path=field, value=flag)
    if kind not in KINDS:
        raise FlatError("no such kind of layer", path="kind", value=kind, expected=" or ".join(KINDS))
