"""The map space of a family on a chip with one shared memory: its parts, and what lies in it.

A family's mappings are all nests of both operators that the model counts, with any loops, orders and kept
tensors, of which a fused one shares the loops over sequences and heads, and over rows as the dataflow says.
What :class:`Space` leaves out is said by :meth:`Space.strange`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import prod

from flat_plugin.architecture.hardware import Architecture
from flat_plugin.architecture.platform import Platform
from flat_plugin.certificate.layer import LayerPart, Tile
from flat_plugin.errors import FlatError
from flat_plugin.mapping.dataflow import Dataflow
from flat_plugin.mapping.fused import FusedMapping
from flat_plugin.mapping.nest import OperatorMapping
from flat_plugin.model.mapping_batch import batch_of
from flat_plugin.model.mixed_mappings import computes_of
from flat_plugin.model.shared_registers import outlives
from flat_plugin.workload.attention import Attention
from flat_plugin.workload.einsum import Einsum

OBJECTIVES = ("edp", "energy", "latency", "traffic")
_COUNTED, _LOST = 0.99, 2.0  # of the operations at least; units, of all of them, that may be lost
_SPANNED = {"B": "H", "M": "BH"}  # whose problems meet at once, by granularity


def check_chip(architecture: Architecture) -> None:
    """
    Raises:
        FlatError: it is none whose map spaces have bounds: compute units share one memory on the chip.
    """
    levels = len(architecture.memories)
    fans = [level for level in range(levels) if architecture.fanout(level) != (1, 1)]
    alone = levels > 1 and all(memory.instances == 1 for memory in architecture.memories[:2])
    if not alone or max(fans, default=levels - 1) != 1:
        raise FlatError(
            "certificates are of chips with one memory that all compute units share",
            path=f"architecture {architecture.name}",
            value=", ".join(f"{memory.instances} {memory.name}" for memory in architecture.memories),
            expected="an outermost memory, one on the chip, and memories of single units inside it, if any",
        )


@dataclass(frozen=True)
class Space:
    """A family's map space for a layer."""

    attention: Attention
    platform: Platform
    softmax: str
    dataflow: Dataflow

    @cached_property
    def rows(self) -> Tile:
        """Dimension -> (least, most) rows of a shared iteration that its mappings have."""
        flow, sizes = self.dataflow, self.attention.logit().sizes
        if not flow.fused:
            return {}
        rows = min(flow.rows or sizes["M"], sizes["M"])
        open_rows = flow.rows is None and flow.granularity in (None, "R")
        found = {"M": (1 if open_rows else rows, rows)}
        if "G" in sizes:
            found["G"] = (sizes["G"] if flow.granularity in _SPANNED else 1, sizes["G"])
        return {**found, "N": (1, sizes["N"])} if flow.online else found

    def part(self, tile: Tile) -> LayerPart | None:
        """The mappings whose shared iterations have so many rows; None where no number of rows divides."""
        choices = {d: self.choices(d, *rows) for d, rows in tile.items()}
        if not all(choices.values()):
            return None
        tile = {d: (rows[0], rows[-1]) for d, rows in choices.items()}
        flow, sizes = self.dataflow, self.attention.logit().sizes
        heads = prod(sizes[d] for d in self._spanned)
        return LayerPart(
            self.attention, self.platform, self.softmax, flow.fused, flow.perfect, flow.online, heads, tile
        )

    def choices(self, dimension: str, least: int, most: int) -> Sequence[int]:
        """Rows of a shared iteration that a tile may have, ascending."""
        size = self.attention.logit().sizes[dimension]
        every = range(least, most + 1)
        return [n for n in every if size % n == 0] if self.dataflow.perfect else every

    @property
    def _spanned(self) -> str:
        return _SPANNED.get(self.dataflow.granularity or "", "") if self.dataflow.fused else ""

    def strange(self, mapping: FusedMapping) -> str | None:
        """Why a mapping of the layer is not in this space; None where it is."""
        if replace(mapping.dataflow, stage=None, factors=self.dataflow.factors) != self.dataflow:
            return f"it is one of {mapping.dataflow.name}"
        if self.dataflow.perfect and not all(nest.perfect for _, nest in mapping.operators):
            return "its tiles do not divide, and factors are perfect"
        for einsum in self.attention.einsums():
            if reason := self._strange_nest(einsum, mapping[einsum.name]):
                return reason
        return self._strange_loops(mapping) if self.dataflow.fused else None

    def _strange_nest(self, einsum: Einsum, nest: OperatorMapping) -> str | None:
        beside = {d for entry in nest.levels for d, n in (*entry.spatial_x, *entry.spatial_y) if n > 1}
        if heads := sorted(beside & {"B", "H"}):
            return f"{einsum.name} has problems of {', '.join(heads)} side by side"
        held = LayerPart(
            self.attention, self.platform, perfect=self.dataflow.perfect, online=self.dataflow.online
        ).held(einsum)
        if passed := sorted(held & nest.levels[1].bypass):
            return f"{', '.join(passed)} of {einsum.name} bypasses {nest.levels[1].level}"
        units, operations = self.platform.architecture.compute.instances, einsum.operations
        counted = computes_of(einsum, self.platform.architecture, nest)
        if counted < max(_COUNTED, 1 - _LOST / units) * operations:
            return f"rounding loses {1 - counted / operations:.2%} of the operations of {einsum.name}"
        return None

    def _strange_loops(self, mapping: FusedMapping) -> str | None:
        outer, sizes = mapping.levels[0], self.attention.logit().sizes
        if any(level != outer or unrolled for level, _, _, unrolled in mapping.loops()):
            return f"it has shared loops inside {outer}, or side by side"
        if mapping.scores != 1:
            return f"its scores are in {mapping.levels[mapping.scores]}"
        trips = dict(mapping.trips)
        for d, size in sizes.items():
            if d == "D":
                continue
            each = size if d in "BH" and d not in self._spanned else 1
            if d not in self.rows and trips.get(d, 1) != each:
                return f"its shared loop over {d} has {trips.get(d, 1)} iterations and not {each}"
            least, most = self.rows.get(d, (1, size))
            if not least <= (rows := shared_rows(mapping, d, size)) <= most and d in self.rows:
                return f"its shared iterations have {rows} rows of {d}, and not {least} to {most}"
        batches = [
            batch_of(einsum, self.platform.architecture, [mapping[einsum.name]])
            for einsum in self.attention.einsums()
        ]
        turns = [dict(mapping.at(0).temporal)]
        if any(outlives(batch, turns).any() for batch in batches):
            return "something in the units outlives a shared iteration"
        return None


def shared_rows(mapping: FusedMapping, dimension: str, size: int) -> int:
    """Rows of a shared iteration along a dimension."""
    every = (loop for e in mapping["logit"].levels for loop in (*e.temporal, *e.spatial_x, *e.spatial_y))
    whole = prod(n for d, n in every if d == dimension)
    return min(size, whole // dict(mapping.trips).get(dimension, 1))
