"""The keys, values and weights of a serving step, which must fit together in the outermost memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import isinf
from typing import Any

from flat_plugin.architecture.hardware import Architecture
from flat_plugin.errors import InvalidMapping
from flat_plugin.model.serving_step import Step
from flat_plugin.workload.attention import Attention
from flat_plugin.workload.block import Block
from flat_plugin.workload.resolve import Layers
from flat_plugin.workload.widths import part_of


def step_of(workload: Layers, architecture: Architecture, understood: Mapping[str, Any] | None) -> Step:
    """Requests, tokens and cache of a step.

    Args:
        understood: the workload as results show it, with its weights.

    Raises:
        InvalidMapping: the cache and the weights do not fit the outermost memory.
    """
    outer = architecture.memories[0]
    cache = sum(
        times * _cached(block, each, outer.word_bits)
        for times, block in workload.blocks
        for each in block.attentions
    )
    room = outer.capacity * outer.instances * outer.word_bits
    needed = cache + _weight_bits(workload, (understood or {}).get("weights") or {}, outer.word_bits)
    if not isinf(room) and needed > room:
        raise InvalidMapping(
            f"the step does not fit {outer.name}: keys and values {cache / 8e9:,.3f} GB + weights "
            f"{(needed - cache) / 8e9:,.3f} GB > {room / 8e9:,.3f} GB",
            level=outer.name,
            tile=int(needed // outer.word_bits),
            capacity=int(outer.capacity * outer.instances),
        )
    requests = sum(each.number for each in workload.requests)
    return Step(requests, sum(each.tokens for each in workload.requests), cache / 8)


def _weight_bits(workload: Layers, weights: Mapping[str, int], word_bits: float) -> float:
    """Bits of all weights; of linear layers as many each as of those of the blocks on average.

    Args:
        weights: their number by sort.
    """
    widths, words, bits = workload.attention.widths, 0, 0.0
    for times, block in workload.blocks:
        for count, product in block.around():
            own = [tensor for tensor in product.tensors if tensor.name == "W"]
            if own and part_of(product.name) != "experts":
                number = times * count * product.words(own[0])
                words += number
                bits += number * (widths.weights(product.name) or word_bits)
    wide = {section.sort for section, _ in workload.beside if section.wide}
    each = {sort: word_bits if sort in wide else widths.W or word_bits for sort in weights}
    each["linear"] = bits / words if words else word_bits
    each["experts"] = widths.WE or widths.W or word_bits
    return sum(number * each[sort] for sort, number in weights.items())


def _cached(block: Block, attention: Attention, word_bits: float) -> float:
    """Bits of the keys and values of one layer that its mask reaches: of latent attention the latent tensor,
    from which an expanded form makes them anew; where some are selected, of all that may be, and of their
    index."""
    bits = {name: attention.widths.of(name) or word_bits for name in "KV"}
    seen = replace(attention, mask=replace(attention.mask, select=None))
    tokens, index = attention.batch * seen.needed_keys, _index_bits(attention, seen.needed_keys, word_bits)
    if block.latent is not None:
        return index + tokens * (block.latent.rank + block.latent.rope) * bits["K"]
    each = attention.head_dim * bits["K"] + attention.value_dim * bits["V"]
    return index + tokens * attention.kv_heads * each


def _index_bits(attention: Attention, keys: int, word_bits: float) -> float:
    """Bits of the index keys of so many keys of every sequence; 0 without an index."""
    select = attention.mask.select
    if select is None or select.index is None:
        return 0
    heads = 1 if select.index.heads is not None else attention.kv_heads
    each = 1 if select.index.alone else select.index.dim  # scores of keys alone are kept, not what made them
    words = attention.batch * heads * -(-keys // select.page) * each
    return words * (select.index.bits or word_bits)
