"""The best mapping of a layer over some families: no worse than what is made without a search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from flat_plugin.errors import FlatError
from flat_plugin.mapping.dataflow import Dataflow
from flat_plugin.mapping.fused import FusedMapping
from flat_plugin.mapspace.declared_space import UNCOUNTED
from flat_plugin.mapspace.layer import Layer, check_searchable, mapping_of, search_layer
from flat_plugin.mapspace.masked.iterations import without_rows_that_differ
from flat_plugin.mapspace.masked.rounded import has_longer
from flat_plugin.mapspace.named_rival import offer_named
from flat_plugin.mapspace.objective import Best
from flat_plugin.mapspace.ragged import Outcome, search_ragged
from flat_plugin.mapspace.usual_factors import usual_factors, why_perfect

_INTERRUPTED = "the search was interrupted; what it had not looked at by then may be better"
_NAMED = {
    True: "the mapping is that of the named dataflow, which nothing in the declared space is better than",
    False: "the mapping of the named dataflow, which is made without a search, is no better",
}


def best_of(
    layer: Layer, dataflows: Sequence[Dataflow], incumbent: Best, *, keep_part: bool = False
) -> Outcome:
    """The best mapping of a layer over these dataflows' families, with the factors that they have, or the
    usual ones.

    Args:
        keep_part: interrupted (Ctrl-C), give what was found by then, if anything was.

    Raises:
        FlatError: their factors differ.
        InvalidMapping: nothing fits.
        KeyboardInterrupt: it was interrupted, and a part of an answer is none.
    """
    dataflows = _settled(layer, dataflows, incumbent.objective)
    check_searchable(layer)
    named = None
    try:
        named = offer_named(layer, dataflows, incumbent)
        found = _searched(layer, dataflows, incumbent, keep_part)
    except KeyboardInterrupt:
        if not keep_part or not isinstance(incumbent.payload, FusedMapping):
            raise
        return Outcome(incumbent.payload, UNCOUNTED, interrupted=True, lower=0.0, named=True)
    is_named = found.mapping is named
    reasons = (_INTERRUPTED,) if found.interrupted else (*found.space.reasons, _NAMED[is_named])
    return replace(found, named=is_named, space=replace(found.space, reasons=reasons))


def _settled(layer: Layer, dataflows: Sequence[Dataflow], objective: str) -> list[Dataflow]:
    """The dataflows with factors; these are the same for all."""
    online = any(dataflow.online for dataflow in dataflows)
    reason = why_perfect(layer.attention, layer.architecture, objective, online=online)
    usual = usual_factors(dataflows, [reason])
    dataflows = [usual.settle(dataflow) for dataflow in dataflows]
    if len({dataflow.factors == "imperfect" for dataflow in dataflows}) > 1:
        raise FlatError(
            "families with perfect and with imperfect factors are not searched as one",
            path="dataflow",
            value=", ".join(dataflow.name for dataflow in dataflows),
            expected="the same factors, or one search for each",
        )
    return dataflows


def _searched(layer: Layer, dataflows: Sequence[Dataflow], incumbent: Best, keep_part: bool) -> Outcome:
    """By the search that knows such factors of such a layer."""
    imperfect = dataflows[0].factors == "imperfect"
    if imperfect and not has_longer(layer.attention, layer.architecture):
        dense = replace(layer, attention=without_rows_that_differ(layer.attention))
        return search_ragged(dense, dataflows, incumbent, keep_part=keep_part)
    found = search_layer(layer, dataflows, incumbent, keep_part=keep_part)
    (pick,) = found.picks
    return Outcome(mapping_of(pick), found.space, found.interrupted, found.lower, found.tolerance)
