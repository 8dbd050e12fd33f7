"""Named dataflows at lengths with few divisors."""

from dataclasses import replace
from math import prod

import pytest

import flat_plugin as flat
from flat_plugin.architecture import find_architecture
from flat_plugin.architecture.overrides import overridden
from flat_plugin.energy import energy_for
from flat_plugin.mapping.named import list_dataflows, parse_dataflow
from flat_plugin.mapping.read import read_mapping
from flat_plugin.mapspace.dataflow_mapping import map_dataflow
from flat_plugin.model.mapping_batch import check_mapping

EDGE = find_architecture("edge")
SHORT = {"rows": "B=1,H=2,M=37,N=53,D=16", "heads": "B=2,H=4,KV=2,M=29,N=17,D=12,E=20"}
NAMED = [flow.name for flow in list_dataflows() if not flow.searched] + ["flat-r8", "base-r5", "flat-r64"]


def mapped(layer, flow, architecture=EDGE):
    return map_dataflow(layer, architecture, parse_dataflow(flow), energy_for(architecture))


def filled(layer, mapping, architecture):
    """The part of the array's steps that has work, of both operators together."""
    nests = [mapping[einsum.name] for einsum in layer.einsums()]
    steps = sum(prod(n for level in nest.levels for _, n in level.temporal) for nest in nests)
    return sum(einsum.operations for einsum in layer.einsums()) / steps / architecture.compute.instances


@pytest.mark.parametrize("shape", SHORT.values(), ids=SHORT)
@pytest.mark.parametrize("flow", [name for name in NAMED if name != "base-r5"])
def test_covers_the_layer_and_reads_back(shape, flow, tmp_path):
    layer = flat.parse_attention(shape)
    answer = flat.estimate(layer, "edge", flow)
    for einsum in layer.einsums():
        check_mapping(einsum, EDGE, answer.mapping[einsum.name])
    flat.save_mapping(answer.mapping, layer, "edge", tmp_path / "mapping.yaml")
    again = flat.estimate(layer, "edge", mapping=tmp_path / "mapping.yaml")
    assert (again.cycles, again.energy_pj) == (answer.cycles, answer.energy_pj)


@pytest.mark.parametrize(("model", "least"), [("vit-b-16", 0.95), ("whisper-base", 0.95)])
@pytest.mark.parametrize("flow", ["base", "flat-r"])
def test_odd_lengths_fill_the_edge_array(model, least, flow):
    layer = flat.find_model(model).attention()
    assert filled(layer, mapped(layer, flow), EDGE) >= least


@pytest.mark.parametrize("pes", [[12, 14], [32, 32]])
def test_neighbouring_lengths_fill_it_alike(pes):
    array = overridden(EDGE, {"pes": pes, "buffer_kb": 4096})
    for length in (500, 503, 509, 512, 520):
        layer = flat.parse_attention(f"B=1,H=1,M={length},N={length},D=64")
        for flow in ("base", "flat-h"):
            assert filled(layer, mapped(layer, flow, array), array) >= 0.9


def test_perfect_factors_keep_to_divisors():
    layer = flat.parse_attention("B=1,H=1,M=197,N=197,D=64")
    ragged, perfect = (
        flat.estimate(layer, "edge", "base", softmax="free", factors=f) for f in (None, "perfect")
    )
    assert all(operator.perfect for _, operator in perfect.mapping.operators)
    assert ragged.cycles * 20 < perfect.cycles
    with pytest.raises(flat.InvalidMapping, match="64 rows a tile do not divide the 197 queries; 1, 197 do"):
        flat.estimate(layer, "edge", "flat-r64", factors="perfect")
    assert dict(flat.estimate(layer, "edge", "flat-r64").mapping.trips)["M"] == 4


def test_factors_of_what_has_its_own_are_refused(tmp_path):
    layer = flat.parse_attention("B=1,H=1,M=16,N=16,D=8")
    mapping = flat.estimate(layer, "edge", "flat-h").mapping
    with pytest.raises(flat.FlatError, match="the mapping has its own"):
        flat.estimate(layer, "edge", mapping=mapping, factors="perfect")
    with pytest.raises(flat.FlatError, match="imperfect or perfect"):
        flat.estimate(layer, "edge", "base", factors="ragged")


def test_files_say_how_small_the_last_tile_is(tmp_path):
    layer = flat.parse_attention("B=1,H=1,M=500,N=512,D=64")
    (logit, _) = flat.generate(layer, "edge", ["flat-r64"], tmp_path).folders
    text = (logit / "mapping.yaml").read_text()
    assert "M=8 " in text.replace(",", " ")
    nest = read_mapping(flat.documents.load(text), layer.logit(), EDGE)
    assert nest.covers("M") == 500
    assert not nest.perfect


def test_a_tile_may_be_taller_than_a_divisor():
    """16,381 rows are prime; the tallest tile that fits and fills the array is one of whole array rows."""
    layer = flat.parse_attention("B=1,H=1,M=16381,N=1024,D=64")
    mapping = mapped(layer, "flat-r")
    assert mapping.dataflow.rows % 32 == 0
    assert filled(layer, mapping, EDGE) >= 0.95
    perfect = map_dataflow(
        layer, EDGE, replace(parse_dataflow("flat-r"), factors="perfect"), energy_for(EDGE)
    )
    assert perfect.dataflow.rows == 1


@pytest.mark.parametrize("array", ["edge", "cloud"])
def test_a_prime_length_has_tiles_as_tall_as_its_neighbour(array):
    """One row a tile would be 100 times slower."""
    chip = find_architecture(array)
    rows = [
        mapped(flat.parse_attention(f"B=1,H=1,M={n},N={n},D=64"), "flat-r", chip).dataflow.rows
        for n in (65521, 65536)
    ]
    assert rows[0] >= rows[1]
