"""The softmax between logit and attend: what it computes and moves.

The plain stable softmax makes three passes over a row: maximum; exponent and sum; scale. Each
pass reads every element, the last two write it. One element occupies a lane for four cycles
(compare; exponent of the difference; add; scale), as in FuseMax's model of FLAT (MICRO 2024).
Fused, it works in place in the buffer. Unfused, the scores come from the outermost memory and go
back to it: once if a row fits the buffer, once a pass otherwise.
"""

from __future__ import annotations

from math import ceil

from flat_plugin.architecture.energy_table import EnergyTable
from flat_plugin.architecture.hardware import Architecture
from flat_plugin.errors import FlatError
from flat_plugin.model.cost import action_energy
from flat_plugin.model.work import Traffic, Work, port_cycles

LANE_OPERATIONS = ("max", "exponent", "sum", "scale")  # each takes a lane for a cycle
OPERATIONS_PER_ELEMENT = len(LANE_OPERATIONS)
PASSES_READING, PASSES_WRITING = 3, 2
MODES = ("free", "serial", "overlapped")


def softmax_work(
    elements: int,
    row: int,
    architecture: Architecture,
    energies: EnergyTable,
    *,
    through_dram: float,
) -> Work:
    """Softmax over ``elements`` scores in rows of ``row``.

    Args:
        through_dram: the share of the scores that lives in the outermost memory (1 when unfused,
            0 when fused, between when the intermediate overflows).

    Raises:
        FlatError: the architecture has no softmax unit.
    """
    unit = architecture.softmax
    if unit is None:
        raise FlatError(
            "the architecture has no softmax unit",
            path=f"architecture {architecture.name}",
            expected="a component of class softmax_unit, or --softmax free",
        )
    outer, buffer = architecture.memories[0], architecture.memories[1]
    fits = 2 * row <= buffer.capacity
    fetched = elements * through_dram * (1 if fits else PASSES_READING)
    drained = elements * through_dram * (1 if fits else PASSES_WRITING)
    visits = Traffic(
        dram_reads=fetched,
        dram_writes=drained,
        buffer_reads=elements * PASSES_READING + drained,
        buffer_writes=elements * PASSES_WRITING + fetched,
    )
    operations = elements * OPERATIONS_PER_ELEMENT
    busy = {
        unit.name: ceil(operations / unit.lanes),
        outer.name: port_cycles(outer, visits.dram_reads, visits.dram_writes),
        buffer.name: port_cycles(buffer, visits.buffer_reads, visits.buffer_writes),
    }
    per_operation = unit.energy_pj or action_energy(energies, unit.name, "compute")
    energy = {
        (unit.name, "compute"): operations * per_operation,
        (outer.name, "S"): visits.dram_reads / outer.block_size * action_energy(energies, outer.name, "read")
        + visits.dram_writes / outer.block_size * action_energy(energies, outer.name, "update"),
        (buffer.name, "S"): visits.buffer_reads
        / buffer.block_size
        * action_energy(energies, buffer.name, "read")
        + visits.buffer_writes / buffer.block_size * action_energy(energies, buffer.name, "update"),
    }
    return Work("softmax", max(busy.values()), busy, energy, {"S": visits})
