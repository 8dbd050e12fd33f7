"""The norms, activations and additions of a block, over the tokens that it runs over."""

from __future__ import annotations

from collections.abc import Iterator

from flat_plugin.workload.block import Block
from flat_plugin.workload.elementwise import Elementwise, Steps

Counted = tuple[int, Elementwise]
"""A step and how often it is there."""


def steps_of(block: Block) -> Iterator[Counted]:
    """The steps of a block; none where it is not known which there are.

    Keys are normed with the tokens that are projected: beside a cache the new ones alone.
    """
    steps = block.steps
    if steps is None:
        return
    yield from steps.stream(block.tokens, block.hidden, 2 if block.feed_forward else 1)
    yield from _of_keys(block, steps)
    yield from _activations(block, steps)


def _of_keys(block: Block, steps: Steps) -> Iterator[Counted]:
    a, latent = block.attention, block.latent
    if latent is not None:
        for rank in (latent.query_rank, latent.rank):
            if rank is not None:
                yield 1, Elementwise("latent_norm", steps.norm, block.tokens, rank)
        return
    yield from steps.of_heads(block.tokens, a.heads, a.head_dim)
    if not (block.cached and block.cross):
        yield from steps.of_heads(block.tokens if block.cached else block.keys, a.kv_heads, a.head_dim)


def _activations(block: Block, steps: Steps) -> Iterator[Counted]:
    """Of the feed-forward layers; of experts, of all that tokens pass through."""
    width, experts = block.feed_forward, block.experts
    if width is None:
        return
    if experts is None:
        yield from steps.activated(block.tokens, width, block.gated)
        return
    yield from steps.activated(block.tokens * experts.chosen, width, block.gated)
    if experts.shared is not None:
        yield from steps.activated(block.tokens, experts.shared, block.gated)
