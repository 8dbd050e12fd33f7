"""The nests that the kernels state, as anybody could bring them."""

import pytest

from flat_plugin.errors import InvalidMapping
from flat_plugin.mapping.fused_check import check_fused
from flat_plugin.mapping.nest_text import fused_text
from flat_plugin.paper.h100.comparisons import h100_architecture
from flat_plugin.paper.h100.kernels import own_tiles
from flat_plugin.paper.h100.nests import LEVELS, over_cores, own_mapping, with_groups
from flat_plugin.paper.h100.rows import Case


def mapping_of(case):
    tiles = own_tiles(case)
    machine = with_groups(h100_architecture(), tiles[0].groups)
    return own_mapping(case.variant, case.attention, tiles, machine)


@pytest.mark.parametrize("rows", [16, 32, 64, 128])
@pytest.mark.parametrize("variant", ["flat", "online"])
def test_the_operators_share_what_the_nest_says_they_share(variant, rows):
    case = Case(variant, 96, 512, 512, 64, rows, 64)
    mapping = mapping_of(case)
    check_fused(mapping, {einsum.name: einsum for einsum in case.attention.einsums()}, LEVELS)
    assert dict(mapping.stage)["S"] == ("Shared" if variant == "flat" else "Regs")


def test_flat_keeps_whole_rows_and_streams_keys():
    text = fused_text(mapping_of(Case("flat", 96, 512, 512, 64, 16, 64)))
    assert text.splitlines()[:3] == [
        "for h in 24:  # shared",
        "  parallel m in 32:  # shared below L2",
        "    parallel h in 4:  # shared below L2",
    ]
    assert "for n in 8\n          [Shared]\n          parallel n in 8" in text  # a tile, and its warps


def test_online_shares_the_tiles_of_keys_and_the_warps():
    mapping = mapping_of(Case("online", 96, 512, 512, 64, 128, 64))
    assert dict(mapping.trips) == {"H": 96, "M": 32, "N": 8}
    assert mapping.unrolled("M") == 4 * 8 and mapping.unrolled("H") == 32  # cores, and their warps


def test_cores_take_equal_parts_in_the_fewest_turns():
    assert over_cores({"M": 32, "H": 96}, 132) == {"M": 32, "H": 4}
    assert over_cores({"M": 1, "H": 96}, 132) == {"M": 1, "H": 96}
    assert over_cores({"M": 256, "H": 8}, 132) == {"M": 128, "H": 1}
    assert over_cores({"M": 1, "H": 97}, 132) == {"M": 1, "H": 97}


def test_rows_that_shared_memory_does_not_hold_are_refused():
    with pytest.raises(InvalidMapping, match=r"Shared: S\[M64×N4096\] \+ Q\[M64×D64\] .* > 116,224 words"):
        mapping_of(Case("flat", 8, 4096, 4096, 64, 64, 64))


def test_keys_that_l2_has_no_room_for_pass_it_by():
    small, large = (mapping_of(Case("online", 8, n, n, 64, 64, 64)) for n in (65536, 524288))
    assert "K" not in small["logit"]["L2"].bypass and "K" in large["logit"]["L2"].bypass
    assert mapping_of(Case("flat", 8, 4096, 4096, 64, 16, 64)).staged == frozenset("QKVSO")
