"""What choosing keys costs beside the attention: the top-k unit, and the indices that are moved.

The top-k unit finds the K-th largest score by quickselect, as SpAtten's engine does (Wang et al., HPCA 2021):
it compares all that are left with one of them, and goes on with the part that the K-th is in. A lane compares
one score a cycle. With a pivot at random the expected number of comparisons is known exactly (Knuth,
"Mathematical analysis of algorithms", 1971); it is counted, and not the worst case. Then all scores pass by
once more, and those that are at least as large leave as indices. At most K scores only pass by.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import ceil, log2

import numpy as np

from flat_plugin.architecture.energy_table import EnergyTable
from flat_plugin.architecture.hardware import Architecture
from flat_plugin.errors import FlatError
from flat_plugin.model.cost import action_energy
from flat_plugin.model.mapping_batch import Array
from flat_plugin.model.operator_work import Traffic, Work, port_cycles
from flat_plugin.model.widths import share
from flat_plugin.workload.attention import Attention
from flat_plugin.workload.selection import Select
from flat_plugin.workload.touched_selection import Choices, choices_of, is_bound

_EULER = 0.57721566490153286
_EXACT = 64  # harmonic numbers up to here are added up; others are within 1e-12 of their expansion
Moved = Mapping[str, tuple[float, float, float | None]]  # words read, words written, bits of a word


def choosers(attention: Attention) -> int:
    """Heads and sequences that choose for themselves: all heads of a layer together where one index serves
    them."""
    index = _select(attention).index
    shared = index is not None and index.heads is not None
    return attention.batch * (1 if shared else attention.kv_heads)


def index_bits(attention: Attention) -> int:
    """Bits that tell one page of keys from the others, at least."""
    return max(1, ceil(log2(-(-attention.keys // _select(attention).page))))


def gathered_indices(attention: Attention, rows: int) -> int:
    """Indices that all heads of keys read for one pass over the rows in tiles of ``rows`` rows: of each tile,
    those of every choice that its rows take part in."""
    select, queries = _select(attention), attention.queries
    if select.scores_keys:  # the union of a tile, which grows by one key a query
        tiles = attention.mask.tiles(queries, attention.keys, rows)
        return attention.batch * attention.kv_heads * int((tiles.keys * tiles.times).sum())
    together = select.rows(rows)
    sums = np.concatenate(([0], np.cumsum(_pages(_choices(attention, together).chosen, select))))
    first = np.arange(0, queries, rows)
    last = np.minimum(first + rows, queries) - 1
    read = (sums[last // together + 1] - sums[first // together]).sum()
    return attention.batch * attention.kv_heads * int(read)


def bounded(attention: Attention, rows: int) -> bool:
    """Whether the keys of a tile of ``rows`` rows are known as at most so many, and not as just so many."""
    return is_bound(attention.mask, attention.queries, attention.keys, rows)


def selection_notes(attention: Attention, rows: int) -> list[str]:
    """What is to be said of keys that are chosen."""
    select = attention.mask.select
    if select is None:
        return []
    notes = []
    every = replace(attention.mask, select=None)
    lengths = attention.queries, attention.keys
    if select.keys is not None and every.needed(*lengths) == attention.mask.needed(*lengths):
        most = int(_choices(attention, select.rows(rows)).seen.max(initial=0))
        notes.append(
            f"topk={select.keys:,}: no query sees more than {most:,} keys, so all that it sees are chosen; "
            "choosing and gathering them costs, and leaves nothing out"
        )
    if bounded(attention, rows):
        bound = f"{select.keys:,} + {rows - 1:,}" if select.scores_keys else f"{rows:,} × {select.keys:,}"
        notes.append(
            f"keys of {rows:,} rows are counted as all that these rows choose, at most min(keys, {bound}): a "
            "bound, because they may choose the same"
        )
    if select.unions and select.unions.of(rows) is not None:
        notes.append(f"keys of {rows:,} rows are those of {select.unions.source}, the same in every head")
    if select.index is None:
        notes.append("indices of keys are given: what chose them is not counted (index=HxD counts it)")
    return notes


def top_k(attention: Attention, rows: int, architecture: Architecture, energies: EnergyTable) -> Work:
    """The top-k unit's work for a layer: it reads the index's scores, and writes indices.

    Args:
        rows: of a tile, which choose together if tiles do.

    Raises:
        FlatError: the architecture has no top-k unit.
    """
    unit, select = architecture.topk, _select(attention)
    if unit is None:
        raise FlatError(
            "the architecture has no top-k unit",
            path=f"architecture {architecture.name}",
            expected="a component of class topk_unit, --set topk_lanes=16, or a mask without index=: indices "
            "that are given",
        )
    choices, count = _choices(attention, select.rows(rows)), choosers(attention)
    seen, chosen = (_pages(keys, select) for keys in (choices.seen, choices.chosen))
    compares, read, written = compared(seen, chosen), seen, chosen
    if select.scores_keys:
        compares, read, written = _in_turn(seen, chosen)
    operations = count * float(compares.sum())
    words = {
        "S": (count * int(read.sum()), 0, attention.widths.S),
        "indices": (0, count * int(written.sum()), index_bits(attention)),
    }
    work = moved("choose", architecture, energies, words)
    cycles = ceil(operations / unit.lanes)
    each = action_energy(energies, unit.name, "compute")
    return Work(
        work.name,
        max(work.cycles, cycles),
        {unit.name: float(cycles), **work.busy},
        {(unit.name, "compute"): operations * each, **work.energy},
        work.traffic,
    )


def compared(seen: Array, chosen: Array) -> Array:
    """Expected comparisons to choose so many of what is seen: those of quickselect, and one more of each."""
    n, k = seen.astype(float), np.minimum(chosen, seen).astype(float)
    some = (chosen > 0) & (chosen < seen)
    n1, k1 = np.where(some, n, 2.0), np.where(some, k, 1.0)
    steps = (n1 + 1) * _harmonic(n1) - (n1 + 3 - k1) * _harmonic(n1 + 1 - k1) - (k1 + 2) * _harmonic(k1)
    found: Array = np.where(some, 2 * (steps + n1 + 3), 0.0) + n
    return found


def _in_turn(seen: Array, chosen: Array) -> tuple[Array, Array, Array]:
    """Comparisons, scores read and indices written by queries in turn, where keys have scores of their own.

    The first query chooses; each later one compares the keys that it sees anew with all that are chosen.
    """
    fresh = np.diff(seen, prepend=0)
    compares, read, written = fresh * chosen.astype(float), fresh.copy(), fresh.copy()
    first = int((seen > 0).argmax())
    compares[first], read[first], written[first] = compared(seen, chosen)[first], seen[first], chosen[first]
    return compares, read, written


def _harmonic(n: Array) -> Array:
    """1 + 1/2 + … + 1/n."""
    few = np.concatenate(([0.0], np.cumsum(1 / np.arange(1, _EXACT + 1))))
    many = np.maximum(n, _EXACT)
    expansion = np.log(many) + _EULER + 1 / (2 * many) - 1 / (12 * many**2) + 1 / (120 * many**4)
    return np.where(n <= _EXACT, few[np.minimum(n, _EXACT).astype(int)], expansion)


def moved(name: str, architecture: Architecture, energies: EnergyTable, tensors: Moved) -> Work:
    """Words that pass between the outermost memory and a unit."""
    memory = architecture.memories[0]
    reads = sum(read * share(bits, memory) for read, _, bits in tensors.values())
    writes = sum(written * share(bits, memory) for _, written, bits in tensors.values())
    cycles = port_cycles(memory, reads, writes)
    energy, traffic = {}, {}
    for tensor, (read, written, bits) in tensors.items():
        spent = (("read", read), ("update", written))
        each = sum(n / memory.block_size * action_energy(energies, memory.name, a) for a, n in spent)
        energy[memory.name, tensor] = each * share(bits, memory)
        traffic[tensor] = Traffic.at(0, read, written, bits)
    return Work(name, ceil(cycles), {memory.name: cycles}, energy, traffic)


def _choices(attention: Attention, together: int) -> Choices:
    return choices_of(attention.mask, attention.queries, attention.keys, together)


def _pages(keys: Array, select: Select) -> Array:
    return -(-keys // select.page)


def _select(attention: Attention) -> Select:
    assert attention.mask.select is not None
    return attention.mask.select
