"""The softmax between logit and attend: what it computes and moves.

The plain stable softmax makes three passes over a row: maximum; exponent and sum; scale. Each
pass reads every element, the last two write it. One element occupies a lane for four cycles
(compare; exponent of the difference; add; scale), as in FuseMax's model of FLAT (MICRO 2024). A unit of
two passes keeps the maximum and the sum together, correcting the sum as the maximum grows (Milakov and
Gimelshein, 2018: compare, exponent, scale, add, for one of their two exponents is of zero), and then
computes and scales every exponent (exponent, scale).
Fused, it works in place where the scores are staged. Unfused, the scores come from the outermost memory
and go back to it: once if a row fits the memory that it works in, once a pass otherwise; memories in
between are passed by.

Where shared loops tile the keys, a row is never whole: the online softmax keeps its running maximum
and sum, and corrects what was accumulated for every tile. Cores that have different keys of one row
each keep their own, and are brought to a common maximum at the end.

On the array (FuseMax's binding) the scores' operations are the array's: an exponent is six
multiply-accumulates and a subtraction. The lanes are left with what a row needs for a tile of keys.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from flat_plugin.architecture.energy_table import EnergyTable
from flat_plugin.architecture.hardware import Architecture, SoftmaxUnit
from flat_plugin.errors import FlatError
from flat_plugin.model.cost import action_energy
from flat_plugin.model.operator_work import Traffic, Work, port_cycles
from flat_plugin.model.scores import Number, Scores, least, most
from flat_plugin.model.softmax_site import Place, Site, rows_fit
from flat_plugin.model.widths import share
from flat_plugin.workload.widths import Widths

LANE_OPERATIONS = ("max", "exponent", "sum", "scale")  # each takes a lane for a cycle
EXPONENT_ON_ARRAY = 7  # FuseMax: the difference to the maximum, and six multiply-accumulates


@dataclass(frozen=True)
class Passes:
    """Passes over the scores that read them and that write them, and lane cycles for each score."""

    reading: int
    writing: int
    operations: int


WHOLE_ROWS = {3: Passes(3, 2, 4), 2: Passes(2, 1, 6)}  # by the unit's passes
KEY_TILES = Passes(2, 1, 3)  # online: the scale is that of the output and not of the scores
CORRECTION = ("maximum", "exponent", "scale", "add")
ON_ARRAY = Passes(3, 2, 1 + EXPONENT_ON_ARRAY + 1 + 1)  # maximum, exponent, sum, scale
ON_ARRAY_ONLINE = Passes(2, 1, 1 + EXPONENT_ON_ARRAY + 1)
MODES = ("free", "serial", "overlapped", "array")


@dataclass(frozen=True)
class Visit:
    """Words that softmax reads from and writes to a memory; ``share`` of them at its busiest instance."""

    level: int
    tensor: str
    reads: Number
    writes: Number
    share: Number = 1.0


@dataclass(frozen=True)
class Operations:
    """Operations of lanes and of the array: all of them, and those of the site's busiest instance."""

    lanes: Number = 0
    busiest_lanes: Number = 0
    array: Number = 0
    busiest_array: Number = 0


def softmax_of(
    attention: Scores,
    architecture: Architecture,
    energies: EnergyTable,
    site: Site,
    *,
    through_dram: float,
    on_array: bool = False,
) -> Work:
    """A layer's softmax at a site.

    Args:
        through_dram: the share of the scores that lives in the outermost memory (1 when unfused,
            0 when fused, between when the intermediate overflows).
        on_array: the scores' operations are the array's.

    Raises:
        FlatError: the architecture has no softmax unit where lanes are needed.
    """
    if site.key_tiles is None:
        visits = _whole_rows(attention, architecture, site, through_dram, on_array)
    elif on_array:
        visits = _tiles_on_array(attention, site)
    else:
        visits = _tiles_on_lanes(attention, site)
    operations = operations_of(attention, architecture, site, on_array=on_array)
    return work_of_unit("softmax", operations, list(visits), architecture, energies, site, attention.widths)


def passes_of(architecture: Architecture, *, online: bool = False, on_array: bool = False) -> Passes:
    """How a softmax goes over its scores; three passes where there is no unit that says otherwise."""
    if on_array:
        return ON_ARRAY_ONLINE if online else ON_ARRAY
    if online:
        return KEY_TILES
    return WHOLE_ROWS[architecture.softmax.passes if architecture.softmax else 3]


def operations_of(attention: Scores, architecture: Architecture, site: Site, *, on_array: bool) -> Operations:
    """Operations of the lanes and of the array.

    Online, for every score a maximum, an exponent and a sum. For every tile of a row the running maximum
    and sum are corrected (maximum, exponent, scale, add); the row's accumulated output is scaled by the
    correction for every tile but the first, and once more by the sum at the end (FlashAttention-2).
    Cores that share a row correct theirs once more, to the maximum of all.
    With the scores on the array, the lanes' exponent takes as long as the array's; they scale the output
    at every tile, add the tile's own to it, and scale it once more at the end (FuseMax).
    """
    scores, rows = attention.softmax_elements, attention.score_rows
    each = passes_of(architecture, online=site.key_tiles is not None, on_array=on_array).operations
    all_scores, busiest = scores * each, site.scores.rows * site.scores.keys * each
    if site.key_tiles is None:
        return Operations(0, 0, all_scores, busiest) if on_array else Operations(all_scores, busiest)
    width = attention.value_dim
    if on_array:
        row = site.busiest_tiles * (len(CORRECTION) - 1 + EXPONENT_ON_ARRAY + 2 * width) + width
        return Operations(rows * row, site.output.rows * row, all_scores, busiest)
    tile, join = len(CORRECTION) + width, len(CORRECTION) if site.beside > 1 else 0
    return Operations(
        all_scores + rows * (site.key_tiles * tile + site.beside * join),
        busiest + site.scores.rows * (site.busiest_tiles * tile + join),
    )


def _whole_rows(
    attention: Scores, architecture: Architecture, site: Site, through_dram: float, on_array: bool
) -> Iterable[Visit]:
    elements = attention.softmax_elements
    passes = passes_of(architecture, on_array=on_array)
    again = 1 - rows_fit(attention, architecture.memories[site.scores.level])  # for every pass
    fetched = elements * through_dram * (1 + (passes.reading - 1) * again)
    drained = elements * through_dram * (1 + (passes.writing - 1) * again)
    yield Visit(0, "S", fetched, drained)
    share = site.scores.rows * site.scores.keys / elements
    reads, writes = elements * passes.reading + drained, elements * passes.writing + fetched
    yield Visit(site.scores.level, "S", reads, writes, share)


def _tiles_on_lanes(attention: Scores, site: Site) -> Iterable[Visit]:
    """Two passes over a tile; the running maximum and sum are read and written for every tile."""
    assert site.key_tiles is not None
    place, scores, rows = (
        site.scores,
        attention.softmax_elements,
        attention.score_rows,
    )
    joined = 1 if site.fork else 0
    tiles, busiest = site.key_tiles + joined * site.beside, site.busiest_tiles + joined
    share = place.rows * place.keys / scores
    yield Visit(place.level, "S", scores * KEY_TILES.reading, scores * KEY_TILES.writing, share)
    yield Visit(place.level, "S", 2 * rows * tiles, 2 * rows * tiles, place.rows * busiest / (rows * tiles))
    if site.fork:  # every core's maximum and sum go out, those of all come back to all at once
        yield Visit(site.fork.level, "S", 2 * rows, 2 * rows * site.beside, site.fork.rows / rows)
    scaled = rows * site.key_tiles * attention.value_dim
    share = site.output.rows * site.busiest_tiles / (rows * site.key_tiles)
    yield Visit(site.output.level, "O", scaled, scaled, share)


def _tiles_on_array(attention: Scores, site: Site) -> Iterable[Visit]:
    """The running maximum and sum, and the division at the end, where attend accumulates its rows;
    scaling and adding go with what attend itself reads and writes there."""
    place, scores, rows = (
        site.scores,
        attention.softmax_elements,
        attention.score_rows,
    )
    passes, share = ON_ARRAY_ONLINE, place.rows * place.keys / scores
    yield Visit(place.level, "S", scores * passes.reading, scores * passes.writing, share)
    running, ends, share = 2 * rows * site.busiest_tiles, rows * attention.value_dim, site.output.rows / rows
    yield Visit(site.output.level, "S", running, running, share)
    yield Visit(site.output.level, "O", ends, ends, share)


def work_of_unit(
    name: str,
    operations: Operations,
    visits: list[Visit],
    architecture: Architecture,
    energies: EnergyTable,
    site: Site,
    widths: Widths,
) -> Work:
    """An operator of these operations, and the words that they visit.

    Raises:
        FlatError: the architecture has no softmax unit where lanes are needed.
    """
    unit, compute = architecture.softmax, architecture.compute
    busy: dict[str, Any] = {}
    energy: dict[tuple[str, str], Any] = {}
    if np.any(operations.lanes):
        if unit is None:
            raise FlatError(
                "the architecture has no softmax unit",
                path=f"architecture {architecture.name}",
                expected="a component of class softmax_unit, or --softmax free",
            )
        place = site.output if np.any(operations.array) else site.scores
        busy[unit.name] = lane_cycles(unit, architecture, operations, place)
        each = unit.energy_pj or action_energy(energies, unit.name, "compute")
        energy[unit.name, "compute"] = operations.lanes * each
    if np.any(operations.array):
        units = compute.instances // architecture.memories[site.scores.level].instances
        busy[compute.name] = -(-operations.busiest_array // units)
        energy[compute.name, "compute"] = operations.array * action_energy(energies, compute.name, "compute")
    traffic: dict[str, Traffic] = {}
    for level in sorted({0, *(visit.level for visit in visits)}):
        memory, here = architecture.memories[level], [v for v in visits if v.level == level]
        taken = {v.tensor: share(widths.of(v.tensor), memory) for v in here}
        reads = sum(v.reads * v.share * taken[v.tensor] for v in here)
        writes = sum(v.writes * v.share * taken[v.tensor] for v in here)
        busy[memory.name] = port_cycles(memory, reads, writes)
        for visit in here:
            moved = Traffic.at(level, visit.reads, visit.writes, widths.of(visit.tensor))
            traffic[visit.tensor] = traffic.get(visit.tensor, Traffic()) + moved
            each = taken[visit.tensor]
            words = (("read", visit.reads * each), ("update", visit.writes * each))
            spent = sum(n / memory.block_size * action_energy(energies, memory.name, a) for a, n in words)
            key = memory.name, visit.tensor
            energy[key] = energy.get(key, 0.0) + spent
    return Work(name, most(*busy.values()), busy, energy, traffic)


def lane_cycles(
    unit: SoftmaxUnit, architecture: Architecture, operations: Operations, place: Place
) -> Number:
    """Cycles of the busiest unit: of those of a core that has the rows, or of one for several cores."""
    memory = architecture.memories[place.level]
    if unit.instances >= memory.instances:
        return -(-operations.busiest_lanes // (unit.lanes * (unit.instances // memory.instances)))
    x, y = memory.mesh_x // unit.mesh_x, memory.mesh_y // unit.mesh_y
    served = min(place.used[0], x) * min(place.used[1], y)
    return -(-least(operations.lanes, operations.busiest_lanes * served) // unit.lanes)
