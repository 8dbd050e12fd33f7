"""A nest for shorter lengths: tiles keep their size, and loops have as many turns as there are tiles left."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from counted_by_hand import CHIP, NEST, PRODUCT
from four_cores import CHIP as CORES
from four_cores import LAYER, on_cores
from hypothesis import given, settings
from hypothesis import strategies as st

from flat_plugin.architecture import find_architecture
from flat_plugin.energy import energy_for
from flat_plugin.mapping.named import parse_dataflow
from flat_plugin.mapspace.dataflow_mapping import map_dataflow
from flat_plugin.model.mapping_batch import batch_of
from flat_plugin.model.ragged import counts_of
from flat_plugin.model.shortened_nests import cut_batch, cut_mapping, shortened
from flat_plugin.workload import Attention

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


EDGE = find_architecture("edge")
RAGGED = Attention(1, 2, 96, 1000, 24)
LENGTHS = st.lists(st.tuples(st.integers(1, 64), st.integers(1, 1000)), min_size=1, max_size=20)


@cache
def mapped(flow):
    return map_dataflow(RAGGED, EDGE, parse_dataflow(flow), energy_for(EDGE))


def batches(flow, rows, keys):
    mapping = mapped(flow)
    for einsum in RAGGED.einsums():
        yield cut_batch(einsum, EDGE, mapping[einsum.name], {"M": np.array(rows), "N": np.array(keys)})


@pytest.mark.parametrize("flow", ["flat-r64", "base"])
@settings(deadline=None, max_examples=15)
@given(lengths=LENGTHS)
def test_counts_are_those_of_each_length_by_itself(flow, lengths):
    """What all lengths have alike is counted once; one after the other, nothing is told apart."""
    rows, keys = zip(*lengths, strict=True)
    for together, *apart in zip(
        batches(flow, rows, keys), *(batches(flow, [m], [n]) for m, n in lengths), strict=True
    ):
        every = counts_of(replace(together, alike=frozenset()))
        found = counts_of(together)
        for name in ("tiles", "partitions", "reads", "fills", "updates", "instances", "compute_cycles"):
            assert (getattr(found, name) == getattr(every, name)).all()
            alone = [getattr(counts_of(replace(one, alike=frozenset())), name) for one in apart]
            assert (getattr(found, name) == np.concatenate(alone, axis=-1)).all()


def test_dimensions_of_one_length_are_known_to_be_alike():
    logit, _ = batches("flat-r64", [64, 64], [1000, 999])
    assert [logit.einsum.dimensions[d] for d in range(4) if d not in logit.alike] == ["N"]
