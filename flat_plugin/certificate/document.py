"""The question of a certificate as a document, and back: an attention layer and a chip in numbers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from math import inf, isfinite
from typing import Any

from flat_plugin.architecture.energy_table import ComponentEnergy, EnergyTable
from flat_plugin.architecture.hardware import Architecture, Compute, Memory, SoftmaxUnit
from flat_plugin.architecture.platform import Platform
from flat_plugin.certificate.form import ChipForm, MemoryForm, SizesForm, SoftmaxForm
from flat_plugin.errors import FlatError
from flat_plugin.schema import check
from flat_plugin.workload.attention import Attention

_MEMORY_ACTIONS = ("read", "write", "update", "leak")
_WIDTHS = ("read_bandwidth", "write_bandwidth", "shared_bandwidth")


def digest_of(content: Mapping[str, Any]) -> str:
    """SHA-256 of a certificate's content, but for its digest."""
    rest = {key: value for key, value in content.items() if key != "digest"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def sizes_document(attention: Attention) -> dict[str, int]:
    """The sizes of a layer; :func:`read_sizes` gives back one of full masks and words of one width."""
    return {name: getattr(attention, name) for name in SizesForm.__annotations__}


def read_sizes(given: SizesForm | Mapping[str, int]) -> Attention:
    """
    Raises:
        FlatError: sizes that no layer has together.
    """
    b, h, m, n, d, e, kv = (given[name] for name in SizesForm.__annotations__)  # type: ignore[literal-required]
    return Attention(b, h, m, n, d, e, kv)


def chip_document(platform: Platform) -> dict[str, Any]:
    """What the model asks of a chip, and nothing else; :func:`read_chip` gives a platform of it back."""
    chip, energies = platform.architecture, platform.energies

    def energy(component: str, action: str) -> float | None:
        return energies.energy(component, action) if energies.known else None

    memories = [
        {
            "name": memory.name,
            "capacity": _bounded(memory.capacity),
            "block_size": memory.block_size,
            "cluster_size": memory.cluster_size,
            "mesh_x": memory.mesh_x,
            "mesh_y": memory.mesh_y,
            **{name: _bounded(getattr(memory, name)) for name in _WIDTHS},
            "network_latency": memory.network_latency,
            "energy": {a: energy(memory.name, a) for a in _MEMORY_ACTIONS} if energies.known else None,
        }
        for memory in chip.memories
    ]
    compute, unit = chip.compute, chip.softmax
    softmax = unit and {
        "lanes": unit.lanes,
        "passes": unit.passes,
        "mesh_x": unit.mesh_x,
        "mesh_y": unit.mesh_y,
        "memory": chip.memories[chip.softmax_level].name,
        "energy": unit.energy_pj or energy(unit.name, "compute"),
    }
    mesh = {"mesh_x": compute.mesh_x, "mesh_y": compute.mesh_y}
    macs = {"name": compute.name, **mesh, "energy": energy(compute.name, "compute")}
    return {"memories": memories, "compute": macs, "softmax": softmax}


def read_chip(given: ChipForm) -> Platform:
    """The hardware, and a table of its energies; none is known where any is missing.

    Raises:
        FlatError: its parts are none of one chip.
    """
    memories, macs = tuple(map(_memory, given["memories"])), given["compute"]
    x, y = macs["mesh_x"], macs["mesh_y"]
    compute = Compute(macs["name"], "compute", 16, x * y, x, y)
    unit = given["softmax"]
    softmax = _softmax(unit, [memory.name for memory in memories]) if unit else None
    chip = Architecture("chip", memories, compute, softmax=softmax)
    check(Architecture, chip, "certificate.chip")
    energies: dict[str, Any] = {memory["name"]: memory["energy"] for memory in given["memories"]}
    energies[compute.name] = _alone(macs["energy"])
    if unit and softmax:
        energies[softmax.name] = _alone(unit["energy"])
    if not all(energies.values()):
        return Platform(chip, EnergyTable(unknown="the certificate has none"))
    return Platform(chip, EnergyTable({name: ComponentEnergy(each) for name, each in energies.items()}))


def _memory(given: MemoryForm) -> Memory:
    x, y = given["mesh_x"], given["mesh_y"]
    return Memory(
        given["name"],
        "memory",
        16,
        given["block_size"],
        given["cluster_size"],
        _unbounded(given["capacity"]),
        instances=x * y,
        mesh_x=x,
        mesh_y=y,
        read_bandwidth=_unbounded(given["read_bandwidth"]),
        write_bandwidth=_unbounded(given["write_bandwidth"]),
        shared_bandwidth=_unbounded(given["shared_bandwidth"]),
        network_latency=given["network_latency"],
    )


def _softmax(given: SoftmaxForm, names: list[str]) -> SoftmaxUnit:
    if given["memory"] not in names[1:]:
        path = "certificate.chip.softmax.memory"
        raise FlatError("not a memory on the chip", path=path, value=given["memory"], expected=names[1:])
    x, y = given["mesh_x"], given["mesh_y"]
    return SoftmaxUnit(
        given["lanes"],
        passes=given["passes"],
        instances=x * y,
        mesh_x=x,
        mesh_y=y,
        memory=given["memory"],
    )


def _alone(energy: float | None) -> dict[str, float] | None:
    return None if energy is None else {"compute": energy}


def _bounded(figure: float) -> float | None:
    return figure if isfinite(figure) else None


def _unbounded(figure: float | None) -> float:
    return inf if figure is None else figure
