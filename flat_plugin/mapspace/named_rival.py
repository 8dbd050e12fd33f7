"""The mapping of a family's named dataflow, which is made without a search: nothing found is worse.

A declared space need not have it: units may lose more of a length to rounding there, and tiles under masks
be of other heights.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from flat_plugin.energy.relative import to_order_by
from flat_plugin.errors import FlatError
from flat_plugin.mapping.dataflow import Dataflow
from flat_plugin.mapping.fused import FusedMapping
from flat_plugin.mapspace.dataflow_mapping import map_dataflow
from flat_plugin.mapspace.evaluated import evaluated, metrics_of
from flat_plugin.mapspace.layer import Layer, confirmed
from flat_plugin.mapspace.objective import Best


def offer_named(layer: Layer, flows: Sequence[Dataflow], incumbent: Best) -> FusedMapping | None:
    """Let the named dataflows of families improve the incumbent; the best of them, where one does."""
    ordered = replace(layer, energies=to_order_by(layer.energies, layer.architecture))
    best = None
    for mapping in named_mappings(layer, flows):
        try:
            metrics = metrics_of(evaluated(layer.architecture.name, ordered, mapping))
        except FlatError:  # its operators fit one by one, but not together
            continue
        if rows := incumbent.choose(metrics):
            incumbent.keep(rows, metrics, [mapping])
            best = mapping
    return best


def named_mappings(layer: Layer, flows: Sequence[Dataflow]) -> Iterator[FusedMapping]:
    """The mappings of these families' named dataflows (``base``, ``flat-r``, …) that fit."""
    for flow in flows:
        try:
            yield _named(layer, flow)
        except FlatError:
            continue


def _named(layer: Layer, flow: Dataflow) -> FusedMapping:
    """The mapping of a family's dataflow with what it leaves open chosen by what fits."""
    open_rows = flow.fused and flow.granularity is None
    named = replace(flow, searched=False, granularity="R" if open_rows else flow.granularity)
    mapping = map_dataflow(
        layer.attention,
        layer.architecture,
        named,
        layer.energies,
        softmax=layer.softmax,
        constraints=layer.constraints,
    )
    kept = replace(flow, stage=mapping.dataflow.stage)
    return confirmed(replace(mapping, dataflow=kept), layer)
