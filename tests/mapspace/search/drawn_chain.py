"""Mappings of a layer at random, of any size: every drawn nest of one operator with each of the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random

import numpy as np
from drawn_nests import DrawnNests, Outside
from every_chain import NAMED, mapping_of, points, shared_level, softmax_work
from every_family import Family
from every_nest import Nests

from flat_plugin.architecture import Architecture, EnergyTable
from flat_plugin.mapping.fused import FusedMapping
from flat_plugin.workload import Attention


@dataclass(frozen=True)
class Draw:
    """Mappings that share loops outside the scores.

    Attributes:
        number: of mappings, whether they fit or not.
        figures: of those whose nests fit alone: energy (pJ), latency (cycles), traffic (words), footprint
            (words); infinite where they do not fit together.
    """

    number: int
    sides: tuple[DrawnNests, ...]
    outside: Outside
    nests: tuple[Nests, ...] = ()
    figures: Mapping[str, np.ndarray] | None = None

    @property
    def fit(self) -> int:
        return int(np.isfinite(self.figures["energy"]).sum()) if self.figures else 0

    def values(self, objective: str) -> np.ndarray:
        """By an objective, of each mapping whose nests fit."""
        assert self.figures is not None
        if objective == "edp":
            return self.figures["energy"] * self.figures["latency"]
        return self.figures[objective]

    def mapping(self, number: int) -> FusedMapping:
        where = [nests.columns[0] for nests in self.nests]
        pair = np.unravel_index(number, [w.shape[1] for w in where])
        named = [
            (side.einsum.name, nests.mapping(w[:, i]))
            for side, nests, w, i in zip(self.sides, self.nests, where, pair, strict=True)
        ]
        side = self.sides[0]
        return mapping_of(side.family, self.outside.tag, side.architecture, named)


def draws(
    name: str,
    layer: Attention,
    architecture: Architecture,
    energies: EnergyTable,
    softmax: str,
    rng: Random,
    nests: int = 64,
) -> Iterator[Draw]:
    """Draws of a family's mappings, without end; ``nests`` of each operator in each."""
    fused, walked, spanned, cores = NAMED[name]
    meetings = range(1, shared_level(architecture) + 1) if fused else [0]
    families = [Family(place, walked, name == "flash", cores=cores, spanned=spanned) for place in meetings]
    sides = [
        tuple(DrawnNests(e, architecture, energies, family) for e in layer.einsums()) for family in families
    ]
    while True:
        pair = rng.choice(sides)
        outside = pair[0].shared(rng)
        found = tuple(side.some(outside, nests, rng) for side in pair)
        draw = Draw(nests**2, pair, outside, found)
        if None not in found:
            a, b = (side.figures[0] for side in found)
            work = softmax_work(pair[0].family, layer, architecture, energies, softmax, draw.mapping(0))
            joined = points(
                pair[0].family,
                layer,
                architecture,
                softmax,
                outside.tag,
                work,
                a[:, :, None],
                b[:, None, :],
            )
            draw = Draw(nests**2, pair, outside, found, joined)
        yield draw
