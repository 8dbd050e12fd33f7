"""Bytes out of the nests, against the formulas that were derived by hand from the kernels' text."""

import pytest

from flat_plugin.paper.h100.comparisons import h100_architecture
from flat_plugin.paper.h100.rows import Case
from flat_plugin.paper.h100.traffic import Moved, kernels_of, working_set

SIZES = [(3, 256, 320, 64), (96, 512, 512, 128), (7, 768, 640, 64), (131, 256, 256, 128), (997, 256, 128, 64)]


def moved_of(case):
    kernels = kernels_of(case, h100_architecture())
    return sum(kernels[1:], kernels[0])


@pytest.mark.parametrize(("heads", "queries", "keys", "width"), SIZES)
@pytest.mark.parametrize("rows", [16, 32, 64, 128])
def test_flat(heads, queries, keys, width, rows):
    m = 1 if rows <= 32 else 2
    along_rows = rows // 16 // m
    along_keys, blocks = 8 // along_rows, heads * queries // rows
    reads = along_keys * rows * width * 2 + 2 * along_rows * keys * width * 2 + 3 * rows * keys * 2
    reads += along_keys * rows * keys * 2 + 2 * rows * width * 2
    writes = rows * width * 2 + 2 * keys * width * 2 + 3 * rows * keys * 2 + 2 * rows * width * 2
    q, k = heads * queries * width * 2, heads * keys * width * 2
    assert moved_of(Case("flat", heads, queries, keys, width, rows, 64)) == Moved(
        dram_read=q + 2 * k,
        dram_write=q,
        l2_to_sm=q + queries // rows * 2 * k,
        sm_to_l2=q,
        shared_read=blocks * reads,
        shared_write=blocks * writes,
        macs=2 * heads * queries * keys * width,
        exponentials=heads * queries * keys,
        cores=min(132, blocks),
    )


@pytest.mark.parametrize(("heads", "queries", "keys", "width"), SIZES)
@pytest.mark.parametrize(("rows", "tile_keys"), [(64, 64), (128, 64), (128, 128)])
def test_online(heads, queries, keys, width, rows, tile_keys):
    keys -= keys % tile_keys
    blocks, q, k = heads * queries // rows, heads * queries * width * 2, heads * keys * width * 2
    moved = moved_of(Case("online", heads, queries, keys, width, rows, tile_keys))
    assert (moved.l2_to_sm, moved.sm_to_l2) == (q + queries // rows * 2 * k, q)
    assert moved.shared_read == blocks * (3 * rows * width * 2 + 2 * (rows // 16) * keys * width * 2)
    assert moved.shared_write == blocks * (3 * rows * width * 2 + 2 * keys * width * 2)
    assert (moved.dram_read, moved.dram_write) == (q + 2 * k, q)


def test_unfused_puts_the_scores_through_memory_twice():
    heads, tokens, width = 96, 1024, 64
    logit, softmax, attend = kernels_of(Case("unfused", heads, tokens, tokens, width), h100_architecture())
    q, s = heads * tokens * width * 2, heads * tokens * tokens * 2
    assert (logit.dram_read, logit.dram_write) == (2 * q, s)
    assert (softmax.dram_read, softmax.dram_write) == (s, s)
    assert (attend.dram_read, attend.dram_write) == (s + q, q)
    tiles = heads * (tokens // 128) * (tokens // 256)
    claimed = 32 * (tiles - 132)
    assert logit.sm_to_l2 == s + claimed
    assert logit.l2_to_sm == q * (tokens // 256) + q * (tokens // 128) + claimed


def test_rows_of_a_group_are_multiplied_eight_at_a_time():
    logit, softmax, attend = kernels_of(Case("unfused", 8, 1, 1024, 128), h100_architecture())
    assert logit.macs == attend.macs == 8 * 8 * 1024 * 128
    assert softmax.exponentials == 8 * 1024 and attend.dram_write == 8 * 128 * 2


def test_a_last_tile_is_fetched_whole_and_stored_as_it_is():
    whole, part = (moved_of(Case("flat", 4, m, n, 64, 16, 64)) for m, n in ((16, 192), (8, 150)))
    assert part.macs == whole.macs and part.shared_read == whole.shared_read
    assert part.sm_to_l2 == whole.sm_to_l2 / 2
    assert part.dram_read == 4 * 64 * 2 * (8 + 2 * 150)


def test_working_set():
    q, s = 96 * 512 * 64 * 2, 96 * 512 * 512 * 2
    assert working_set(Case("flat", 96, 512, 512, 64, 16, 64)) == 4 * q
    assert working_set(Case("unfused", 96, 512, 512, 64)) == 4 * q + 2 * s
