"""What Timeloop's architecture files say about each component."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil, floor, isfinite

from flat_plugin.architecture.hardware import Architecture, Compute, Memory, SoftmaxUnit
from flat_plugin.architecture.vocabulary import STORAGE_KEYS

MEMORY_ACTIONS = ("read", "write", "update", "leak")
COMPUTE_ACTIONS = ("compute", "leak")
UNBOUNDED_DEPTH = 2**28  # rows of an unbounded memory, for timeloopfe, which insists on a depth
MOST_ROWS = 2**31  # Timeloop keeps depths in 32 bits

# Spellings that the attributes below replace, and what files say elsewhere.
_REPLACED = STORAGE_KEYS


@dataclass(frozen=True)
class ComponentText:
    """One component; ``array`` names the container (timeloopfe) that fans out to it, if any."""

    name: str
    full_name: str
    kind: str
    attributes: dict[str, object]
    actions: tuple[str, ...]
    array: str | None = None
    fanout: tuple[int, int] = field(default=(1, 1))


def binary_components(architecture: Architecture) -> tuple[ComponentText, ...]:
    """For the Timeloop programs: instances in names, the layout as attributes."""
    return tuple(
        _component(part, {**_attributes(architecture, part), **_mesh(part)}) for part in architecture.parts
    )


def softmax_component(
    unit: SoftmaxUnit, architecture: Architecture, actions: tuple[str, ...]
) -> ComponentText:
    """For Accelergy; Timeloop passes over it."""
    fixed: dict[str, object] = {"lanes": unit.lanes, "passes": unit.passes}
    attributes = _own(unit.attributes, architecture, fixed)
    attributes.setdefault("datawidth", architecture.compute.word_bits)
    return ComponentText(unit.name, unit.full_name, "softmax_unit", attributes, actions)


def timeloopfe_components(architecture: Architecture, words: int = 0) -> tuple[ComponentText, ...]:
    """For timeloopfe: fan-outs as containers, and a depth for every memory.

    Args:
        words: what an unbounded memory must at least hold.
    """
    arrays = architecture.arrays
    components = []
    for part, fanout in zip(architecture.parts, architecture.fanouts, strict=True):
        attributes = _attributes(architecture, part)
        if isinstance(part, Memory) and not {"depth", "entries"} & set(attributes):
            attributes = {**attributes, "depth": _unbounded_depth(part, words)}
        array = arrays.get(part.name)
        components.append(_component(part, attributes, array, fanout))
    return tuple(components)


def _component(
    part: Memory | Compute,
    attributes: dict[str, object],
    array: str | None = None,
    fanout: tuple[int, int] = (1, 1),
) -> ComponentText:
    actions = MEMORY_ACTIONS if isinstance(part, Memory) else COMPUTE_ACTIONS
    return ComponentText(part.name, part.full_name, part.kind, attributes, actions, array, fanout)


def _attributes(architecture: Architecture, part: Memory | Compute) -> dict[str, object]:
    """The user's attributes in their order; those that the value fixes come from the value."""
    fixed = _memory(part) if isinstance(part, Memory) else _compute(part)
    own = {key: value for key, value in part.attributes.items() if key in fixed or key not in _REPLACED}
    return _own(own, architecture, fixed)


def _own(
    attributes: Mapping[str, object], architecture: Architecture, fixed: Mapping[str, object]
) -> dict[str, object]:
    """What is not inherited from the system, with ``fixed`` values in their places or at the end."""
    system_wide: dict[str, object] = {
        "technology": architecture.technology,
        "global_cycle_seconds": architecture.cycle_seconds,
    }
    result: dict[str, object] = {}
    for key, value in attributes.items():
        if key in fixed:
            result[key] = fixed[key]
        elif value is not None and system_wide.get(key) != value:
            result[key] = value
    return {**result, **{key: value for key, value in fixed.items() if key not in result}}


def _memory(memory: Memory) -> dict[str, object]:
    attributes: dict[str, object] = {}
    if isfinite(memory.capacity):
        attributes |= _size(memory)
    attributes["width"] = memory.word_bits * memory.block_size * memory.cluster_size
    attributes["datawidth"] = memory.word_bits
    for key, value, neutral in (
        ("cluster_size", memory.cluster_size, 1),
        ("multiple_buffering", memory.multiple_buffering, 1),
        ("network_fill_latency", memory.network_latency, 0),
    ):
        if value != neutral:
            attributes[key] = value
    for key in ("read_bandwidth", "write_bandwidth", "shared_bandwidth"):
        bandwidth: float = getattr(memory, key)
        if isfinite(bandwidth):
            attributes[key] = bandwidth
    return attributes


def _compute(compute: Compute) -> dict[str, object]:
    width = compute.attributes.get("width", compute.word_bits)
    return {"width": width, "datawidth": compute.word_bits}


def _mesh(part: Memory | Compute) -> dict[str, object]:
    return {"meshX": part.mesh_x, "meshY": part.mesh_y} if part.instances > 1 else {}


def _size(memory: Memory) -> dict[str, object]:
    """Rows; words where they fill no whole number of rows."""
    words = memory.capacity * memory.multiple_buffering
    depth = ceil(words / memory.block_size)
    if floor(depth * memory.block_size / memory.multiple_buffering) == memory.capacity:
        return {"depth": depth}
    return {"entries": ceil(words)}


def _unbounded_depth(memory: Memory, words: int) -> int:
    rows = ceil(words * memory.multiple_buffering / memory.block_size)
    return min(max(UNBOUNDED_DEPTH, 1 << (rows - 1).bit_length()), MOST_ROWS)
