"""The sequences that a model runs over: all of one length, or those of the requests of a step of serving."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from flat_plugin.errors import FlatError
from flat_plugin.workload.attention import Attention
from flat_plugin.workload.elementwise import Elementwise
from flat_plugin.workload.layer import Layer
from flat_plugin.workload.layer_stacks import Stack, stream_ends
from flat_plugin.workload.lengths import Lengths
from flat_plugin.workload.model_section import Section
from flat_plugin.workload.prefixes import together
from flat_plugin.workload.products import Counted
from flat_plugin.workload.requests import Requests


@dataclass(frozen=True)
class Sequences:
    """The lengths of a model, or its requests, which have their own."""

    lengths: Lengths
    requests: tuple[Requests, ...]

    def attentions(
        self, layer: Layer, seq: int | None, batch: int, queries: int | None
    ) -> tuple[Attention, ...]:
        """A layer's attention; of a step of serving one for each kind of requests."""
        self.check_free(seq=seq, batch=None if batch == 1 else batch, queries=queries)
        if not self.requests:
            return (self.lengths.attention(layer, seq, batch, queries),)
        return tuple(self._of_request(layer, each) for each in self.requests)

    def section(
        self, section: Section, kind: str, seq: int | None, batch: int
    ) -> tuple[Section, tuple[Counted, ...]]:
        """A part beside the layers, and what it computes over the sequences of this kind of layer."""
        return section, section.over(self.of(kind, seq, batch))

    def norms(self, stack: Stack, seq: int | None, batch: int) -> Iterator[tuple[int, Elementwise]]:
        """(times, norm) of the streams before and behind all layers."""
        for layer, first in stream_ends(stack):
            if layer.steps:
                lengths = self.of(layer.kind, seq, batch)
                if layer.kind == "encoder" and layer.fixed:
                    lengths = [(sequences, layer.fixed) for sequences, _ in lengths]
                yield from layer.steps.outside(lengths, layer.hidden, first=first)

    def of(self, kind: str, seq: int | None, batch: int) -> list[tuple[int, int]]:
        """(sequences, tokens of each) that run through this kind of layer."""
        self.check_free(seq=seq, batch=None if batch == 1 else batch)
        if self.requests:
            return [(each.number, each.queries) for each in self.requests]
        return [(batch, self.lengths.of(kind, seq))]

    def check_free(self, **sizes: int | None) -> None:
        """Raises: FlatError: a size is given beside requests, which have their own."""
        for path, value in sizes.items():
            if self.requests and value is not None:
                message = "the requests of a step have their own lengths"
                raise FlatError(message, path=path, value=value, expected="none")

    def _of_request(self, layer: Layer, requests: Requests) -> Attention:
        lengths = replace(self.lengths, tokens=requests.keys, step=requests.queries)
        return together(lengths.attention(layer, None, requests.number, None), requests)
