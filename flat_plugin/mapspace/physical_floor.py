"""What no mapping of a layer goes below, whatever its loops: how far an interrupted search may be off."""

from __future__ import annotations

from collections.abc import Sequence

from flat_plugin.mapping.dataflow import Dataflow
from flat_plugin.mapspace.layer import Layer
from flat_plugin.model.limits import attention_limits


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
