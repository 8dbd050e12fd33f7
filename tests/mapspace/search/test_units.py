"""Units below a shared memory, tried one by one."""

from itertools import product
from math import ceil, inf, prod

import numpy as np
import pytest
from counted_by_hand import CHIP, PRODUCT

from flat_plugin.mapspace.limits import Limits, Spread
from flat_plugin.mapspace.search.pads import NOWHERE
from flat_plugin.mapspace.search.units import COUNTED, Units
from flat_plugin.mapspace.structure import structure_of

STRUCTURE = structure_of(PRODUCT)  # M = 8, N = 4, K = 6
SIZES = STRUCTURE.sizes


def units(mesh=(2, 2), own=CHIP.memories[2:], turns=1, cores=1.0, limits=None):
    return Units(STRUCTURE, mesh, own, 1, SIZES, turns, cores, limits=limits or Limits())


UNITS = units()


def test_whatever_fits_the_mesh_may_lie_side_by_side():
    found = {tuple(wide) for wide in UNITS.unrolled.wide.T.tolist()}
    assert (2, 1, 2) in found and (1, 2, 2) in found and (1, 1, 1) in found
    assert all(prod(wide) <= 4 and max(wide) <= 2 for wide in found)


def test_limits_of_the_array():
    spread = Spread((1, 1, 2), (1, inf, inf), ("xy", "x", "y"))
    few = units(limits=Limits(((1, spread),), (None, True, False)))
    assert {tuple(wide) for wide in few.unrolled.wide.T.tolist()} == {(1, 1, 2), (1, 2, 2)}
    assert few.unrolled.on_x[1][few.unrolled.wide[1] > 1].all()
    assert not few.unrolled.on_x[2].any()
    for pads in few.pads.values():
        assert (pads.where[1] != NOWHERE).all() and (pads.where[2] == NOWHERE).all()


def test_a_tensor_may_stay_where_units_keep_or_are_linked():
    assert set(UNITS.pads) == {NOWHERE, 0, 1, 2}
    linked, alone = units(own=()), units(mesh=(1, 1), own=())
    assert linked.linked and set(linked.pads) == {NOWHERE, 0, 1, 2}
    assert not alone.linked and set(alone.pads) == {NOWHERE}


def test_operations_that_must_be_counted():
    assert UNITS.counted == COUNTED
    assert units(mesh=(20, 20), cores=2.0).counted == pytest.approx(1 - 2 / 800)


def test_cycles_of_the_array():
    for n, wide in enumerate(UNITS.unrolled.wide.T.tolist()):
        assert UNITS.least_steps[n] == prod(ceil(s / w) for s, w in zip(SIZES, wide, strict=True))
        walked = units(turns=3).fewest_steps((0,))[n]
        assert walked == 3 * SIZES[0] / wide[0] * prod(
            ceil(s / w) for s, w in zip(SIZES[1:], wide[1:], strict=True)
        )


@pytest.mark.parametrize("walked", [(), (0,), (0, 2)])
def test_the_widest_stand_for_all(walked):
    wide = UNITS.unrolled.wide
    widest = UNITS.widest(walked).tolist()
    others = [d for d in range(3) if d not in walked]
    for n in range(len(UNITS.unrolled)):
        same = [m for m in widest if all(wide[d, m] == wide[d, n] for d in walked)]
        assert any(all(wide[d, m] >= wide[d, n] for d in others) for m in same)
    for m, n in product(widest, widest):
        alike = all(wide[d, m] == wide[d, n] for d in walked)
        above = all(wide[d, m] >= wide[d, n] for d in others)
        assert m == n or not (alike and above and (wide[others, m] > wide[others, n]).any())


def test_tiles_of_few_rows_take_more_cycles():
    """With one row along an axis nothing lies side by side there."""
    rows = [np.array(each) for each in ([1, 9], [1, 9], [1, 9])]
    found = UNITS.steps_within(rows)
    assert found.tolist() == [prod(SIZES), UNITS.least_steps.min()]


def test_words_that_all_units_hold():
    """Four units, of a tile of at most so many words each."""
    for t in (0, 1, 2):
        present = list(STRUCTURE.indexing[t])
        own = UNITS.pads[t].extents[present].prod(axis=0).max()
        assert UNITS.words_in_units(t) == UNITS.unrolled.wide[present].prod(axis=0).max() * own


def test_widths_along_what_a_tensor_misses():
    for t, (values, which) in enumerate(UNITS.along):
        missing = list(STRUCTURE.missing[t])
        assert (values[:, which] == UNITS.unrolled.wide[missing]).all()
