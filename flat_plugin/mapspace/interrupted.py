"""What an interrupted search answers: how far the optimum may be, and a mapping where none was found yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from flat_plugin.errors import FlatError
from flat_plugin.mapping.dataflow import Dataflow
from flat_plugin.mapping.fused import FusedMapping
from flat_plugin.mapspace.dataflow_mapping import map_dataflow
from flat_plugin.mapspace.layer import Layer, confirmed
from flat_plugin.model.limits import attention_limits


def named_start(layer: Layer, flows: Sequence[Dataflow]) -> FusedMapping:
    """The first mapping of these families' named dataflows (``base``, ``flat-r``, …) that fits: they are
    made without a search.

    Raises:
        KeyboardInterrupt: none fits, or it was interrupted again.
    """
    for flow in flows:
        try:
            return _named(layer, flow)
        except FlatError:
            continue
    raise KeyboardInterrupt


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
    kept = replace(mapping.dataflow, name=flow.name, searched=flow.searched)
    return confirmed(replace(mapping, dataflow=kept), layer)


def physical_floor(layer: Layer, flows: Sequence[Dataflow], objective: str) -> float:
    """What no mapping of a layer goes below by an objective, whatever its loops; 0 where nothing is known."""
    return min(_floor(layer, objective, online) for online in {flow.online for flow in flows})


def _floor(layer: Layer, objective: str, online: bool) -> float:
    limits = attention_limits(
        layer.attention, layer.architecture, layer.energies, softmax=layer.softmax, online=online
    )
    energy = limits.energy_pj or 0.0
    floors = {
        "edp": energy * limits.cycles,
        "energy": energy,
        "latency": limits.cycles,
        "traffic": limits.compulsory_dram_bytes * 8 / layer.architecture.memories[0].word_bits,
    }
    return floors.get(objective, 0.0)
