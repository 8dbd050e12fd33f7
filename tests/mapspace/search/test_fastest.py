"""The least cycles of the array for rows of a shared iteration are those of all that may lie side by side."""

import random

import numpy as np
import pytest
from small_chips import chip

from flat_plugin.mapping.dataflow import Dataflow
from flat_plugin.mapspace.search.build import spaces_of
from flat_plugin.mapspace.search.trips import Factors
from flat_plugin.workload import Attention

FLASH = Dataflow("flash", fused=True, online=True, searched=True)


def tried(side, tile):
    """Every choice one after the other."""
    names, units = side.operator.structure.core, side.units
    known, best = {name: (rows, times) for name, rows, times in tile}, np.inf
    for wide in units.unrolled.wide.T.tolist():
        steps = float(units.turns)
        for name, size, n in zip(names, units.sizes, wide, strict=True):
            rows, times = known.get(name, (None, None))
            if rows is None:
                steps *= -(-size // n)
            else:
                steps *= rows // n * times if rows % n == 0 else np.inf
        best = min(best, steps)
    return best


@pytest.mark.parametrize("kind", ["registers", "linked", "cores"])
def test_known_rows(kind):
    rng = random.Random(f"fastest {kind}")
    architecture, energies = chip(kind, rng)
    layer = Attention(1, 2, 11, 13, 3)
    space = next(iter(spaces_of(FLASH, layer, architecture, energies, "free", Factors.RAGGED)))
    for side in space.sides:
        many = [(("M", rows, 3),) for rows in range(1, 7)], [(("N", keys, 4),) for keys in range(1, 14)]
        for rows, keys in (many, (many[0], many[1][:2])):  # more keys than rows, and fewer
            assert side.steps_of(rows, keys).tolist() == [[tried(side, a + b) for b in keys] for a in rows]


def test_ranges_are_no_worse_than_the_rows_in_them():
    architecture, energies = chip("registers", random.Random("ranges"))
    layer = Attention(1, 2, 11, 13, 3)
    for space in spaces_of(FLASH, layer, architecture, energies, "free", Factors.RAGGED):
        for side in space.sides:
            for r, of_rows in enumerate(side.shared.ranges[0]):
                for k, of_keys in enumerate(side.shared.ranges[1]):
                    found = {**of_rows, **of_keys}
                    each = [
                        tuple((d, n, one.iterations) for (d, one), n in zip(found.items(), rows, strict=True))
                        for rows in np.ndindex(*(one.most + 1 for one in found.values()))
                        if all(n >= one.least for n, one in zip(rows, found.values(), strict=True))
                    ]
                    assert side.steps[r, k] <= min(tried(side, tile) for tile in each)
