"""What physics allows, printed beside every estimate (elements per head: M(D+E) + N(D+E))."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import ceil, inf, isfinite

from flat_plugin.architecture.energy_table import EnergyTable
from flat_plugin.architecture.hardware import Architecture
from flat_plugin.model.cost import action_energy
from flat_plugin.model.softmax import ONLINE_OPERATIONS_PER_ELEMENT, OPERATIONS_PER_ELEMENT
from flat_plugin.workload.attention import Attention


@dataclass(frozen=True)
class Limits:
    """Bounds that no mapping of this attention layer beats.

    ``best_tiling_dram_words`` is what the best of all tilings reaches with this buffer: a block of
    rows of Q and O is held while K and V stream past (online softmax), or K and V are held.
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
    """Limits of the attention level; ``online`` softmax does an operation less for every score."""
    q_o = attention.queries * (attention.head_dim + attention.value_dim) * attention.heads
    k_v = attention.keys * (attention.head_dim + attention.value_dim) * attention.kv_heads
    compulsory = attention.batch * (q_o + k_v)
    macs = sum(einsum.operations for einsum in attention.einsums())
    each = ONLINE_OPERATIONS_PER_ELEMENT if online else OPERATIONS_PER_ELEMENT
    operations = 0 if softmax_free else attention.softmax_elements * each
    unit, outer = architecture.softmax, architecture.memories[0]
    times = [macs / architecture.compute.instances, compulsory / _bandwidth(architecture)]
    energy = macs * action_energy(energies, architecture.compute.name, "compute")
    energy += compulsory / outer.block_size * action_energy(energies, outer.name, "read")
    if unit and operations:
        times.append(operations / unit.lanes)
        energy += operations * (unit.energy_pj or action_energy(energies, unit.name, "compute"))
    return Limits(compulsory, _best_tiling(attention, architecture), max(times), energy)


def _bandwidth(architecture: Architecture) -> float:
    outer = architecture.memories[0]
    return min(outer.shared_bandwidth, outer.read_bandwidth + outer.write_bandwidth)


def _best_tiling(attention: Attention, architecture: Architecture) -> int:
    capacity = architecture.memories[1].capacity if len(architecture.memories) > 1 else inf
    pair = attention.head_dim + attention.value_dim
    q_o = attention.batch * attention.heads * attention.queries * pair
    k_v = attention.batch * attention.kv_heads * attention.keys * pair
    if not isfinite(capacity) or attention.keys * pair <= capacity:
        return q_o + k_v
    rows = max(1, int(capacity // pair))
    blocks = ceil(attention.queries * attention.group / rows)
    return q_o + blocks * k_v
