"""A transformer model: identical blocks, and the sequence length they are used at."""

from __future__ import annotations

from dataclasses import dataclass

from flat_plugin.errors import FlatError
from flat_plugin.workload.attention import Attention
from flat_plugin.workload.block import Block
from flat_plugin.workload.sizes import check_groups, check_size


@dataclass(frozen=True)
class Model:
    """A stack of identical blocks; embeddings and the output layer are not part of it.

    Args:
        name: what the user calls it.
        layers: number of blocks.
        heads: query heads of a block.
        hidden: width of the residual stream, elements per token.
        head_dim: width of one head, elements (need not be ``hidden / heads``).
        feed_forward: width between the feed-forward layers, elements per token.
        kv_heads: key/value heads; ``heads`` if not given (the field then holds that number).
        gated: whether the feed-forward layers are gated (three products, not two).
        tokens: default sequence length, tokens; None where the model sets none.
        source: where the sizes come from.

    Raises:
        FlatError: a field has the wrong type or size.
    """

    name: str
    layers: int
    heads: int
    hidden: int
    head_dim: int
    feed_forward: int
    kv_heads: int | None = None
    gated: bool = False
    tokens: int | None = None
    source: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name:
            raise FlatError("a model has a name", path="model.name", value=self.name)
        for field in ("layers", "heads", "hidden", "head_dim", "feed_forward"):
            check_size(f"{self.name}.{field}", getattr(self, field))
        kv_heads = self.heads if self.kv_heads is None else self.kv_heads
        check_size(f"{self.name}.kv_heads", kv_heads)
        check_groups(f"{self.name}.kv_heads", self.heads, kv_heads)
        object.__setattr__(self, "kv_heads", kv_heads)
        if self.tokens is not None:
            check_size(f"{self.name}.tokens", self.tokens)
        if not isinstance(self.gated, bool):
            raise FlatError("gated is yes or no", path=f"{self.name}.gated", value=self.gated)
        if not isinstance(self.source, str):
            raise FlatError("source is a text", path=f"{self.name}.source", value=self.source)

    def attention(self, seq: int | None = None, batch: int = 1, queries: int | None = None) -> Attention:
        """The attention layer of one block.

        Args:
            seq: key tokens per sequence; the model's own ``tokens`` if None.
            batch: sequences.
            queries: query tokens per sequence; ``seq`` if None (a decode step has 1).
        """
        keys = self._sequence_length(seq)
        check_size("batch", batch)
        return Attention(
            batch=batch,
            heads=self.heads,
            queries=keys if queries is None else queries,
            keys=keys,
            head_dim=self.head_dim,
            kv_heads=self.kv_heads,
        )

    def block(self, seq: int | None = None, batch: int = 1) -> Block:
        """One block; arguments as for :meth:`attention`."""
        return Block(self.attention(seq, batch), self.hidden, self.feed_forward, self.gated)

    def _sequence_length(self, seq: int | None) -> int:
        if seq is not None:
            check_size("seq", seq)
            return seq
        if self.tokens is None:
            raise FlatError(
                f"{self.name} has no sequence length of its own",
                path="seq",
                expected="a number of tokens",
            )
        return self.tokens
