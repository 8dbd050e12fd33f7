"""A transformer model: layers of one or several kinds, and the sequence lengths they are used at."""

from __future__ import annotations

from dataclasses import dataclass, replace

from flat_plugin.arguments import checked
from flat_plugin.errors import FlatError
from flat_plugin.workload.attention import Attention
from flat_plugin.workload.block import Block
from flat_plugin.workload.gaps import Gap
from flat_plugin.workload.layer import Layer
from flat_plugin.workload.layer_stacks import Stack, changed, uniform
from flat_plugin.workload.lengths import Lengths
from flat_plugin.workload.mask import FULL, Mask
from flat_plugin.workload.model_section import SORTS, Section
from flat_plugin.workload.prefixes import together
from flat_plugin.workload.products import Counted
from flat_plugin.workload.requests import Requests, check_served
from flat_plugin.workload.size_checks import check_size
from flat_plugin.workload.widths import Given, Widths, read_widths


@dataclass(frozen=True, init=False)
class Model:
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
        gaps: what the model does and is not counted.
        notes: what else is to be said of the reading, a sentence each.
        beside: the parts of the model that do not attend, in any order.
        tables: weights of its embedding tables; None where they are not known.
        tied: whether the output head's weights are those of the tokens' table.
        distinct: layers with weights of their own, where the stack's share some; all of them if None.
        widths: bits of a word of each tensor; those of the memories' words if not given.
        requests: of a step of serving (:meth:`serving`), which have their own lengths.

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
    ) -> None:
        if not isinstance(name, str) or not name:
            raise FlatError("a model has a name", path="model.name", value=name)
        if not isinstance(source, str):
            raise FlatError("source is a text", path=f"{name}.source", value=source)
        lengths = {"tokens": tokens, "source_tokens": source_tokens, "queries": queries, "distinct": distinct}
        for field, size in lengths.items():
            if size is not None:
                check_size(f"{name}.{field}", size)
        sizes = {
            "heads": heads,
            "hidden": hidden,
            "head_dim": head_dim,
            "feed_forward": feed_forward,
            "kv_heads": kv_heads,
            "gated": gated,
            "kind": kind,
        }
        changes = {field: size for field, size in sizes.items() if size is not None}
        stacked = changed(name, stack, layers, changes) if stack else uniform(name, layers, changes)
        rest = {
            "name": name,
            "stack": stacked,
            "source": source,
            "gaps": gaps,
            "notes": notes,
            "beside": beside,
            "tables": tables,
            "tied": tied,
            "widths": read_widths(widths),
            "requests": requests,
        }
        for field, value in (lengths | rest).items():
            object.__setattr__(self, field, value)

    @property
    def layers(self) -> int:
        """Blocks of the whole model; cross attention is a part of the decoder's, and a pooling is none."""
        return sum(times for times, layer in self.stack if layer.kind not in ("cross", "pooling"))

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

    def decoding(self, queries: int = 1) -> Model:
        """One step of decoding: a few new tokens against a cache of the keys and values before them.

        The new tokens are the last of the sequence: a step at length ``seq`` has ``seq`` keys, and only
        the new tokens are projected and go through the feed-forward layers. An encoder beside a decoder has
        run before. The step is called ``llama-3-8b-decode``, or ``llama-3-8b-decode8`` with 8 new tokens.

        Args:
            queries: new tokens per sequence, at most the sequence length.

        Of encoder layers alone, which see all tokens at once, a step is counted as asked, with a note.
        """
        check_size("queries", queries)
        self._check_no_requests("queries", queries)
        name = self.name if self.queries is None else self.name.removesuffix(_step(self.queries))
        stack, beside = self.stack, self.beside
        if self._lengths.paired:
            stack = tuple(entry for entry in stack if entry[1].kind != "encoder")
            beside = tuple(part for part in beside if self._kind(part) != "encoder")
        notes = self.notes
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

    def _check_no_requests(self, path: str, value: object) -> None:
        if self.requests:
            message = "the requests of a step have their own lengths"
            raise FlatError(message, path=path, value=value, expected="none")

    def routed(self, hit: str) -> Model:
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
        return replace(self, name=name, stack=stack)

    @property
    def latent(self) -> bool:
        """Whether some of its layers have latent attention."""
        return any(layer.latent is not None for _, layer in self.stack)

    def formed(self, form: str) -> Model:
        """The model with the latent attention of its layers ``absorbed`` or ``expanded``."""
        return replace(self, stack=tuple((times, layer.formed(form)) for times, layer in self.stack))

    def masked(self, mask: Mask) -> Model:
        """The model with this mask in every layer but cross attention, whose keys are another sequence's."""
        stack = tuple(
            (times, layer if layer.kind == "cross" else replace(layer, mask=mask))
            for times, layer in self.stack
        )
        return replace(self, stack=stack)

    def squares(self) -> Model:
        """The model with every key counted for every query, as searches do, where no mask was asked for."""
        stack = tuple(
            (times, replace(layer, mask=FULL) if layer.mask is None else layer) for times, layer in self.stack
        )
        return replace(self, stack=stack)

    def attention(self, seq: int | None = None, batch: int = 1, queries: int | None = None) -> Attention:
        """The attention of the first kind of layer.

        Args:
            seq: tokens per sequence, of every sequence of the model; its own lengths if None.
            batch: sequences.
            queries: query tokens per sequence; if None the step's of a model that decodes, else all.

        Raises:
            FlatError: no sequence length is known, or a step has more query tokens than keys.
        """
        if queries is not None:
            self._check_no_requests("queries", queries)
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

    def _attentions(
        self, layer: Layer, seq: int | None, batch: int, queries: int | None
    ) -> tuple[Attention, ...]:
        """A layer's attention; of a step of serving one for each kind of requests."""
        found = [self._lengths.attention(layer, seq, batch, queries)] if not self.requests else []
        if self.requests:
            self._check_lengths(seq, batch)
        for each in self.requests:
            lengths = replace(self._lengths, tokens=each.keys, step=each.queries)
            found.append(together(lengths.attention(layer, None, each.number, None), each))
        return tuple(replace(attention, widths=self.widths) for attention in found)

    def _check_lengths(self, seq: int | None, batch: int) -> None:
        for path, value, default in (("seq", seq, None), ("batch", batch, 1)):
            if value != default:
                self._check_no_requests(path, value)

    def sections(
        self, seq: int | None = None, batch: int = 1
    ) -> tuple[tuple[Section, tuple[Counted, ...]], ...]:
        """What is computed beside the layers that attend; arguments as for :meth:`attention`."""
        if self.requests:
            self._check_lengths(seq, batch)
            tokens = [(each.number, each.queries) for each in self.requests]
            return tuple((part, part.over(tokens)) for part in self.beside)
        lengths = self._lengths
        return tuple((part, part.over([(batch, lengths.of(self._kind(part), seq))])) for part in self.beside)

    def _kind(self, part: Section) -> str:
        return part.kind or self.first.kind

    @property
    def linear_weights(self) -> int:
        """Weights of all linear layers, without biases, embeddings, output heads and chosen experts."""
        return self.weights["linear"]

    @property
    def weights(self) -> dict[str, int]:
        """Weights by what they are of, without biases and norms.

        ``linear``: linear layers; ``experts``: those that a router chooses, and the router; ``convolution``,
        ``embedding`` (of patches), ``head`` (from the last layer to the output), ``pooling`` (to one token).
        """
        pooling = [(n, layer) for n, layer in self.stack if layer.kind == "pooling"]
        linear = sum(n * layer.linear_weights for n, layer in self.stack if layer.kind != "pooling")
        if self.distinct is not None:
            linear = linear // self.layers * self.distinct
        experts = sum(times * layer.expert_weights for times, layer in self.stack)
        found = {sort: sum(section.by_sort[sort] for section in self.beside) for sort in SORTS}
        found["convolution"] += sum(times * layer.convolution_weights for times, layer in self.stack)
        return {
            **found,
            "linear": linear + found["linear"],
            "experts": experts,
            "pooling": sum(n * layer.linear_weights for n, layer in pooling),
        }

    @property
    def parameters(self) -> int | None:
        """All weights, embedding tables among them, without biases and norms; None if those are not known."""
        if self.tables is None:
            return None
        weights = self.weights
        return sum(weights.values()) + self.tables - self.tied * weights["head"]

    @property
    def _lengths(self) -> Lengths:
        paired = any(layer.kind == "cross" for _, layer in self.stack)
        return Lengths(self.name, self.tokens, self.source_tokens, paired, self.queries)


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
        experts=layer.experts,
        latent=layer.latent,
        further=attentions[1:],
    )


def _step(queries: int) -> str:
    """How the name of a model says that it decodes."""
    return "-decode" if queries == 1 else f"-decode{queries}"
