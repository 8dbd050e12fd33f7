"""The sequence lengths of a model, and the attention layers that follow from them."""

from __future__ import annotations

from dataclasses import dataclass

from flat_plugin.errors import FlatError
from flat_plugin.workload.attention import Attention
from flat_plugin.workload.layer import ENCODING, ONE_QUERY, Layer
from flat_plugin.workload.size_checks import check_size


@dataclass(frozen=True)
class Lengths:
    """The lengths that a model is used at.

    Args:
        name: of the model.
        tokens: of the sequence, or the decoder's; None where the model sets none.
        source: of the encoder's beside a decoder; ``tokens`` if None.
        paired: whether there is an encoder beside a decoder.
        step: new tokens of a step of decoding; None is all of them.
    """

    name: str
    tokens: int | None
    source: int | None
    paired: bool
    step: int | None

    def attention(self, layer: Layer, seq: int | None, batch: int, queries: int | None) -> Attention:
        """A layer's attention; arguments and errors as of ``Model.attention``."""
        check_size("batch", batch)
        if layer.split is not None:
            return self._cut(layer, layer.split, seq, batch)
        tokens = self._length(self.tokens, seq)
        source = self._length(self.source or self.tokens, seq) if self.paired else tokens
        keys = layer.fixed or (source if layer.kind in (*ENCODING, "cross") else tokens)
        if layer.per > 1:
            keys = tokens = self._shorter(layer.per, keys)
        if layer.kind in ONE_QUERY:
            return _attention(layer, batch, 1, keys)
        if queries is None and not (layer.kind == "encoder" and layer.fixed):
            queries = self._step(tokens)
        if queries is None:
            queries = tokens if layer.kind == "cross" else keys
        return _attention(layer, batch, queries, keys)

    def of(self, kind: str, seq: int | None) -> int:
        """Tokens of a sequence that products beside the layers run over: those of this kind of layer.

        Raises:
            FlatError: as of :meth:`attention`.
        """
        own = self.source or self.tokens if self.paired and kind == "encoder" else self.tokens
        tokens = self._length(own, seq)
        step = None if kind == "encoder" and self.paired else self._step(tokens)
        return tokens if step is None else step

    def _step(self, tokens: int) -> int | None:
        """The new tokens of a step, which are among all."""
        if self.step is not None and self.step > tokens:
            raise FlatError(
                "more new tokens than tokens",
                path="queries",
                value=self.step,
                expected=f"at most the {tokens} keys, which include them",
            )
        return self.step

    def _shorter(self, per: int, tokens: int) -> int:
        """Tokens of a layer that has one for several of the model's.

        Raises:
            FlatError: none is left, or a step of few new tokens is asked for.
        """
        if self.step is not None:
            message = f"{self.name} has layers with fewer tokens than others, of which a step is not modelled"
            raise FlatError(message, path="queries", value=self.step, expected="none")
        if tokens < per:
            message = f"no token is left for the layers of {self.name} with one for {per} others"
            raise FlatError(message, path="seq", value=tokens, expected=f"{per} or more")
        return tokens // per

    def _cut(self, layer: Layer, split: tuple[int, int], seq: int | None, batch: int) -> Attention:
        """Each window or frame as a sequence of its own."""
        if seq is not None or self.step is not None:
            path, value = ("seq", seq) if seq is not None else ("queries", self.step)
            message = f"{self.name} attends within windows or frames, whose lengths are its own"
            raise FlatError(message, path=path, value=value, expected="none")
        number, tokens = split
        return _attention(layer, batch * number, tokens, tokens)

    def _length(self, own: int | None, seq: int | None) -> int:
        if seq is not None:
            check_size("seq", seq)
            return seq
        if own is None:
            message = f"{self.name} has no sequence length of its own"
            raise FlatError(message, path="seq", expected="a number of tokens")
        return own


def _attention(layer: Layer, batch: int, queries: int, keys: int) -> Attention:
    if layer.latent is not None and layer.latent.absorbed is not None:
        rank, rope = layer.latent.rank, layer.latent.rope
        return Attention(batch, layer.heads, queries, keys, rank + rope, rank, 1, layer.counted, joint=True)
    return Attention(
        batch=batch,
        heads=layer.heads,
        queries=queries,
        keys=keys,
        head_dim=layer.head_dim,
        value_dim=layer.value_dim,
        kv_heads=layer.kv_heads,
        mask=layer.counted,
    )
