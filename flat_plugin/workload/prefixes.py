"""Requests that share their first keys: as one layer of attention, or each by itself."""

from __future__ import annotations

from dataclasses import replace

from flat_plugin.workload.attention import Attention
from flat_plugin.workload.mask import Mask
from flat_plugin.workload.requests import Requests


def together(attention: Attention, requests: Requests) -> Attention:
    """The layer of requests as one sequence whose keys begin with those they share; as it is where they share
    none, or where its mask does not reach them all, or selects some.

    Args:
        attention: with a sequence for each request.
    """
    mask, plain = attention.mask, Mask(causal=attention.mask.causal)
    sizes = attention.queries, attention.keys
    if not requests.shared or mask.offset is not None or mask.select is not None:
        return attention
    if mask.needed(*sizes) != plain.needed(*sizes):
        return attention
    number, common = requests.number, requests.shared
    return replace(
        attention,
        batch=1,
        queries=number * attention.queries,
        keys=common + number * (attention.keys - common),
        mask=replace(plain, shared=(number, common)),
    )


def apart(attention: Attention) -> Attention:
    """The same with a sequence for each request, which fetches what they share by itself."""
    assert attention.mask.shared is not None
    number, common = attention.mask.shared
    return replace(
        attention,
        batch=number,
        queries=attention.queries // number,
        keys=common + (attention.keys - common) // number,
        mask=replace(attention.mask, shared=None),
    )
