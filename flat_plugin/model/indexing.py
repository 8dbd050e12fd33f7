"""The index's products: a score for every page of keys that a choice may see.

One choice for all heads of a layer has index queries of every head of the index, and index keys that these
share; where every head of keys chooses for itself, its own query heads are the heads of its index. Where keys
are scored by themselves, each new one is multiplied with the weights of its head, once. The scores
of an index's heads are weighted and added up, a multiply-accumulate each. Rows are tiled as under any mask,
each tile a dense problem over the pages that its rows may see; index keys are fetched anew for each of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from flat_plugin.architecture.energy_table import EnergyTable
from flat_plugin.architecture.hardware import Architecture
from flat_plugin.distinct import distinct_columns
from flat_plugin.mapping.nest import OperatorMapping
from flat_plugin.model.cost import costs_of
from flat_plugin.model.counts import Counts
from flat_plugin.model.mapping_batch import Array
from flat_plugin.model.masked import summed, work_of_many
from flat_plugin.model.operator import explain_invalid
from flat_plugin.model.operator_work import Work
from flat_plugin.model.ragged import counts_of
from flat_plugin.model.shortened_nests import cut_batch
from flat_plugin.model.widths import mac_energy
from flat_plugin.workload.attention import Attention
from flat_plugin.workload.einsum import Einsum, Tensor
from flat_plugin.workload.selection import Index, Select


@dataclass(frozen=True)
class Indexed:
    """The index's product over tiles of rows.

    Attributes:
        einsum: of the tile that has most rows and most pages.
        rows: index queries of a tile.
        pages: that its rows may see.
        times: how often such a tile comes.
        heads: of the index, whose scores are added up.
    """

    einsum: Einsum
    rows: Array  # [kinds]
    pages: Array  # [kinds]
    times: Array  # [kinds]
    heads: int

    @property
    def scores(self) -> int:
        """Scores of all tiles, after the heads of the index are added up."""
        apart = [n for d, n in self.einsum.bounds if d in "BH"]
        return int((self.rows * self.pages * self.times).sum()) * int(np.prod(apart))


def indexed(attention: Attention, select: Select, height: int, tile: int) -> Indexed:
    """The index's product in tiles of ``height`` index queries.

    Args:
        tile: rows of a tile of the attention, which choose together if tiles do.

    Raises:
        FlatError: there are too many tiles.
    """
    index, together = select.index, select.rows(tile)
    assert index is not None
    if index.alone:
        one, tokens = np.ones(1, np.int64), min(attention.queries, attention.keys)
        einsum = _einsum(attention, index, 1, 1, tokens)
        return Indexed(einsum, one, np.array([tokens], np.int64), one, 1)
    seen = replace(attention.mask, select=replace(select, keys=None))
    touched = seen.tiles(attention.queries, attention.keys, min(attention.queries, height * together))
    rows, pages = -(-touched.rows // together), -(-touched.keys // select.page)
    pairs, which = distinct_columns(np.stack((rows, pages)))
    times = np.bincount(which, weights=touched.times).astype(np.int64)
    heads = attention.group if index.heads is None else index.heads
    einsum = _einsum(attention, index, heads, int(pairs[0].max()), int(pairs[1].max()))
    return Indexed(einsum, pairs[0], pairs[1], times, heads)


def _einsum(attention: Attention, index: Index, heads: int, rows: int, pages: int) -> Einsum:
    """``S[b,h,m,n] = Σ_x,d Q[b,h,m,x,d] · K[b,h,n,d]``: x are the heads of an index, h those that choose."""
    outer = (("B", attention.batch), *((("H", attention.kv_heads),) if index.heads is None else ()))
    inner = ((("X", heads),) if heads > 1 else ()) + (("D", index.dim),)
    names = tuple(d for d, _ in outer)
    return Einsum(
        "index",
        (*outer, ("M", rows), ("N", pages), *inner),
        (
            Tensor("Q", (*names, "M", *(d for d, _ in inner)), bits=index.bits),
            Tensor("K", (*names, "N", "D"), bits=index.bits),
            Tensor("S", (*names, "M", "N"), output=True, bits=attention.widths.S),
        ),
    )


def index_works(
    found: Indexed, nest: OperatorMapping, architecture: Architecture, energies: EnergyTable
) -> list[Work]:
    """The product under the nest of its widest tile, and the weighted sum over an index's heads.

    Raises:
        InvalidMapping: a tile does not fit.
    """
    batch = cut_batch(found.einsum, architecture, nest, {"M": found.rows, "N": found.pages})
    counts: Counts = counts_of(batch)
    counts = replace(counts, computes=np.broadcast_to(batch.operations, len(found.rows)))
    costs = costs_of(batch, counts, energies)
    if not costs.valid.all():
        raise explain_invalid(batch, costs, int((~costs.valid).argmax()))
    product = summed(work_of_many(batch, costs), found.times)
    return [product] if found.heads == 1 else [product, _weighted(found, architecture, energies)]


def _weighted(found: Indexed, architecture: Architecture, energies: EnergyTable) -> Work:
    """The scores of an index's heads, weighted and added up by the array as they are computed."""
    compute, macs = architecture.compute, found.scores * found.heads
    cycles = -(-macs // compute.instances)
    energy = {(compute.name, "compute"): macs * mac_energy(found.einsum, compute, energies)}
    return Work("index_weights", cycles, {compute.name: float(cycles)}, energy, {}, macs)
