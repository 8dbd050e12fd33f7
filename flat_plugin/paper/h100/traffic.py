"""Bytes and operations of a call, counted by the engine from its nests.

Bytes are those that are received: L2's by every core that gets them, shared memory's by every group of warps.
What comes to a core is written to its shared memory once, what leaves it is read there. Tiles are fetched and
multiplied whole; HBM and the results have the real rows and keys only. Our kernels accumulate O in 32 bits,
and stage it so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass, replace
from math import ceil, prod

from flat_plugin.architecture.energy_table import EnergyTable
from flat_plugin.architecture.hardware import Architecture
from flat_plugin.mapping.fused_check import check_fused
from flat_plugin.mapping.nest import OperatorMapping
from flat_plugin.model.operator import evaluate_operator
from flat_plugin.model.softmax import softmax_of
from flat_plugin.model.softmax_site import fused_site
from flat_plugin.paper.h100.kernels import Tile, library_tiles, own_tiles
from flat_plugin.paper.h100.nests import (
    HBM,
    L2,
    LEVELS,
    REGISTERS,
    SHARED,
    library_nest,
    own_mapping,
    with_groups,
)
from flat_plugin.paper.h100.rows import BYTES, UNFUSED, Case
from flat_plugin.workload.attention import Attention
from flat_plugin.workload.einsum import Einsum

UNCOUNTED = EnergyTable(unknown="only counts are asked for")
CLAIM = 32  # bytes that a block of the library reads and writes for each tile but its first
PASSES = 3  # of a softmax that does not hold its rows


@dataclass(frozen=True)
class Moved:
    """Of one call, or kernel. Bytes but for the last three; ``cores`` is how many can have work at a time."""

    dram_read: float = 0.0
    dram_write: float = 0.0
    l2_to_sm: float = 0.0
    sm_to_l2: float = 0.0
    shared_read: float = 0.0
    shared_write: float = 0.0
    macs: float = 0.0
    exponentials: float = 0.0
    cores: int = 0

    def __add__(self, other: Moved) -> Moved:
        sums = (a + b for a, b in zip(astuple(self), astuple(other), strict=True))
        return replace(Moved(*sums), cores=max(self.cores, other.cores))

    @property
    def dram(self) -> float:
        return self.dram_read + self.dram_write


def kernels_of(case: Case, machine: Architecture) -> tuple[Moved, ...]:
    """The kernels of a call, which run one after the other.

    Raises:
        FlatError: the kernel has no such tiles, or they do not fit.
    """
    return _unfused(case, machine) if case.variant == UNFUSED else (_own(case, machine),)


def working_set(case: Case) -> int:
    """Bytes of all tensors that a call touches: S before and after softmax too, where it is in memory."""
    logit, attend = case.attention.einsums()
    words = sum(einsum.words(t) for einsum in (logit, attend) for t in einsum.tensors)
    scores = 0 if case.variant == UNFUSED else 2 * case.attention.softmax_elements
    return BYTES * (words - scores)


def _own(case: Case, machine: Architecture) -> Moved:
    tiles = own_tiles(case)
    padded = _padded(case, {"M": tiles[0].rows, "N": max(case.tile_keys or 1, tiles[0].columns)})
    grouped = with_groups(machine, tiles[0].groups)
    mapping = own_mapping(case.variant, padded, tiles, grouped)
    check_fused(mapping, {einsum.name: einsum for einsum in padded.einsums()}, LEVELS)
    moved = Moved(cores=_cores(machine, padded.heads * padded.queries // tiles[0].rows))
    for einsum in padded.einsums():
        moved += _product(einsum, mapping[einsum.name], grouped, _real(case, padded), wide="O")
    softmax = softmax_of(padded, grouped, UNCOUNTED, fused_site(padded, mapping), through_dram=0.0)
    reads, writes = softmax.traffic["S"].level(LEVELS.index(SHARED))
    scores = BYTES * reads, BYTES * writes
    return moved + Moved(shared_read=scores[0], shared_write=scores[1], exponentials=padded.softmax_elements)


def _unfused(case: Case, machine: Architecture) -> tuple[Moved, ...]:
    tiles = library_tiles(case, machine.memories[LEVELS.index(SHARED)].instances)
    logit, attend = (_library(case, n, tile, machine) for n, tile in enumerate(tiles))
    return logit, _softmax(case, machine), attend


def _library(case: Case, number: int, tile: Tile, machine: Architecture) -> Moved:
    steps = {"M": tile.rows, "N": tile.columns if number == 0 else tile.step}
    padded = _padded(case, steps)
    einsum, grouped = padded.einsums()[number], with_groups(machine, tile.groups)
    moved = _product(einsum, library_nest(einsum, tile, grouped), grouped, _real(case, padded))
    columns = einsum.sizes["N" if number == 0 else "E"] // tile.columns
    blocks = padded.heads * (padded.queries // tile.rows) * columns
    claims = CLAIM * max(0, blocks - grouped.memories[LEVELS.index(SHARED)].instances)
    return moved + Moved(l2_to_sm=claims, sm_to_l2=claims, cores=_cores(machine, blocks))


def softmax_reads(case: Case, machine: Architecture) -> int:
    """How often the softmax kernel reads a row from outside its core."""
    shared = machine.memories[LEVELS.index(SHARED)]
    rows = case.attention.score_rows
    at_a_time = min(2, ceil(rows / shared.instances))
    return 1 if at_a_time * case.keys <= shared.capacity else PASSES


def _softmax(case: Case, machine: Architecture) -> Moved:
    """A kernel of its own: rows are read once if those that a core has at a time fit, else at each pass."""
    scores = case.attention.softmax_elements
    rows = scores // case.keys
    reads = BYTES * scores * softmax_reads(case, machine)
    writes = BYTES * scores
    return Moved(
        dram_read=writes,
        dram_write=writes,
        l2_to_sm=reads,
        sm_to_l2=writes,
        shared_read=reads + writes,
        shared_write=reads + writes,
        exponentials=scores,
        cores=_cores(machine, rows),
    )


def _product(
    einsum: Einsum,
    mapping: OperatorMapping,
    machine: Architecture,
    real: Mapping[str, float],
    wide: str = "",
) -> Moved:
    """What a product moves: of each dimension the share ``real`` is there; ``wide`` is staged in 32 bits."""
    result = evaluate_operator(einsum, machine, mapping, UNCOUNTED)
    total = Moved(macs=einsum.operations)
    for tensor in einsum.tensors:
        here = {name: result[name].tensors.get(tensor.name) for name in LEVELS}
        hbm, shared, registers = (here[name] for name in (HBM, SHARED, REGISTERS))
        there = prod(real.get(d, 1.0) for d in tensor.dimensions)
        if hbm:
            read, written = (BYTES * words * there for words in (hbm.total_reads, hbm.total_writes))
            total += Moved(dram_read=read, dram_write=written)
        if tensor.output:
            outside = here[L2] or hbm
            left = BYTES * outside.updates * outside.utilized_instances if outside else 0
            staged = BYTES * shared.updates * shared.utilized_instances if shared else 0
            copies = 2 if tensor.name == wide else 1
            total += Moved(sm_to_l2=left * there, shared_read=copies * left, shared_write=copies * staged)
        else:
            into = BYTES * shared.fills * shared.utilized_instances if shared else 0
            taken = BYTES * registers.fills * registers.utilized_instances if shared and registers else 0
            total += Moved(l2_to_sm=into, shared_write=into, shared_read=taken)
    return total


def _padded(case: Case, tiles: Mapping[str, int]) -> Attention:
    """The layer with whole tiles of queries and keys."""
    queries, keys = tiles["M"] * ceil(case.queries / tiles["M"]), tiles["N"] * ceil(case.keys / tiles["N"])
    return replace(case.attention, queries=queries, keys=keys)


def _real(case: Case, padded: Attention) -> dict[str, float]:
    return {"M": case.queries / padded.queries, "N": case.keys / padded.keys}


def _cores(machine: Architecture, blocks: int) -> int:
    return min(blocks, machine.memories[LEVELS.index(SHARED)].instances)
