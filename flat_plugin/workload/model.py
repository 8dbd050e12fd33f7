"""A transformer model: layers of one or several kinds, and the sequence lengths they are used at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from flat_plugin.arguments import checked
from flat_plugin.errors import FlatError
from flat_plugin.workload.attention import Attention
from flat_plugin.workload.block import Block
from flat_plugin.workload.elementwise import Elementwise, Steps
from flat_plugin.workload.gaps import Gap
from flat_plugin.workload.layer import ENCODING, Layer
from flat_plugin.workload.layer_stacks import Stack, stack_of
from flat_plugin.workload.layers_of_kinds import LayersOfKinds
from flat_plugin.workload.lengths import Lengths
from flat_plugin.workload.model_section import Section
from flat_plugin.workload.model_weights import weights_of
from flat_plugin.workload.positions import Positions
from flat_plugin.workload.products import Counted
from flat_plugin.workload.requests import Requests, check_served
from flat_plugin.workload.sequences import Sequences
from flat_plugin.workload.size_checks import check_size
from flat_plugin.workload.widths import Given, Widths, read_widths

Sections = tuple[tuple[Section, tuple[Counted, ...]], ...]
"""Parts beside the layers, each with what it computes."""


@dataclass(frozen=True, init=False)
class Model(LayersOfKinds):
    """A stack of layers that attend, and what is computed beside them.

    Layers that are all alike are given by their sizes, ``Model("toy", layers=2, heads=8, …)``; layers that
    differ as a ``stack`` of (times, :class:`Layer`), one entry a kind. Sizes given beside a stack of one
    kind change it.

    Args:
        name: what the user calls it.
        layers: number of blocks.
        heads: query heads of a block.
        hidden: width of the residual stream, elements per token.
        head_dim: width of one head, elements (need not be ``hidden / heads``).
        feed_forward: width between the feed-forward layers, elements per token.
        kv_heads: key/value heads; ``heads`` if not given.
        gated: whether the feed-forward layers are gated (three products, not two).
        tokens: default sequence length, tokens; None where the model sets none.
        source: where the sizes come from.
        queries: query tokens per sequence of a decode step (:meth:`decoding`); None is every token.
        kind: of layers, as of :class:`Layer`: ``encoder``, ``decoder`` or ``self``.
        stack: the layers, as (times, layer) in the order they first run.
        source_tokens: default length of the encoder's sequence beside a decoder; ``tokens`` if None.
        gaps: what the model does that is not counted.
        notes: what else a reader should know, a sentence each.
        beside: the parts of the model that do not attend, in any order.
        tables: weights of its embedding tables; None where they are not known.
        tied: whether the output head's weights are those of the tokens' table.
        distinct: layers with weights of their own, where the stack's share some; all of them if None.
        widths: bits of a word of each tensor; those of the memories' words if not given.
        requests: of a step of serving (:meth:`serving`), which have their own lengths.
        steps: norms, activation and additions of its layers; None where they are not known.

    Raises:
        FlatError: a field has the wrong type or size.
    """

    name: str
    stack: Stack
    tokens: int | None
    source: str
    queries: int | None
    source_tokens: int | None
    gaps: tuple[Gap, ...]
    notes: tuple[str, ...]
    tables: int | None
    tied: bool
    distinct: int | None
    beside: tuple[Section, ...]
    widths: Widths
    requests: tuple[Requests, ...]

    @checked
    def __init__(
        self,
        name: str,
        layers: int | None = None,
        heads: int | None = None,
        hidden: int | None = None,
        head_dim: int | None = None,
        feed_forward: int | None = None,
        kv_heads: int | None = None,
        gated: bool | None = None,
        tokens: int | None = None,
        source: str = "",
        queries: int | None = None,
        *,
        kind: str | None = None,
        stack: Stack = (),
        source_tokens: int | None = None,
        gaps: tuple[Gap, ...] = (),
        notes: tuple[str, ...] = (),
        tables: int | None = None,
        tied: bool = False,
        distinct: int | None = None,
        beside: tuple[Section, ...] = (),
        widths: Given = None,
        requests: tuple[Requests, ...] = (),
        steps: Steps | None = None,
    ) -> None:
        lengths = {"tokens": tokens, "source_tokens": source_tokens, "queries": queries, "distinct": distinct}
        _check(name, source, lengths)
        sizes: dict[str, Any] = {"heads": heads, "hidden": hidden, "head_dim": head_dim, "kind": kind}
        sizes |= {"feed_forward": feed_forward, "kv_heads": kv_heads, "gated": gated, "steps": steps}
        rest: dict[str, Any] = {"name": name, "stack": stack_of(name, stack, layers, sizes)}
        rest |= {"source": source, "gaps": gaps, "notes": notes, "beside": beside, "tables": tables}
        rest |= {"tied": tied, "widths": read_widths(widths), "requests": requests}
        for field, value in (lengths | rest).items():
            object.__setattr__(self, field, value)

    def decoding(self, queries: int = 1) -> Model:
        """One step of decoding: a few new tokens against a cache of the keys and values before them.

        The new tokens are the last of the sequence: a step at length ``seq`` has ``seq`` keys, and only
        the new tokens are projected and go through the feed-forward layers. An encoder beside a decoder has
        already run. The step is called ``llama-3-8b-decode``, or ``llama-3-8b-decode8`` with 8 new tokens.

        Args:
            queries: new tokens per sequence, at most the sequence length.

        Of encoder layers alone, which see all tokens at once, a step is counted as asked, with a note.
        """
        check_size("queries", queries)
        self._sequences.check_free(queries=queries)
        name = self.name if self.queries is None else self.name.removesuffix(_step(self.queries))
        stack, beside, notes = self.stack, self.beside, self.notes
        if any(isinstance(product, Positions) for _, layer in stack for product in layer.others):
            message = f"the relative positions of a step of {self.name} are not modelled"
            raise FlatError(message, path="queries", value=queries, expected="none")
        kinds = {layer.kind for _, layer in stack}
        if self._sequences.lengths.paired or kinds >= {"encoder", "decoder"}:
            stack = tuple(entry for entry in stack if entry[1].kind not in ENCODING)
            beside = tuple(part for part in beside if self._kind(part) != "encoder")
        if self.queries is None and all(layer.kind == "encoder" for _, layer in self.stack):
            notes += (f"{self.name} has encoder layers only: a step of few new tokens is counted as asked",)
        named = name + _step(queries)
        return replace(self, name=named, queries=queries, stack=stack, beside=beside, notes=notes)

    def serving(self, *requests: Requests) -> Model:
        """One step of serving: these requests together, whose tokens share the weights of every product.

        Each attends to its own keys, and only its new tokens are projected and go through the feed-forward
        layers. The output head scores a token of each request. The step is called ``llama-3-8b-mix``.

        Raises:
            FlatError: there are none, or the model is no decoder of one sequence.
        """
        check_served(self.name, [layer for _, layer in self.stack], requests)
        if self.queries is not None:
            raise FlatError("requests have their own new tokens", path="queries", value=self.queries)
        return replace(self, name=f"{self.name.removesuffix('-mix')}-mix", requests=requests)

    def attention(self, seq: int | None = None, batch: int = 1, queries: int | None = None) -> Attention:
        """The attention of the first kind of layer.

        Args:
            seq: tokens per sequence, of every sequence of the model; its own lengths if None.
            batch: sequences.
            queries: query tokens per sequence; if None the step's of a model that decodes, else all.

        Raises:
            FlatError: no sequence length is known, or a step has more query tokens than keys.
        """
        return self._attentions(self.first, seq, batch, queries)[0]

    def block(self, seq: int | None = None, batch: int = 1) -> Block:
        """The first kind of block; arguments as for :meth:`attention`."""
        return self.blocks(seq, batch)[0][1]

    def blocks(self, seq: int | None = None, batch: int = 1) -> tuple[tuple[int, Block], ...]:
        """Every kind of block and how often it is there; arguments as for :meth:`attention`."""
        cached = self.queries is not None or bool(self.requests)
        return tuple(
            (times, _block(layer, self._attentions(layer, seq, batch, None), cached))
            for times, layer in self.stack
        )

    def sections(self, seq: int | None = None, batch: int = 1) -> Sections:
        """What is computed beside the layers that attend; arguments as for :meth:`attention`."""
        return tuple(self._sequences.section(part, self._kind(part), seq, batch) for part in self.beside)

    def outer_norms(self, seq: int | None = None, batch: int = 1) -> tuple[tuple[int, Elementwise], ...]:
        """(times, norm) of the streams before and behind all layers; arguments as for :meth:`attention`."""
        return tuple(self._sequences.norms(self.stack, seq, batch))

    def _attentions(
        self, layer: Layer, seq: int | None, batch: int, queries: int | None
    ) -> tuple[Attention, ...]:
        found = self._sequences.attentions(layer, seq, batch, queries)
        return tuple(replace(attention, widths=self.widths) for attention in found)

    def _kind(self, part: Section) -> str:
        return part.kind or self.first.kind

    @property
    def weights(self) -> dict[str, int]:
        """Weights by what they are of, without biases and norms.

        ``linear``: linear layers; ``experts``: those that a router chooses, and the router; ``convolution``,
        ``embedding`` (of patches), ``head`` (from the last layer to the output), ``pooling`` (to one token).
        """
        return weights_of(self.stack, self.beside, self.distinct)

    @property
    def linear_weights(self) -> int:
        """Weights of all linear layers, without biases, embeddings, output heads and chosen experts."""
        return self.weights["linear"]

    @property
    def parameters(self) -> int | None:
        """All weights, embedding tables among them, without biases and norms; None if those are not known."""
        if self.tables is None:
            return None
        weights = self.weights
        return sum(weights.values()) + self.tables - self.tied * weights["head"]

    @property
    def _sequences(self) -> Sequences:
        paired = any(layer.kind == "cross" for _, layer in self.stack)
        lengths = Lengths(self.name, self.tokens, self.source_tokens, paired, self.queries)
        return Sequences(lengths, self.requests)


def _check(name: object, source: object, lengths: Mapping[str, int | None]) -> None:
    """Raises: FlatError: no name, no text, or no size."""
    if not isinstance(name, str) or not name:
        raise FlatError("a model needs a name", path="model.name", value=name)
    if not isinstance(source, str):
        raise FlatError("source must be text", path=f"{name}.source", value=source)
    for field, size in lengths.items():
        if size is not None:
            check_size(f"{name}.{field}", size)


def _block(layer: Layer, attentions: tuple[Attention, ...], cached: bool) -> Block:
    """A layer's products around its attention."""
    return Block(
        attentions[0],
        layer.hidden,
        layer.feed_forward,
        layer.gated,
        cached=cached,
        cross=layer.kind == "cross",
        query_hidden=layer.query_hidden,
        kv_hidden=layer.kv_hidden,
        value_hidden=layer.value_hidden,
        others=layer.others,
        query_projection=layer.query_projection,
        output_projection=layer.output_projection,
        experts=layer.experts,
        latent=layer.latent,
        further=attentions[1:],
        steps=layer.steps,
    )


def _step(queries: int) -> str:
    """How the name of a model says that it decodes."""
    return "-decode" if queries == 1 else f"-decode{queries}"
