"""What follows of a model from its layers alone, which may be of several kinds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Self, cast

from flat_plugin.errors import FlatError
from flat_plugin.workload.layer import ONE_QUERY, Layer
from flat_plugin.workload.layer_stacks import Stack, count_layers
from flat_plugin.workload.mask import Mask


class LayersOfKinds:
    """A stack of layers: its sizes, and the same stack with one thing changed in every layer."""

    name: str
    stack: Stack

    def _with(self, stack: Stack, **changes: object) -> Self:
        return cast(Self, replace(cast(Any, self), stack=stack, **changes))

    @property
    def layers(self) -> int:
        """Blocks of the whole model; cross attention and global tokens are parts, and a pooling is none."""
        return count_layers(self.stack)

    @property
    def first(self) -> Layer:
        """The first kind of layer: the one that the levels below ``model`` speak of."""
        return self.stack[0][1]

    @property
    def heads(self) -> int:
        """Query heads of the first kind of layer, as are the sizes below."""
        return self.first.heads

    @property
    def kv_heads(self) -> int:
        return self.first.kv_heads

    @property
    def head_dim(self) -> int:
        return self.first.head_dim

    @property
    def hidden(self) -> int:
        return self.first.hidden

    @property
    def feed_forward(self) -> int | None:
        return self.first.feed_forward

    @property
    def gated(self) -> bool:
        return self.first.gated

    @property
    def latent(self) -> bool:
        """Whether some of its layers have latent attention."""
        return any(layer.latent is not None for _, layer in self.stack)

    def formed(self, form: str) -> Self:
        """The model with the latent attention of its layers ``absorbed`` or ``expanded``."""
        return self._with(tuple((times, layer.formed(form)) for times, layer in self.stack))

    def masked(self, mask: Mask) -> Self:
        """The model with this mask in every layer but cross attention, whose keys are another sequence's, and
        the attention of one query to all keys."""
        stack = tuple(
            (times, layer if layer.kind in ("cross", *ONE_QUERY) else replace(layer, mask=mask))
            for times, layer in self.stack
        )
        return self._with(stack)

    def routed(self, hit: str) -> Self:
        """The model whose tokens hit ``expected`` or ``all`` experts, as of :class:`Experts`.

        With all it is called ``mixtral-8x7b-all-experts``.

        Raises:
            FlatError: another word, or it has no experts.
        """
        if all(layer.experts is None for _, layer in self.stack):
            raise FlatError(f"{self.name} has no experts", path="experts", value=hit, expected="none")
        stack = tuple(
            (times, replace(layer, experts=layer.experts and replace(layer.experts, hit=hit)))
            for times, layer in self.stack
        )
        name = self.name if hit == "expected" else f"{self.name}-{hit}-experts"
        return self._with(stack, name=name)
