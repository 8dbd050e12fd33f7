"""``flat-r``: the tallest tile that fits, and rows that no tile has."""

import pytest

import flat_plugin as flat
from flat_plugin.energy import energy_for
from flat_plugin.errors import FlatError
from flat_plugin.mapping.named import parse_dataflow
from flat_plugin.mapspace.dataflow_mapping import joint_requirement, map_dataflow

EDGE = flat.find_architecture("edge")


def mapped(layer, flow, **options):
    return map_dataflow(layer, EDGE, parse_dataflow(flow), energy_for(EDGE), **options)


def test_rows_that_fit_whole_are_preferred_to_taller_ones_that_spill():
    layer = flat.parse_attention("B=1,H=2,M=4096,N=4096,D=64")
    whole, spilling = mapped(layer, "flat-r"), mapped(layer, "flat-r", spill=True)
    assert whole.dataflow.name == spilling.dataflow.name == "flat-r32"
    assert joint_requirement(layer, EDGE, spilling).fits
    assert mapped(layer, "flat-r512", spill=True).dataflow.name == "flat-r512"  # asked for, it spills


def test_rows_that_do_not_divide_are_refused_as_what_does_not_fit():
    layer = flat.parse_attention("B=1,H=1,M=42,N=64,D=16")
    with pytest.raises(
        flat.InvalidMapping, match="flat-r4: 4 rows a tile do not divide the 42 queries; 1, 2"
    ):
        perfect = parse_dataflow("flat-r4").with_factors("perfect")
        map_dataflow(layer, EDGE, perfect, energy_for(EDGE))
    assert dict(mapped(layer, "flat-r4").trips)["M"] == 11  # the last of them 2 rows tall


@pytest.mark.parametrize("tokens", [2**40 + 1, 10**23])
def test_a_size_beyond_all_measure_is_refused_at_once(tokens):
    with pytest.raises(FlatError, match="a size that is too large"):
        flat.estimate("bert-base", EDGE, "base", seq=tokens)
