"""Searches under masks, as users ask for them."""

import pytest

import flat_plugin as flat

LONG = flat.parse_attention("B=1,H=4,M=65536,N=65536,D=64")


def test_a_search_knows_the_masks_of_a_model():
    found = flat.search("gpt2", "edge", seq=256, dataflow="base-opt")
    rows = 256 // dict(found.mapping.trips)["M"]
    assert rows < 256  # lower tiles touch fewer keys
    assert found.estimate.scores.touched < 12 * 256 * 256
    whole = flat.search("gpt2", "edge", seq=256, mask="full", dataflow="base-opt", factors="perfect")
    assert (found.factors, found.perfect_because) == ("imperfect", "") and found.value < whole.value
    named = flat.estimate("gpt2", "edge", "base", seq=256, softmax="serial")
    assert found.value <= named.cycles * named.energy_pj


@pytest.mark.parametrize(
    ("mask", "factors"),
    [
        ("causal", "imperfect"),
        ("window=512", "perfect"),
        ("window=64:64,global=16", "perfect"),
        ("window=512,sinks=4", "perfect"),
    ],
)
@pytest.mark.parametrize("family", ["base-opt", "flash"])
def test_long_layers_evaluate_as_they_were_compared(family, mask, factors):
    """More kinds of iterations than are counted one by one: the search itself compares with the engine."""
    found = flat.search(LONG, "edge", mask=mask, dataflow=family, factors=factors)
    full = flat.search(LONG, "edge", mask="full", dataflow=family, factors="perfect")
    assert found.proven and found.value < full.value
    assert any("under the mask" in reason for reason in found.space.reasons)


def test_what_bounds_may_change_from_iteration_to_iteration():
    """Short iterations wait for DRAM, long ones compute: the search compares with the engine by itself."""
    layer = flat.parse_attention("B=1,H=128,KV=1,M=4096,N=4096,D=576,E=512,V=K")
    found = flat.search(layer, "cloud", mask="causal", dataflow="base-opt", factors="perfect")
    assert found.proven and 4096 // dict(found.mapping.trips)["M"] < 4096 / 256


def test_rows_that_need_the_same_keys_are_a_dense_layer():
    step = {"queries": 1, "seq": 8192, "dataflow": "base-opt"}
    window = flat.search("mistral-7b", "edge", **step)
    cut = flat.search("mistral-7b", "edge", **step | {"seq": 4096}, mask="full")
    assert window.value == cut.value and window.factors == cut.factors == "imperfect"


def test_a_saved_mapping_gives_the_same_figures(tmp_path):
    asked = {"seq": 128, "mask": "causal,window=40"}
    for family in ("base-opt", "flat-opt", "flash"):
        found = flat.search("bert-base", "edge", **asked, bits="K=8,V=8", dataflow=family)
        file = tmp_path / f"{family}.yaml"
        flat.save_mapping(found.mapping, "bert-base", "edge", file, **asked)
        again = flat.estimate("bert-base", "edge", mapping=file, **asked, bits="K=8,V=8", softmax="serial")
        assert again.cycles == pytest.approx(found.estimate.cycles)
        assert again.energy_pj == pytest.approx(found.estimate.energy_pj)


def test_tiles_need_not_divide_the_lengths():
    """A prime number of tokens has no divisors, and is searched as well as others."""
    asked = {"seq": 197, "dataflow": "flat-opt"}
    found, perfect = (
        flat.search("gpt2", "edge", **asked),
        flat.search("gpt2", "edge", **asked, factors="perfect"),
    )
    assert (found.factors, perfect.factors) == ("imperfect", "perfect") and found.value < perfect.value / 20
    assert found.estimate.workload["mask"] == "causal"
    space = str(found.space.to_dict())
    assert "tiles divide m × n = 197 × 197, 200 × 200, " in space and "perfect factors" not in space
    assert "last tiles smaller" in space
    whole = flat.search("gpt2", "edge", **asked | {"seq": 200})
    assert 0.9 < found.value / whole.value < 1.1


@pytest.mark.parametrize("bits", [None, "K=8"])
def test_a_step_fills_an_odd_array_as_named_dataflows_do(bits):
    """Its one row needs 100 keys, of which 13 and 7 divide none."""
    layer = flat.parse_attention("B=1,H=4,M=1,N=131,D=24")
    asked = {"mask": "causal,window=100", "bits": bits, "set": {"pes": [13, 7]}}
    found = flat.search(layer, "cloud", dataflow="base-opt", objective="latency", softmax="serial", **asked)
    assert found.value <= flat.estimate(layer, "cloud", "base", softmax="serial", **asked).cycles


def test_a_tile_that_has_all_rows_is_rounded_up():
    layer = flat.parse_attention("B=1,H=6,KV=1,M=37,D=32")
    asked = {"mask": "causal,sinks=4,window=30", "bits": "Q=8,O=32", "softmax": "overlapped"}
    asked["set"] = {"pes": [13, 7]}
    found = flat.search(layer, "edge", dataflow="flat-r64", **asked)
    named = flat.estimate(layer, "edge", "flat-r64", **asked)
    assert found.value <= named.cycles * named.energy_pj


def test_rows_that_are_said_need_not_divide_the_queries():
    found = flat.search("gpt2", "edge", seq=100, dataflow="flat-r32")
    assert dict(found.mapping.trips)["M"] == 4 and found.estimate.workload["mask"] == "causal"
    with pytest.raises(flat.FlatError, match="32 rows a tile do not divide"):
        flat.search("gpt2", "edge", seq=100, dataflow="flat-r32", factors="perfect")


def test_families_are_compared_under_a_mask():
    both = flat.compare("base-opt", "flash", "gpt2", "edge", seq=128)
    assert {side.estimate["workload"]["mask"] for side in (both.a, both.b)} == {"causal"}


@pytest.mark.parametrize("choice", ["topk=32", "topk=32:tile", "topk=32,page=8", "topk=32,index=4x16"])
@pytest.mark.parametrize("family", ["base-opt", "flat-opt"])
def test_selected_keys_are_searched(choice, family):
    """The figures are those of an estimate, by which named dataflows are not better."""
    asked = {"seq": 128, "mask": f"causal,{choice}", "set": {"topk_lanes": 16}}
    found = flat.search("t5-small", "edge", dataflow=family, objective="latency", **asked)
    again = flat.estimate("t5-small", "edge", mapping=found.mapping, **asked)
    assert found.value == again.cycles == found.estimate.cycles
    assert found.estimate.energy_pj == pytest.approx(again.energy_pj)
    named = flat.estimate("t5-small", "edge", "base" if family == "base-opt" else "flat-r", **asked)
    assert found.value <= named.cycles
    assert found.estimate.scores.bound == (choice in ("topk=32", "topk=32,page=8", "topk=32,index=4x16"))


def test_an_index_needs_a_unit_in_searches_too():
    with pytest.raises(flat.FlatError, match="no top-k unit"):
        flat.search("t5-small", "edge", seq=64, mask="causal,topk=8,index=4x16")


def test_selected_keys_have_any_tiles():
    asked = {"seq": 67, "mask": "causal,topk=8", "dataflow": "flat-opt"}
    found = flat.search("gpt2", "edge", **asked)
    assert found.factors == "imperfect"
    assert found.value < flat.search("gpt2", "edge", **asked, factors="perfect").value
    again = flat.estimate(
        "gpt2", "edge", mapping=found.mapping, seq=67, mask="causal,topk=8", softmax="serial"
    )
    assert again.cycles == found.estimate.cycles
    assert again.energy_pj == pytest.approx(found.estimate.energy_pj)


@pytest.mark.parametrize("softmax", ["free", "serial", "overlapped", "array"])
@pytest.mark.parametrize("family", ["flat-r4", "flash"])
def test_query_heads_of_a_group_that_follow_each_other_all_count(family, softmax):
    """A search whose figures are not the engine's raises."""
    layer = flat.parse_attention("B=1,H=4,KV=2,M=13,N=13,D=8")
    found = flat.search(layer, "edge", dataflow=family, bits="S=32", softmax=softmax, objective="latency")
    assert found.proven and found.estimate.cycles == pytest.approx(found.value)
