from __future__ import annotations

from flat_plugin.workload.blocks import Blocks
from flat_plugin.workload.mask import Mask, parse_mask
from flat_plugin.workload.picture import picture


def test_a_causal_mask_in_tiles_of_two_rows():
    assert picture(parse_mask("causal"), 6, 6, 2) == (
        "#+....",
        "##....",
        "###+..",
        "####..",
        "#####+",
        "######",
    )


def test_sinks_beside_a_window():
    assert picture(parse_mask("window=2,sinks=1"), 5, 5, 1) == ("#....", "##...", "###..", "#.##.", "#..##")


def test_blocks_in_a_tile_of_all_rows():
    blocks = Mask(blocks=Blocks(1, 2, ("100", "010")))
    assert picture(blocks, 2, 5, 2) == ("##++.", "++##.")


def test_a_long_layer_is_drawn_in_steps():
    drawn = picture(parse_mask("causal"), 1 << 20, 1 << 20, 64, most=4)
    assert drawn == ("#...", "##..", "###.", "####")
