"""An architecture as it was understood: levels, meshes, sizes, bandwidths, energies, softmax units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

from flat_plugin.architecture.energy_table import EnergyTable
from flat_plugin.architecture.hardware import Architecture, Compute, Memory
from flat_plugin.plain import plain
from flat_plugin.shown import Shown


@dataclass(frozen=True)
class Bandwidth:
    """Of one instance; ``gb_per_s`` are 10^9 bytes a second."""

    words_per_cycle: float
    gb_per_s: float


@dataclass(frozen=True)
class Level:
    """A memory, or the compute units (``word_bits`` of an operand then, and no capacity).

    Args:
        type: of a DRAM, as the file says.
        mesh: (x, y) of all instances over the whole chip, as v0.4 counts them.
        mesh_per_parent: (x, y) below one instance of the level above.
        capacity_words: what a mapping may fill of one instance; None without bound, and of compute units.
        row_words: words of one access.
        bandwidths: by ``read``, ``write`` and ``shared`` (both together), where limited.
        energy_pj: by action of the full width; None where it is not known.
        energy_by: who answered.
        area_um2: of one instance, where known.
    """

    name: str
    kind: str
    type: str | None
    instances: int
    mesh: tuple[int, int]
    mesh_per_parent: tuple[int, int]
    word_bits: int
    row_words: int | None
    capacity_words: int | None
    capacity_bytes: float | None
    bandwidths: Mapping[str, Bandwidth]
    energy_pj: Mapping[str, float] | None
    energy_by: str
    area_um2: float | None


@dataclass(frozen=True)
class Softmax:
    """The softmax unit: ``lanes`` of each of its ``instances``; ``beside`` is the memory it works in."""

    name: str
    instances: int
    mesh: tuple[int, int]
    beside: str
    lanes: int
    passes: int
    energy_pj: Mapping[str, float] | None
    energy_by: str
    area_um2: float | None


@dataclass(frozen=True)
class Topk:
    """The top-k unit."""

    name: str
    lanes: int
    energy_pj: Mapping[str, float] | None
    energy_by: str
    area_um2: float | None


@dataclass(frozen=True, repr=False)
class Overview(Shown):
    """``levels`` outermost first, the compute units last; ``tensor_bits`` are for workloads that say none."""

    name: str
    technology: str
    cycle_seconds: float
    levels: tuple[Level, ...]
    softmax: Softmax | None
    energy_source: str
    notes: tuple[str, ...] = ()
    tensor_bits: Mapping[str, float] = field(default_factory=dict)
    topk: Topk | None = None

    def to_dict(self) -> dict[str, Any]:
        """The machine-readable form that ``flat show --json`` prints."""
        document: dict[str, Any] = plain(self)
        return document


def overview(architecture: Architecture, energies: EnergyTable) -> Overview:
    """The architecture and its energies as values to show."""
    fanouts = architecture.fanouts
    return Overview(
        architecture.name,
        architecture.technology,
        architecture.cycle_seconds,
        tuple(
            _level(part, fanout, architecture, energies)
            for part, fanout in zip(architecture.parts, fanouts, strict=True)
        ),
        _softmax(architecture, energies),
        energies.source,
        energies.notes,
        architecture.widths.to_dict(),
        _topk(architecture, energies),
    )


def _level(
    part: Memory | Compute, fanout: tuple[int, int], architecture: Architecture, energies: EnergyTable
) -> Level:
    memory = part if isinstance(part, Memory) else None
    bounded = memory is not None and isfinite(memory.capacity)
    kind = part.attributes.get("type")
    entry = energies.components.get(part.name)
    return Level(
        name=part.name,
        kind=part.kind,
        type=None if kind is None else str(kind),
        instances=part.instances,
        mesh=(part.mesh_x, part.mesh_y),
        mesh_per_parent=fanout,
        word_bits=part.word_bits,
        row_words=memory.block_size * memory.cluster_size if memory else None,
        capacity_words=int(memory.capacity) if memory and bounded else None,
        capacity_bytes=memory.capacity * memory.word_bits / 8 if memory and bounded else None,
        bandwidths=_bandwidths(memory, architecture) if memory else {},
        energy_pj=dict(entry.actions) if entry else None,
        energy_by=entry.estimator if entry else "",
        area_um2=entry.area_um2 if entry else None,
    )


def _bandwidths(memory: Memory, architecture: Architecture) -> dict[str, Bandwidth]:
    ports = {
        "read": memory.read_bandwidth,
        "write": memory.write_bandwidth,
        "shared": memory.shared_bandwidth,
    }
    word_seconds = memory.word_bits / 8 / architecture.cycle_seconds / 1e9
    return {name: Bandwidth(words, words * word_seconds) for name, words in ports.items() if isfinite(words)}


def _softmax(architecture: Architecture, energies: EnergyTable) -> Softmax | None:
    unit = architecture.softmax
    if unit is None:
        return None
    entry = energies.components.get(unit.name)
    return Softmax(
        unit.name,
        unit.instances,
        (unit.mesh_x, unit.mesh_y),
        architecture.memories[architecture.softmax_level].name,
        unit.lanes,
        unit.passes,
        dict(entry.actions) if entry else None,
        entry.estimator if entry else "",
        entry.area_um2 if entry else None,
    )


def _topk(architecture: Architecture, energies: EnergyTable) -> Topk | None:
    unit = architecture.topk
    if unit is None:
        return None
    entry = energies.components.get(unit.name)
    actions, by, area = (entry.actions, entry.estimator, entry.area_um2) if entry else (None, "", None)
    return Topk(unit.name, unit.lanes, dict(actions) if actions else None, by, area)
