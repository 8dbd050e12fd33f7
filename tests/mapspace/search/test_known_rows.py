"""Shared loops with known rows cost no less than their bound, nor than with any rows."""

import random

import numpy as np
from small_chips import chip, prepare

from flat_plugin.mapping.dataflow import Dataflow
from flat_plugin.mapspace.search.build import spaces_of
from flat_plugin.mapspace.search.known_rows import KnownRows
from flat_plugin.mapspace.search.shared_tiles import each_tile
from flat_plugin.mapspace.search.trips import Factors
from flat_plugin.workload import Attention

FLASH = Dataflow("flash", fused=True, online=True, searched=True)
ROUNDED = 1 - 1e-12


def test_bounds_of_rows():
    architecture, energies = chip("registers", random.Random("known rows"))
    layer, seen = Attention(1, 1, 5, 6, 2), 0
    space = next(iter(spaces_of(FLASH, layer, architecture, energies, "free", Factors.RAGGED)))
    for side in space.sides:
        prepare(side)
        most = np.full(len(side.shares), np.inf)
        for tags in np.argwhere(np.isfinite(side.energy[-1])).tolist():
            known, (rows, keys) = KnownRows(side, *tags), tags
            ranges = {**space.ranges[0][rows], **space.ranges[1][keys]}
            tiles = each_tile(ranges, {d: side.parts_of(d) for d in ranges})[:3]
            bounds = known.least(tiles, np.full(len(tiles), np.inf))
            assert (bounds >= side.energy[:, rows, keys, None] * ROUNDED).all()
            for tile, bound in zip(tiles, bounds.T, strict=True):
                for part in known.parts(side.cheapest(rows, keys, most, np.inf), tile, most):
                    assert (part.energy[:, 0, 0] >= bound * ROUNDED).all()
                    seen += 1
    assert seen > 100
