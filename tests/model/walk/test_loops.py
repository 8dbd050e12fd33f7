"""Loops of a mapping from the innermost out, and the memories they belong to."""

import pytest
from counted_by_hand import NEST, PRODUCT

from flat_plugin.mapping.last_turns import with_last_turns
from flat_plugin.mapping.nest import LevelMapping, OperatorMapping
from flat_plugin.model.walk.loops import blocks_of, instances, loops_of, turns
from flat_plugin.workload.einsum import gemm

M, N, K = range(3)


def ragged(rows):
    """Rows three by three in the registers, two units side by side, the rest from DRAM."""
    levels = (
        LevelMapping("DRAM", (("M", -(-rows // 6)),)),
        LevelMapping("Buffer", (), (("M", 2),)),
        LevelMapping("Regs", (("M", 3),)),
    )
    einsum = gemm("product", rows, 1, 1)
    return loops_of(einsum, with_last_turns(OperatorMapping(levels), dict(einsum.bounds)))


def test_loops_of_one_turn_are_left_out():
    """Inside a block those that unroll come first, across x and then y."""
    found = [
        (loop.block, loop.across, loop.dimension, loop.trips, loop.stride) for loop in loops_of(PRODUCT, NEST)
    ]
    assert found == [
        (0, "", N, 2, 1),
        (1, "x", M, 2, 1),
        (1, "y", K, 2, 1),
        (1, "", K, 3, 2),
        (1, "", N, 2, 2),
        (2, "", M, 4, 2),
    ]


def test_extents_of_what_a_pass_covers():
    loops = loops_of(PRODUCT, NEST)
    assert [loop.full for loop in loops] == [(1, 2, 1), (2, 2, 1), (2, 2, 2), (2, 2, 6), (2, 4, 6), (8, 4, 6)]
    assert all(loop.short == loop.full and not loop.ragged for loop in loops)
    assert [loop.edge for loop in loops] == [True, False, False, False, True, True]
    assert [loop.lead for loop in loops] == [False, False, True, False, False, False]


def test_a_memory_without_loops_has_one_of_a_single_turn():
    loops = ragged(6)
    assert [(loop.block, loop.trips, loop.dimension) for loop in loops] == [
        (0, 3, M),
        (1, 2, M),
        (1, 1, K),
        (2, 1, K),
    ]


@pytest.mark.parametrize(
    ("rows", "last", "short"), [(12, (3, 2, 2), 12), (11, (2, 2, 2), 11), (8, (2, 1, 2), 8)]
)
def test_last_turns(rows, last, short):
    loops = [loop for loop in ragged(rows) if loop.dimension == M]
    assert tuple(loop.last for loop in loops) == last
    assert (loops[-1].full[M], loops[-1].short[M]) == (12, short)
    assert bool(loops[-1].ragged) == (rows < 12)


@pytest.mark.parametrize("rows", [1, 5, 6, 7, 8, 11, 12, 13])
def test_turns_are_counted_one_by_one(rows):
    """Of the innermost loop: tiles of three rows, and rows; of the units: what they have side by side."""
    loops = ragged(rows)
    starts = range(0, rows, 3)
    assert turns(loops, 0) == (len(starts), rows)
    assert turns(loops, 1) == (len(range(0, rows, 6)), len(starts))
    used = [len([s for s in starts if s // 6 == block]) for block in range(-(-rows // 6))]
    assert instances(loops, 0) == pytest.approx(sum(used) / len(used))


def test_blocks():
    regs, buffer, dram = blocks_of(loops_of(PRODUCT, NEST))
    assert (regs.inner, regs.outer, regs.fanout, regs.unrolled) == (0, 0, 1, False)
    assert (buffer.inner, buffer.outer, buffer.fanout, buffer.unrolled) == (2, 4, 4, True)
    assert (dram.inner, dram.outer, dram.fanout) == (5, 5, 1)
    assert instances(loops_of(PRODUCT, NEST), 0) == 4
    assert instances(loops_of(PRODUCT, NEST), 3) == 1
