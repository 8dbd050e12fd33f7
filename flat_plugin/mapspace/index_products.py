"""The index's products mapped, and the top-k unit behind them: what runs before a layer."""

from __future__ import annotations

from flat_plugin.architecture.energy_table import EnergyTable
from flat_plugin.architecture.hardware import Architecture
from flat_plugin.errors import InvalidMapping
from flat_plugin.mapping.fused import FusedMapping
from flat_plugin.mapspace.constraints.architecture import of_architecture
from flat_plugin.mapspace.gemm_mapping import map_gemm
from flat_plugin.model.estimate import Estimate
from flat_plugin.model.indexing import index_works, indexed
from flat_plugin.model.iteration_kinds import split_of
from flat_plugin.model.layer import preceded
from flat_plugin.model.operator_work import Work
from flat_plugin.model.selection_cost import top_k
from flat_plugin.workload.attention import Attention
from flat_plugin.workload.selection import Select

_MOST_TILES = 1 << 12  # of index queries, that are tried


def behind_choosing(
    answer: Estimate,
    attention: Attention,
    mapping: FusedMapping,
    architecture: Architecture,
    energies: EnergyTable,
) -> Estimate:
    """The estimate of a layer with what chooses its keys before it, if anything that is counted does."""
    select = attention.mask.select
    if select is None or select.index is None:
        return answer
    rows = split_of(mapping, attention).rows
    return preceded(answer, choosing(attention, select, rows, architecture, energies), architecture)


def choosing(
    attention: Attention, select: Select, rows: int, architecture: Architecture, energies: EnergyTable
) -> list[Work]:
    """The index's products, and the top-k unit behind them.

    Tiles of index queries are as tall as it pays, in cycles × energy, or in cycles.

    Args:
        rows: of a tile of the attention, which choose together if tiles do.

    Raises:
        InvalidMapping: no height fits.
        FlatError: the architecture has no top-k unit.
    """
    last = top_k(attention, rows, architecture, energies)
    best: list[Work] = []
    refused: InvalidMapping | None = None
    for height in _heights(-(-attention.queries // select.rows(rows)), architecture):
        try:
            product = indexed(attention, select, height, rows)
            fixed = of_architecture(product.einsum, architecture, attention.einsums())
            nest = map_gemm(product.einsum, architecture, energies, fixed)[product.einsum.name]
            found = index_works(product, nest, architecture, energies)
        except InvalidMapping as error:
            refused = refused or error
            continue
        if best and _cost(found) > _cost(best):
            break
        best = found
    if not best:
        assert refused is not None
        raise refused
    return [*best, last]


def _heights(queries: int, architecture: Architecture) -> list[int]:
    """That of the array, doubled up to all index queries: lower tiles see less, and fetch keys more often."""
    least = max(1, min(max(fanout) for fanout in architecture.fanouts), queries // _MOST_TILES)
    heights = [min(queries, least)]
    while heights[-1] < queries:
        heights.append(min(queries, 2 * heights[-1]))
    return heights


def _cost(works: list[Work]) -> float:
    cycles, energy = sum(work.cycles for work in works), sum(work.energy_pj for work in works)
    return cycles * energy if energy > 0 else cycles
