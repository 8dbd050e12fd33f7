"""Families: every choice of shared loops that a dataflow leaves open."""

from dataclasses import replace

import pytest

import flat_plugin as flat
from flat_plugin.mapping.named import parse_dataflow
from flat_plugin.mapspace.family import families_of, family_of

LAYER = flat.parse_attention("B=2,H=3,M=8,N=4,D=16")
GROUPED = flat.parse_attention("B=1,H=4,KV=2,M=4,N=4,D=16")
HEADS = (("B", 2), ("H", 3))


def choices(name, layer=LAYER):
    return [shared.trips for shared in family_of(parse_dataflow(name), layer).shared]


def test_unfused_operators_share_nothing():
    family = family_of(parse_dataflow("base-opt"), LAYER)
    assert ([shared.trips for shared in family.shared], family.fused, family.held) == ([()], False, None)


@pytest.mark.parametrize(("name", "walked", "spanned"), [("flat-m", (), 6), ("flat-b", (("B", 2),), 3)])
def test_tiles_of_several_heads_span_them(name, walked, spanned):
    family = family_of(parse_dataflow(name), LAYER)
    assert ([shared.trips for shared in family.shared], family.spanned) == ([walked], spanned)


def test_rows_are_shared_in_every_tile():
    assert choices("flat-opt") == [(*HEADS, ("M", m)) for m in (1, 2, 4, 8)]
    assert choices("flat-h") == [(*HEADS, ("M", 1))]
    assert choices("flat-r2") == [(*HEADS, ("M", 4))]
    assert family_of(parse_dataflow("flat-opt"), LAYER).spanned == 1


def test_online_keys_are_shared_as_well():
    found = choices("flash")
    assert len(found) == 4 * 3
    assert {dict(each)["N"] for each in found} == {1, 2, 4}


def test_query_heads_of_a_group():
    assert {dict(each)["G"] for each in choices("flat-opt", GROUPED)} == {1, 2}
    assert all(dict(each)["H"] == 2 for each in choices("flat-opt", GROUPED))


def test_where_v_is_a_part_of_k_it_is_held_or_not():
    joint = replace(LAYER, kv_heads=3, joint=True)
    assert [family.held for family in families_of(parse_dataflow("flat-opt"), joint)] == [True, False]
    assert [family.held for family in families_of(parse_dataflow("flat-opt"), LAYER)] == [None]
    assert [family.held for family in families_of(parse_dataflow("base-opt"), joint)] == [None]
