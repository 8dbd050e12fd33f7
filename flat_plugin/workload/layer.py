"""One kind of layer of a model: the sizes of its attention and of the products around it."""

from __future__ import annotations

from dataclasses import dataclass

from flat_plugin.errors import FlatError
from flat_plugin.workload.einsum import Einsum, gemm
from flat_plugin.workload.mask import FULL, Mask
from flat_plugin.workload.sizes import check_groups, check_size

KINDS = ("self", "encoder", "decoder", "cross")


@dataclass(frozen=True)
class Linear:
    """A product beside the usual ones, over the layer's query tokens, ``times`` in a layer.

    For instance an output gate, a bottleneck, or a second pair of feed-forward layers.
    """

    name: str
    width_in: int
    width_out: int
    times: int = 1

    def __post_init__(self) -> None:
        for field in ("width_in", "width_out", "times"):
            check_size(f"{self.name}.{field}", getattr(self, field))

    @property
    def weights(self) -> int:
        return self.width_in * self.width_out * self.times

    def einsums(self, tokens: int) -> tuple[Einsum, ...]:
        """The product, or as many as it is there: ``gate``, or ``gate_1`` and ``gate_2``."""
        names = (self.name,) if self.times == 1 else (f"{self.name}_{i + 1}" for i in range(self.times))
        return tuple(gemm(name, tokens, self.width_in, self.width_out) for name in names)


@dataclass(frozen=True, init=False)
class Layer:
    """Sizes of a layer that attends, per token and head; the lengths come with the model.

    Args:
        heads: query heads.
        hidden: width of the residual stream, elements per token.
        head_dim: D, width of one query or key head (need not be ``hidden / heads``).
        feed_forward: width between the feed-forward layers; None where the layer has none.
        kv_heads: key/value heads; ``heads`` if not given.
        value_dim: E, width of one value head; ``head_dim`` if not given.
        gated: whether a third feed-forward product gates the first (SwiGLU, GeGLU).
        kind: ``encoder``, ``decoder``, ``cross`` (queries of the decoder, keys of the encoder), or
            ``self`` where it is not known which.
        causal: whether the model masks later keys; that of a decoder if not given. What is counted is
            ``mask``.
        kv_hidden: width of the tokens that K and V are projected from; ``hidden`` if not given.
        value_hidden: that of V where it differs; ``kv_hidden`` if not given.
        others: further products over the query tokens.
        split: (number, tokens) of the windows or frames that each sequence is cut into, which attend by
            themselves; None where it is not cut.
        mask: the keys that a query needs, as they are counted.

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
    kv_hidden: int
    value_hidden: int
    others: tuple[Linear, ...]
    split: tuple[int, int] | None
    mask: Mask

    # Written out so that the defaults are resolved at once, as in Attention.
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
        kv_hidden: int | None = None,
        value_hidden: int | None = None,
        others: tuple[Linear, ...] = (),
        split: tuple[int, int] | None = None,
        mask: Mask = FULL,
    ) -> None:
        kv_hidden = hidden if kv_hidden is None else kv_hidden
        values = {
            "heads": heads,
            "hidden": hidden,
            "head_dim": head_dim,
            "kv_heads": heads if kv_heads is None else kv_heads,
            "value_dim": head_dim if value_dim is None else value_dim,
            "kv_hidden": kv_hidden,
            "value_hidden": kv_hidden if value_hidden is None else value_hidden,
        }
        for field, size in values.items():
            check_size(field, size)
        if feed_forward is not None:
            check_size("feed_forward", feed_forward)
        check_groups("kv_heads", heads, values["kv_heads"])
        causal = kind == "decoder" if causal is None else causal
        for field, flag in (("gated", gated), ("causal", causal)):
            if not isinstance(flag, bool):
                raise FlatError(f"{field} is yes or no", path=field, value=flag)
        if kind not in KINDS:
            raise FlatError("no such kind of layer", path="kind", value=kind, expected=" or ".join(KINDS))
        for size in split or ():
            check_size("split", size)
        flags = {"gated": gated, "kind": kind, "causal": causal}
        if not isinstance(mask, Mask):
            raise FlatError("not a mask", path="mask", value=mask, expected="a Mask")
        rest = {"feed_forward": feed_forward, "others": others, "split": split, "mask": mask} | flags
        for field, value in (values | rest).items():
            object.__setattr__(self, field, value)

    @property
    def linear_weights(self) -> int:
        """Weights of its linear layers, without biases."""
        query_and_output = self.hidden * self.heads * (self.head_dim + self.value_dim)
        key = self.kv_hidden * self.kv_heads * self.head_dim
        value = self.value_hidden * self.kv_heads * self.value_dim
        products = 3 if self.gated else 2
        feed_forward = products * self.hidden * (self.feed_forward or 0)
        others = sum(linear.weights for linear in self.others)
        return query_and_output + key + value + feed_forward + others
