"""Tiles: our own kernels' as their warps share them, the library's by its rule."""

import pytest

from flat_plugin.errors import FlatError
from flat_plugin.paper.h100.kernels import Tile, library_tiles, own_tiles
from flat_plugin.paper.h100.rows import Case

CORES = 132


@pytest.mark.parametrize(
    ("rows", "warps"), [(16, (1, 8)), (32, (2, 4)), (64, (2, 4)), (128, (4, 2)), (256, (8, 1))]
)
def test_flat_has_eight_warps(rows, warps):
    logit, attend = own_tiles(Case("flat", 96, 512, 512, 64, rows, 64))
    assert logit == Tile(rows, 64, 64, *warps)
    assert attend == Tile(rows, 64, 64, *warps)


def test_online_has_a_warp_for_sixteen_rows():
    logit, attend = own_tiles(Case("online", 96, 512, 512, 128, 128, 64))
    assert logit == Tile(128, 64, 128, 8, 1)
    assert attend == Tile(128, 128, 64, 8, 1)


def test_all_keys_in_one_tile_come_in_two_steps():
    logit, attend = own_tiles(Case("online", 8, 64, 64, 64, 64, 64))
    assert logit.columns == attend.step == 32


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"rows": 48}, "R_rows_per_tile: rows that warps do not share (got 48)"),
        ({"tile_keys": 40}, "Bc_keys_per_tile: not whole warps (got 40)"),
        ({"width": 72}, "d_head: not whole warps (got 72)"),
    ],
)
def test_a_tile_that_no_kernel_has_is_refused(changed, said):
    case = {"heads": 96, "queries": 512, "keys": 512, "width": 64, "rows": 16, "tile_keys": 64, **changed}
    with pytest.raises(FlatError) as refused:
        own_tiles(Case("flat", **case))
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("sizes", "logit", "attend"),
    [  # read off the counters: bytes that come to the cores tell how often each operand does
        ((96, 256, 256, 64), (128, 128), (64, 64)),
        ((96, 512, 512, 64), (128, 256), (128, 64)),
        ((96, 1024, 1024, 64), (128, 256), (256, 64)),
        ((96, 4096, 4096, 64), (128, 256), (512, 64)),
        ((1024, 512, 512, 64), (128, 256), (256, 64)),
        ((8, 2048, 2048, 128), (128, 256), (128, 128)),
        ((8, 8192, 8192, 128), (128, 256), (256, 128)),
        ((8, 1, 1024, 128), (8, 64), (8, 64)),
        ((96, 1, 1024, 128), (8, 256), (8, 64)),
        ((96, 8, 8192, 128), (8, 512), (8, 64)),
    ],
)
def test_the_library_takes_the_largest_tile_of_the_fewest_waves(sizes, logit, attend):
    tiles = library_tiles(Case("unfused", *sizes), CORES)
    assert [(tile.rows, tile.columns) for tile in tiles] == [logit, attend]


def test_a_width_that_the_library_was_not_seen_with_is_refused():
    with pytest.raises(FlatError, match="d_head: a width that is not taken"):
        library_tiles(Case("unfused", 96, 512, 512, 80), CORES)
