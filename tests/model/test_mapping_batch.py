"""Mappings as arrays and back, and mappings that do not fit their operator or chip."""

from dataclasses import replace

import numpy as np
import pytest
from counted_by_hand import CHIP, NEST, PRODUCT

from flat_plugin.errors import FlatError
from flat_plugin.mapping.last_turns import with_last_turns
from flat_plugin.mapping.nest import LevelMapping, OperatorMapping
from flat_plugin.model.mapping_batch import batch_of, check_mapping, form_of, mapping_of, spatial_loops
from flat_plugin.workload.einsum import gemm

M, N, K = range(3)


def nest(dram=(), buffer=(), regs=(), x=(), y=()):
    return OperatorMapping(
        (LevelMapping("DRAM", dram), LevelMapping("Buffer", buffer, x, y), LevelMapping("Regs", regs))
    )


def test_trips_stand_at_their_level_and_dimension():
    batch = batch_of(PRODUCT, CHIP, [NEST, NEST])
    assert (len(batch), batch.temporal.shape) == (2, (3, 3, 2))
    assert batch.temporal[:, :, 0].tolist() == [[4, 1, 1], [1, 2, 3], [1, 2, 1]]
    assert batch.spatial_x[1, :, 1].tolist() == [2, 1, 1]
    assert batch.spatial_y[1, :, 1].tolist() == [1, 1, 2]
    assert (batch.size(M), batch.operations) == (8, 192.0)


def test_what_mappings_of_a_batch_share():
    form = form_of(PRODUCT, NEST)
    assert form.order == ((M, N, K), (K, N, M), (N, M, K))
    assert form.spatial_order[1][:2] == (M, K)
    assert form.keep == ((True,) * 3,) * 3
    bypassing = replace(NEST, levels=(*NEST.levels[:2], replace(NEST.levels[2], bypass=frozenset("Z"))))
    assert form_of(PRODUCT, bypassing).keep[2] == (True, True, False)


def test_a_dimension_that_is_written_twice_counts_twice():
    twice = nest(dram=(("M", 2), ("N", 4), ("M", 2)), buffer=(("M", 2), ("K", 6)))
    batch = batch_of(PRODUCT, CHIP, [twice])
    assert batch.temporal[0, :, 0].tolist() == [4, 4, 1]
    assert batch.form.order[0] == (M, N, K)


def test_lengths_that_differ_by_mapping():
    batch = replace(batch_of(PRODUCT, CHIP, [NEST, NEST]), lengths={"M": np.array([8, 5])})
    assert (batch.size(M).tolist(), batch.size(K)) == ([8, 5], 6)
    assert batch.operations.tolist() == [8 * 24, 5 * 24]


def loops(mapping):
    """Of every level, without those of one turn."""
    return [
        tuple(
            tuple((d, n) for d, n in own if n > 1)
            for own in (level.temporal, level.spatial_x, level.spatial_y)
        )
        for level in mapping.levels
    ]


def test_there_and_back():
    back = mapping_of(batch_of(PRODUCT, CHIP, [NEST]), 0)
    assert loops(back) == loops(NEST)
    check_mapping(PRODUCT, CHIP, back)


def test_last_turns_come_back():
    short = with_last_turns(
        nest(dram=(("M", 3),), buffer=(("N", 4), ("K", 6)), regs=(("M", 3),)), dict(PRODUCT.bounds)
    )
    back = mapping_of(batch_of(PRODUCT, CHIP, [short]), 0)
    assert back.levels[2].last_temporal == (("M", 2),)
    assert not back.perfect


def test_unrolled_loops_in_the_order_of_their_numbers():
    """On X in the order of first mention, then on Y in that of last mention."""
    assert spatial_loops((0, 1, 0, 2)) == [("x", 0), ("x", 1), ("x", 2), ("y", 1), ("y", 0), ("y", 2)]


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        (nest(dram=(("M", 8), ("N", 4), ("K", 5))), "dimension K multiply to 5"),
        (nest(dram=(("M", 8), ("N", 4), ("K", 6), ("B", 1))), "mapping.DRAM: unknown dimension"),
        (nest(dram=(("M", 8), ("N", 4), ("K", 0))), "mapping.DRAM.K: a factor must be 1 or more"),
        (OperatorMapping(NEST.levels[::-1]), "one entry for each memory, outermost first"),
        (OperatorMapping(NEST.levels[:2]), "one entry for each memory"),
    ],
)
def test_mappings_that_do_not_fit(mapping, message):
    with pytest.raises(FlatError, match=message):
        check_mapping(PRODUCT, CHIP, mapping)


def test_a_shorter_last_turn_is_not_unrolled_as_the_outermost_loop():
    """Timeloop does not count it; with a loop in time outside it does."""
    einsum = gemm("product", 3, 6, 4)
    alone = with_last_turns(
        nest(buffer=(("N", 4), ("K", 6)), regs=(("M", 2),), x=(("M", 2),)), dict(einsum.bounds)
    )
    check_mapping(einsum, CHIP, alone)  # the loop inside is short, the unrolled one is not
    short = replace(alone.levels[1], spatial_x=(("M", 4),), last_spatial=(("M", 3),))
    with pytest.raises(FlatError, match="is unrolled and has a shorter last turn.*a loop over M in time"):
        check_mapping(einsum, CHIP, OperatorMapping((alone.levels[0], short, LevelMapping("Regs"))))
    around = replace(short, spatial_x=(("M", 2),), last_spatial=(("M", 1),), temporal=(("N", 4), ("K", 6)))
    whole = OperatorMapping((LevelMapping("DRAM", (("M", 2),)), around, LevelMapping("Regs")))
    check_mapping(einsum, CHIP, whole)
