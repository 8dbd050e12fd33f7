"""Writing a certificate: the parts into which map spaces must be split for their bounds to be close.

The checker's own bounds are asked. Parts are split until each is ruled out, for a smaller and smaller gap, as
long as there are no more parts than are checked in a few seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from heapq import heapify, heappop, heappush
from itertools import count
from math import isqrt
from typing import Any

from flat_plugin.certificate.check import bound_of, check_certificate, cost_of, figure_of
from flat_plugin.certificate.document import chip_document, digest_of, sizes_document
from flat_plugin.certificate.layer import Tile
from flat_plugin.certificate.space import OBJECTIVES, Space, check_chip
from flat_plugin.errors import check_choice
from flat_plugin.mapping.fused import FusedMapping
from flat_plugin.mapping.named import dataflow_document
from flat_plugin.timeloop.fused_file import fused_document

GAPS = (1.0, *(part * 10.0**-power for power in range(1, 9) for part in (7, 5, 3, 2, 1.5, 1)), 1e-12)
_CHOICES = 1 << 20  # of what units do, in all parts of a space together: what is bounded in a few seconds
_FEW = 4  # parts that a space may have, whatever it takes


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
            "rows": {d: {"least": a, "most": b} for d, (a, b) in piece.tile.items()},
        }
        for split in splits
        for piece in split.pieces
    ]
    return min(1.0, proven * (1 + 1e-9)), parts


@dataclass(frozen=True)
class Piece:
    """A part, what it costs at least, and what it took to find that out."""

    tile: Tile
    least: float = 0.0
    choices: int = 0


@dataclass(frozen=True)
class Split:
    """A space in parts."""

    space: Space
    objective: str
    pieces: tuple[Piece, ...] = ()

    @property
    def least(self) -> float:
        return min(piece.least for piece in self.pieces)

    def finer(self, target: float) -> Split | None:
        """Split until every part costs at least as much, or as the cheapest single tile that does not; None
        if that takes too long. The cheapest part is always the next."""
        number = count()
        left = [(piece.least, next(number), piece) for piece in self.pieces or (Piece(self.space.rows),)]
        heapify(left)
        while left[0][0] < target:
            piece = heappop(left)[2]
            found = bound_of(self.space, piece.tile, self.objective, target)
            piece = Piece(piece.tile, max(piece.least, found.least), found.choices)
            halves = self._halves(piece.tile) if piece.least < target else ()
            if not halves:
                target = min(target, piece.least)
            for part in [replace(piece, tile=tile) for tile in halves] or [piece]:
                heappush(left, (part.least, next(number), part))
            if len(left) > _FEW and sum(each.choices for _, _, each in left) > _CHOICES:
                return None
        return replace(self, pieces=tuple(piece for _, _, piece in left))

    def _halves(self, tile: Tile) -> tuple[Tile, ...]:
        """Two parts of a part, along the dimension whose rows differ most; none of a single tile."""
        choices = {d: self.space.choices(d, *rows) for d, rows in tile.items()}
        d = max(tile, key=lambda d: choices[d][-1] / choices[d][0], default=None)
        if d is None or len(choices[d]) < 2:
            return ()
        (least, most), rows = tile[d], choices[d]
        middle = rows[len(rows) // 2 - 1] if self.space.dataflow.perfect else isqrt(least * most)
        return {**tile, d: (least, middle)}, {**tile, d: (middle + 1, most)}
