"""A transformer model: identical blocks, and the sequence length they are used at."""

from __future__ import annotations

from dataclasses import dataclass, replace

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
        queries: query tokens per sequence of a decode step (:meth:`decoding`); None is every token.

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
    queries: int | None = None

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
        if self.queries is not None:
            check_size(f"{self.name}.queries", self.queries)

    def decoding(self, queries: int = 1) -> Model:
        """One step of decoding: a few new tokens against a cache of the keys and values before them.

        The new tokens are the last of the sequence: a step at length ``seq`` has ``seq`` keys, and only
        the new tokens are projected and go through the feed-forward layers. It is called
        ``llama-3-8b-decode``, or ``llama-3-8b-decode8`` with 8 new tokens.

        Args:
            queries: new tokens per sequence, at most the sequence length.
        """
        check_size("queries", queries)
        name = self.name if self.queries is None else self.name.removesuffix(_step(self.queries))
        return replace(self, name=name + _step(queries), queries=queries)

    def attention(self, seq: int | None = None, batch: int = 1, queries: int | None = None) -> Attention:
        """The attention layer of one block.

        Args:
            seq: key tokens per sequence; the model's own ``tokens`` if None.
            batch: sequences.
            queries: query tokens per sequence; if None the step's of a model that decodes, else ``seq``.

        Raises:
            FlatError: no sequence length is known, or a step has more query tokens than keys.
        """
        keys = self._sequence_length(seq)
        check_size("batch", batch)
        if queries is None and self.queries is not None:
            queries = self.queries
            if queries > keys:
                raise FlatError(
                    "more new tokens than tokens",
                    path="queries",
                    value=queries,
                    expected=f"at most the {keys} keys, which include them",
                )
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
        attention = self.attention(seq, batch)
        return Block(attention, self.hidden, self.feed_forward, self.gated, cached=self.queries is not None)

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


def _step(queries: int) -> str:
    """How the name of a model says that it decodes."""
    return "-decode" if queries == 1 else f"-decode{queries}"
