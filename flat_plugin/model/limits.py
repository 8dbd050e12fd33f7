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
from flat_plugin.plain import known
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
    energy_pj: float | None  # None without an energy table

    def to_dict(self) -> dict[str, float | None]:
        return asdict(self)


def attention_limits(
    attention: Attention,
    architecture: Architecture,
    energies: EnergyTable,
    *,
    softmax: str,
    online: bool = False,
    innermost: int = 1,
) -> Limits:
    """Limits of the attention level, with the operations for every score that this softmax takes.

    Args:
        softmax: free, serial, overlapped or array.
        innermost: the memory (0 = outermost) in which the scores are staged.
    """
    written = attention.batch * attention.heads * attention.queries * attention.value_dim
    read = attention.batch * attention.heads * attention.queries * attention.head_dim
    read += attention.batch * attention.kv_heads * attention.keys * (attention.head_dim + attention.value_dim)
    compulsory = read + written
    macs = sum(einsum.operations for einsum in attention.einsums())
    passes = passes_of(architecture, online=online, on_array=softmax == "array")
    operations = 0 if softmax == "free" else attention.softmax_elements * passes.operations
    if softmax == "array":
        macs, operations = macs + operations, 0
    unit, outer = architecture.softmax, architecture.memories[0]
    times = [macs / architecture.compute.instances, port_cycles(outer, read, written)]
    energy = macs * action_energy(energies, architecture.compute.name, "compute")
    for words, action in ((read, "read"), (written, "update")):
        energy += words / outer.block_size * action_energy(energies, outer.name, action)
    if unit and operations:
        times.append(operations / (unit.lanes * unit.instances))
        energy += operations * (unit.energy_pj or action_energy(energies, unit.name, "compute"))
    capacity = _room(architecture, innermost)
    return Limits(compulsory, ceil(least_traffic(attention, capacity)), max(times), known(energy))


def _room(architecture: Architecture, innermost: int) -> float:
    """Words on chip that a tiling may use: of all memories but the innermost ones, the registers; of
    those too, where the scores are staged in them."""
    last = max(1, innermost, len(architecture.memories) - 2)
    inside = architecture.memories[1 : last + 1]
    return sum(memory.capacity * memory.instances for memory in inside) if inside else inf
