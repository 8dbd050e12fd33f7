"""A nest for shorter lengths: tiles keep their size, and loops have as many turns as there are tiles left."""

from dataclasses import replace

import numpy as np
import pytest
from counted_by_hand import CHIP, NEST, PRODUCT
from four_cores import CHIP as CORES
from four_cores import LAYER, on_cores

from flat_plugin.model.mapping_batch import batch_of
from flat_plugin.model.shortened_nests import cut_batch, cut_mapping, shortened

ROWS = np.arange(1, 9)


def left(size, trips):
    """Trips from the innermost loop out, of a dimension of this size."""
    found = []
    for full in trips:
        found.append(min(full, size))
        size = -(-size // full) if size > full else 1
    return found


def test_rows_are_cut_from_the_inside_out():
    """M is two units side by side, four times: three rows are two units twice."""
    batch = cut_batch(PRODUCT, CHIP, NEST, {"M": ROWS})
    for n, rows in enumerate(ROWS):
        assert [batch.spatial_x[1, 0, n], batch.temporal[0, 0, n]] == left(rows, [2, 4])
    assert (batch.temporal[:, 1] == [[1]] + [[2]] * 2).all()  # N is as it was
    assert batch.lengths["M"] is ROWS or (batch.lengths["M"] == ROWS).all()
    assert batch.operations.tolist() == [rows * 24 for rows in ROWS]


def test_several_dimensions_at_once():
    batch = cut_batch(PRODUCT, CHIP, NEST, {"M": np.array([8, 1]), "K": np.array([3, 6])})
    assert batch.spatial_y[1, 2].tolist() == [2, 2]
    assert batch.temporal[1, 2].tolist() == [2, 3]
    assert batch.operations.tolist() == [8 * 4 * 3, 1 * 4 * 6]


def test_each_of_a_batch_may_come_several_times():
    dram, buffer, regs = NEST.levels
    levels = (replace(dram, temporal=(("M", 2),)), buffer, replace(regs, temporal=(("N", 2), ("M", 2))))
    other = replace(NEST, levels=levels)
    batch = batch_of(PRODUCT, CHIP, [NEST, other], batch_of(PRODUCT, CHIP, [NEST]).form)
    cut = shortened(batch, np.array([1, 0, 1]), {"M": np.array([8, 8, 3])})
    assert cut.temporal[2, 0].tolist() == [2, 1, 2]
    assert cut.spatial_x[1, 0].tolist() == [2, 2, 2]
    assert cut.temporal[0, 0].tolist() == [2, 4, 1]


@pytest.mark.parametrize(("keys", "cores"), [(8, 2), (5, 2), (4, 1), (3, 1)])
def test_a_layer_of_fewer_keys_shares_fewer_loops(keys, cores):
    """Four keys a core: up to four keys are in one alone, and the loop over cores is the operator's own."""
    mapping = on_cores(online=True)
    cut = cut_mapping(mapping, LAYER, replace(LAYER, keys=keys), CORES)
    assert dict(cut.shared[1].spatial).get("N", 1) == cores
    for name in ("logit", "attend"):
        levels = cut[name].levels
        assert dict(levels[1].spatial_x).get("N", 1) == cores
        assert dict(levels[2].temporal)["N"] == min(keys, 4)
    assert cut.stage == mapping.stage
