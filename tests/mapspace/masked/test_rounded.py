"""Which longer squares a search under a mask has tiles of."""

from dataclasses import replace

import pytest

from flat_plugin.architecture import find_architecture
from flat_plugin.mapping.named import parse_dataflow
from flat_plugin.mapspace.masked.rounded import choices_of, families_and_squares, has_longer, squares_of, up
from flat_plugin.mapspace.outer_tilings import MOST_TILINGS
from flat_plugin.workload import parse_attention
from flat_plugin.workload.mask import mask_of

EDGE = find_architecture("edge")


def lengths(text, flow="flat-opt", factors="imperfect", mask="causal", architecture=EDGE):
    layer = replace(parse_attention(text), mask=mask_of(mask))
    dataflow = parse_dataflow(flow).with_factors(factors)
    squares = squares_of(dataflow, layer, architecture)
    assert all(square.mask.full for square in squares)
    return [(square.queries, square.keys) for square in squares]


def test_a_length_is_rounded_up():
    assert (up(197, 5), up(200, 5), up(1, 8)) == (200, 200, 8)


def test_lengths_that_little_divides_are_rounded_up_to_some_that_more_does():
    """To multiples of 5, 7 and 1 times the largest power of two that is at most a sixteenth of the length."""
    assert lengths("B=1,H=1,M=4097,D=8") == [(4160, 4160), (4256, 4256), (4352, 4352), (4097, 4097)]
    assert lengths("B=1,H=1,M=4096,D=8") == [(4160, 4160), (4256, 4256), (4096, 4096)]
    assert lengths("B=1,H=1,M=7,D=8") == [(7, 7)]


def test_the_extents_of_the_array_are_among_the_divisors():
    array = replace(EDGE, name="odd")
    compute = replace(array.compute, instances=12 * 14, mesh_x=12)
    memories = (*array.memories[:-1], replace(array.memories[-1], instances=12 * 14, mesh_x=12))
    odd = replace(array, compute=compute, memories=memories)
    assert (504, 504) in lengths("B=1,H=1,M=499,D=8", architecture=odd)  # 24 times 21, of 12 and 14


def test_rows_that_are_said_stay():
    found = lengths("B=1,H=1,M=100,N=67,D=8", flow="flat-r32")
    assert {rows for rows, _ in found} == {128} and found[-1] == (128, 67)


def test_a_tile_that_has_all_rows_is_no_taller_than_is_said():
    assert {rows for rows, _ in lengths("B=1,H=1,M=60,D=8", flow="flat-r64")} == {60, 64}


def test_short_lengths_are_rounded_up_further_as_well():
    """37 to multiples of 2, and of 5, 7 and 8."""
    assert lengths("B=1,H=1,M=37,D=8") == [(38, 38), (40, 40), (42, 42), (37, 37)]


@pytest.mark.parametrize("mask", ["full", "window=8"])
def test_rows_that_need_the_same_keys_have_them_if_the_other_search_has_not(mask):
    one = replace(parse_attention("B=1,H=1,M=1,N=37,D=8"), mask=mask_of(mask))
    assert not has_longer(one, EDGE) and has_longer(replace(one, widths={"K": 8}), EDGE)


@pytest.mark.parametrize(("factors", "mask"), [("perfect", "causal"), ("imperfect", "full")])
def test_perfect_factors_and_full_squares_have_the_layers_own(factors, mask):
    assert lengths("B=1,H=1,M=197,D=8", factors=factors, mask=mask) == [(197, 197)]


def test_squares_that_take_long_to_search_are_left_out():
    flow = parse_dataflow("flash").with_factors("imperfect")
    latent = replace(parse_attention("B=1,H=128,KV=1,M=4097,D=576,E=512"), mask=mask_of("causal"))
    quick = replace(parse_attention("B=1,H=12,M=4097,D=64"), mask=mask_of("causal"))
    assert [square.queries for _, square in families_and_squares(flow, latent, EDGE)] == [4097]
    assert len(families_and_squares(flow, quick, EDGE)) == 4
    assert MOST_TILINGS == 600_000  # of any


def test_unfused_operators_have_tiles_of_rows_in_common():
    flow = parse_dataflow("base-opt").with_factors("imperfect")
    layer = replace(parse_attention("B=1,H=1,M=6,D=1"), mask=mask_of("causal"))
    ((family, square),) = families_and_squares(flow, layer, EDGE)
    assert [shared["M"] for shared in choices_of(family, square)] == [1, 2, 3, 6]
