"""Families of mappings that can be searched: which loops the operators share, and whether fused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from flat_plugin.mapping.dataflow import Dataflow
from flat_plugin.mapspace.outer_tilings import Shared
from flat_plugin.mapspace.structure import divisors
from flat_plugin.workload.attention import Attention


@dataclass(frozen=True)
class Family:
    """A dataflow's shared loops: every choice, outermost loop first in each.

    ``spanned`` is the number of heads (batch elements × heads) that a tile spans. ``held``: whether the
    buffer holds the whole tile of K, where V is a part of it and then there too; None where they are apart.
    """

    dataflow: Dataflow
    shared: tuple[Shared, ...]
    spanned: int = 1
    held: bool | None = None

    @property
    def fused(self) -> bool:
        return self.dataflow.fused


def families_of(dataflow: Dataflow, attention: Attention) -> list[Family]:
    """A dataflow's family; where V is a part of K that with K held for both operators, and that without."""
    family = family_of(dataflow, attention)
    if not (family.fused and attention.joint):
        return [family]
    return [replace(family, held=held) for held in (True, False)]


def family_of(dataflow: Dataflow, attention: Attention) -> Family:
    """The choices of shared loops that a dataflow leaves open.

    Sharing more batch or head loops never costs more and needs less of the buffer, so an open
    granularity shares all of them. Rows are shared in every perfect tile, and with grouped queries
    the query heads of a group as well.
    """
    sizes = attention.logit().sizes
    if not dataflow.fused:
        return Family(dataflow, (Shared(),))
    if dataflow.granularity in ("M", "B"):
        walked = [(d, sizes[d]) for d in dataflow.shared_dimensions]
        spanned = sizes["H"] * (sizes["B"] if dataflow.granularity == "M" else 1)
        return Family(dataflow, (Shared(tuple(walked)),), spanned)
    return Family(dataflow, tuple(_choices(dataflow, attention)))


def _choices(dataflow: Dataflow, attention: Attention) -> Iterator[Shared]:
    sizes = attention.logit().sizes
    heads = [(d, sizes[d]) for d in "BH"]
    by_rows = dataflow.granularity in ("R", None)
    if dataflow.rows is not None:
        rows: tuple[int, ...] = (replace(dataflow, factors="perfect").shared_loops(sizes)["M"],)
    else:
        rows = divisors(sizes["M"]) if by_rows else (1,)
    groups = divisors(attention.group)
    keys = divisors(sizes["N"]) if dataflow.online else (1,)
    for group in groups:
        for m in rows:
            for n in keys:
                walked = [*heads, ("G", group), ("M", m), ("N", n)]
                yield Shared(tuple((d, trips) for d, trips in walked if d in sizes and _walks(dataflow, d)))


def _walks(dataflow: Dataflow, dimension: str) -> bool:
    return dimension != "N" or dataflow.online
