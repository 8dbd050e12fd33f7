"""The softmax between logit and attend: what it computes and moves.

The plain stable softmax makes three passes over a row: maximum; exponent and sum; scale. Each
pass reads every element, the last two write it. One element occupies a lane for four cycles
(compare; exponent of the difference; add; scale), as in FuseMax's model of FLAT (MICRO 2024). A unit of
two passes keeps the maximum and the sum together, correcting the sum as the maximum grows (Milakov and
Gimelshein, 2018: compare, exponent, scale, add, for one of their two exponents is of zero), and then
computes and scales every exponent (exponent, scale).
Fused, it works in place in the buffer. Unfused, the scores come from the outermost memory and go
back to it: once if a row fits the buffer, once a pass otherwise.

Where shared loops tile the keys, a row is never whole: the online softmax keeps its running maximum
and sum, and corrects what was accumulated for every tile.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from flat_plugin.architecture.energy_table import EnergyTable
from flat_plugin.architecture.hardware import Architecture
from flat_plugin.errors import FlatError
from flat_plugin.model.cost import action_energy
from flat_plugin.model.work import Traffic, Work, port_cycles
from flat_plugin.workload.attention import Attention

LANE_OPERATIONS = ("max", "exponent", "sum", "scale")  # each takes a lane for a cycle


@dataclass(frozen=True)
class Passes:
    """Passes over the scores that read them and that write them, and lane cycles for each score."""

    reading: int
    writing: int
    operations: int


WHOLE_ROWS = {3: Passes(3, 2, 4), 2: Passes(2, 1, 6)}  # by the unit's passes
KEY_TILES = Passes(2, 1, 3)  # online: the scale is that of the output and not of the scores
CORRECTION = ("maximum", "exponent", "scale", "add")
MODES = ("free", "serial", "overlapped")


def softmax_of(
    attention: Attention,
    architecture: Architecture,
    energies: EnergyTable,
    *,
    through_dram: float,
    key_tiles: int | None,
) -> Work:
    """A layer's softmax: of whole rows, or online of rows in this many tiles of keys, which stay on chip."""
    if key_tiles is None:
        return softmax_work(
            attention.softmax_elements, attention.keys, architecture, energies, through_dram=through_dram
        )
    rows = attention.softmax_elements // attention.keys
    return online_softmax_work(rows, attention.keys, attention.value_dim, key_tiles, architecture, energies)


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
    buffer = architecture.memories[1]
    passes = passes_of(architecture)
    fits = 2 * row <= buffer.capacity
    fetched = elements * through_dram * (1 if fits else passes.reading)
    drained = elements * through_dram * (1 if fits else passes.writing)
    visits = Traffic(
        dram_reads=fetched,
        dram_writes=drained,
        buffer_reads=elements * passes.reading + drained,
        buffer_writes=elements * passes.writing + fetched,
    )
    return _work(elements * passes.operations, {"S": visits}, architecture, energies)


def passes_of(architecture: Architecture, *, online: bool = False) -> Passes:
    """How a softmax goes over its scores; three passes where there is no unit that says otherwise."""
    if online:
        return KEY_TILES
    return WHOLE_ROWS[architecture.softmax.passes if architecture.softmax else 3]


def online_softmax_work(
    rows: int, row: int, width: int, tiles: int, architecture: Architecture, energies: EnergyTable
) -> Work:
    """Softmax of rows that come in tiles, normalised once at the end (FlashAttention-2).

    For every score a maximum, an exponent and a sum, in two passes over the tile. For every tile of a
    row the running maximum and sum are read, corrected (maximum, exponent, scale, add) and written.
    The row's accumulated output is scaled by the correction for every tile but the first, and once
    more by the sum at the end.

    Args:
        rows: of scores, over all heads and batch elements.
        row: scores of one row.
        width: elements of a row's output, E.
        tiles: of a row.

    Raises:
        FlatError: the architecture has no softmax unit.
    """
    scores, corrections, scaled = rows * row, rows * tiles, rows * tiles * width
    operations = scores * KEY_TILES.operations + corrections * len(CORRECTION) + scaled
    visits = {
        "S": Traffic(
            buffer_reads=scores * KEY_TILES.reading + 2 * corrections,
            buffer_writes=scores * KEY_TILES.writing + 2 * corrections,
        ),
        "O": Traffic(buffer_reads=scaled, buffer_writes=scaled),
    }
    return _work(operations, visits, architecture, energies)


def _work(
    operations: int, visits: dict[str, Traffic], architecture: Architecture, energies: EnergyTable
) -> Work:
    """The lanes' operations and the words that they visit."""
    unit = architecture.softmax
    if unit is None:
        raise FlatError(
            "the architecture has no softmax unit",
            path=f"architecture {architecture.name}",
            expected="a component of class softmax_unit, or --softmax free",
        )
    outer, buffer = architecture.memories[0], architecture.memories[1]
    total = sum(visits.values(), Traffic())
    busy = {
        unit.name: ceil(operations / unit.lanes),
        outer.name: port_cycles(outer, total.dram_reads, total.dram_writes),
        buffer.name: port_cycles(buffer, total.buffer_reads, total.buffer_writes),
    }
    per_operation = unit.energy_pj or action_energy(energies, unit.name, "compute")
    energy = {(unit.name, "compute"): operations * per_operation}
    for tensor, words in visits.items():
        energy[outer.name, tensor] = words.dram_reads / outer.block_size * action_energy(
            energies, outer.name, "read"
        ) + words.dram_writes / outer.block_size * action_energy(energies, outer.name, "update")
        energy[buffer.name, tensor] = words.buffer_reads / buffer.block_size * action_energy(
            energies, buffer.name, "read"
        ) + words.buffer_writes / buffer.block_size * action_energy(energies, buffer.name, "update")
    return Work("softmax", max(busy.values()), busy, energy, visits)
