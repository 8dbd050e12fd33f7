"""Writing a certificate: the parts into which map spaces must be split for their bounds to be close.

The checker's own bounds are asked. Parts are split until each is ruled out, for a smaller and smaller gap, as
long as there are no more parts than are checked in a few seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from heapq import heapify, heappop, heappush
from itertools import count
from math import isqrt
from typing import Any

from flat_plugin.certificate.check import bound_of, check_certificate, cost_of, figure_of
from flat_plugin.certificate.document import chip_document, digest_of, sizes_document
from flat_plugin.certificate.layer import Tile
from flat_plugin.certificate.space import OBJECTIVES, Space, check_chip
from flat_plugin.certificate.units import loose_units
from flat_plugin.errors import check_choice
from flat_plugin.mapping.fused import FusedMapping
from flat_plugin.mapping.named import dataflow_document
from flat_plugin.timeloop.fused_file import fused_document

GAPS = (1.0, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 5e-3, 2e-3, 1e-3, 5e-4, 2e-4, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8)
_CHOICES = 200_000  # ways to lie on the array of all parts together, for which bounds take a few seconds
_FEW = 8  # parts that a space may have, whatever it takes


def write_certificate(spaces: Sequence[Space], mapping: FusedMapping, objective: str) -> dict[str, Any]:
    """``{"certificate": …}`` of the best mapping of these spaces, which ``check_certificate`` accepts.

    Raises:
        FlatError: no bounds are known of the objective or of the chip.
    """
    check_choice("objective", objective, OBJECTIVES)
    first = spaces[0]
    check_chip(first.platform.architecture)
    value = figure_of(cost_of(first, mapping), objective)
    gap, parts = _closest(spaces, objective, value)
    einsums = {einsum.name: einsum for einsum in first.attention.einsums()}
    nest = fused_document(mapping, einsums, first.platform.architecture)["fused_mapping"]
    content = {
        "version": 1,
        "attention": sizes_document(first.attention),
        "chip": chip_document(first.platform),
        "softmax": first.softmax,
        "objective": objective,
        "factors": "perfect" if first.dataflow.perfect else "imperfect",
        "families": [dataflow_document(space.dataflow) for space in spaces],
        "mapping": {key: value for key, value in nest.items() if key != "version"},  # which says nothing
        "value": value,
        "gap": gap,
        "parts": parts,
    }
    document = {"certificate": {**content, "digest": digest_of(content)}}
    verdict = check_certificate(document)
    if not verdict.holds:
        raise AssertionError(f"a certificate that does not hold: {verdict.reason}")
    return document


def _closest(spaces: Sequence[Space], objective: str, value: float) -> tuple[float, list[dict[str, Any]]]:
    """The smallest gap that is proven, and the parts that prove it."""
    splits = [Split(space, objective) for space in spaces]
    for gap in GAPS:
        target = value * (1 - gap)
        finer = [split.finer(target) for split in splits]
        if any(split is None for split in finer):
            break
        splits = [split for split in finer if split]
        if min(split.least for split in splits) < target:  # of a single tile, which no splitting raises
            break
    proven = max(0.0, 1 - min(split.least for split in splits) / value)
    parts = [
        {
            "dataflow": split.space.dataflow.name,
            "rows": {d: {"least": a, "most": b} for d, (a, b) in tile.items()},
        }
        for split in splits
        for tile in split.parts
    ]
    return min(1.0, proven * (1 + 1e-9)), parts


@dataclass(frozen=True)
class Split:
    """A space in parts, with what each costs at least."""

    space: Space
    objective: str
    parts: tuple[Tile, ...] = ()
    bounds: tuple[float, ...] = ()

    @property
    def least(self) -> float:
        return min(self.bounds)

    @cached_property
    def most(self) -> int:
        """How many parts it may have."""
        whole = self.space.part(self.space.rows)
        choices = len(loose_units(whole.operator(self.space.attention.logit()))) if whole else 1
        return max(_FEW, _CHOICES // max(1, choices))

    def finer(self, target: float) -> Split | None:
        """Split until every part costs at least as much, or as the cheapest single tile that does not; None
        if that takes too many parts. The cheapest part is always the next."""
        number = count()
        left = [(b, next(number), tile) for tile, b in zip(self.parts, self.bounds, strict=True)]
        left = left or [(0.0, next(number), self.space.rows)]
        heapify(left)
        while left[0][0] < target:
            least, _, tile = heappop(left)
            least = max(least, bound_of(self.space, tile, self.objective, target))
            halves = self._halves(tile) if least < target else ()
            if not halves:
                target = min(target, least)
            for part in halves or (tile,):
                heappush(left, (least, next(number), part))
            if len(left) > self.most:
                return None
        return replace(self, parts=tuple(t for _, _, t in left), bounds=tuple(b for b, _, _ in left))

    def _halves(self, tile: Tile) -> tuple[Tile, ...]:
        """Two parts of a part, along the dimension whose rows differ most; none of a single tile."""
        choices = {d: self.space.choices(d, *rows) for d, rows in tile.items()}
        d = max(tile, key=lambda d: choices[d][-1] / choices[d][0], default=None)
        if d is None or len(choices[d]) < 2:
            return ()
        (least, most), rows = tile[d], choices[d]
        middle = rows[len(rows) // 2 - 1] if self.space.dataflow.perfect else isqrt(least * most)
        return {**tile, d: (least, middle)}, {**tile, d: (middle + 1, most)}
