"""What physics allows, printed beside every estimate (elements per head: M(D+E) + N(D+E))."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import ceil, inf

from flat_plugin.architecture.energy_table import EnergyTable
from flat_plugin.architecture.hardware import Architecture
from flat_plugin.model.cost import action_energy
from flat_plugin.model.softmax import passes_of
from flat_plugin.model.tiling import least_traffic
from flat_plugin.model.work import port_cycles
from flat_plugin.workload.attention import Attention


@dataclass(frozen=True)
class Limits:
    """Bounds that no mapping of this attention layer beats.

    ``best_tiling_dram_words`` is what the best of all tilings reaches with this buffer
    (:func:`least_traffic`).
    """

    compulsory_dram_words: int
    best_tiling_dram_words: int
    cycles: float
    energy_pj: float

    def to_dict(self) -> dict[str, float]:
        return asdict(self)


def attention_limits(
    attention: Attention,
    architecture: Architecture,
    energies: EnergyTable,
    *,
    softmax_free: bool,
    online: bool = False,
) -> Limits:
    """Limits of the attention level, with the operations for every score that this softmax takes."""
    written = attention.batch * attention.heads * attention.queries * attention.value_dim
    read = attention.batch * attention.heads * attention.queries * attention.head_dim
    read += attention.batch * attention.kv_heads * attention.keys * (attention.head_dim + attention.value_dim)
    compulsory = read + written
    macs = sum(einsum.operations for einsum in attention.einsums())
    passes = passes_of(architecture, online=online)
    operations = 0 if softmax_free else attention.softmax_elements * passes.operations
    unit, outer = architecture.softmax, architecture.memories[0]
    times = [macs / architecture.compute.instances, port_cycles(outer, read, written)]
    energy = macs * action_energy(energies, architecture.compute.name, "compute")
    for words, action in ((read, "read"), (written, "update")):
        energy += words / outer.block_size * action_energy(energies, outer.name, action)
    if unit and operations:
        times.append(operations / unit.lanes)
        energy += operations * (unit.energy_pj or action_energy(energies, unit.name, "compute"))
    capacity = architecture.memories[1].capacity if len(architecture.memories) > 1 else inf
    return Limits(compulsory, ceil(least_traffic(attention, capacity)), max(times), energy)
