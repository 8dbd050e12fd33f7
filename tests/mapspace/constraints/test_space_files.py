"""Spaces: what ships, what a file may say, and what a search within one gives."""

import pytest
from typer.testing import CliRunner

import flat_plugin as flat
from flat_plugin.api import search_each
from flat_plugin.cli import app
from flat_plugin.errors import FlatError, InvalidMapping
from flat_plugin.mapspace.constraints import Constraints
from flat_plugin.mapspace.constraints.space_files import list_spaces, read_space

RUN = CliRunner()
LAYER = flat.parse_attention("B=1,H=2,M=64,N=64,D=32")
GROUPED = flat.parse_attention("B=1,H=4,KV=2,M=64,N=64,D=32")
STATIONARY = {
    "weight-stationary": {"logit": "K", "attend": "V"},
    "output-stationary": {"logit": "S", "attend": "O"},
    "input-stationary": {"logit": "Q", "attend": "P"},
}
AXES = {  # dimensions that may lie on x and on y
    "weight-stationary": {"logit": ("N", "D"), "attend": ("E", "N")},
    "output-stationary": {"logit": ("N", "MG"), "attend": ("E", "MG")},
    "input-stationary": {"logit": ("MG", "D"), "attend": ("MG", "N")},
}


def test_the_spaces_that_ship():
    assert set(list_spaces()) == set(STATIONARY)


@pytest.mark.parametrize("name", STATIONARY)
@pytest.mark.parametrize("layer", [LAYER, GROUPED])
@pytest.mark.parametrize("architecture", ["edge", "cloud"])
def test_a_search_keeps_to_its_space(name, layer, architecture):
    hardware = flat.find_architecture(architecture)
    found = search_each(layer, hardware, ["base-opt", "flat-opt"], space=name)
    for result in found.results.values():
        for einsum in layer.einsums():
            levels = result.mapping[einsum.name].levels
            kept = {tensor.name for tensor in einsum.tensors} - levels[2].bypass
            assert kept == {STATIONARY[name][einsum.name]}
            unrolled = levels[1].spatial_x, levels[1].spatial_y
            for axis, loops in zip(AXES[name][einsum.name], unrolled, strict=True):
                assert {d for d, factor in loops if factor > 1} <= set(axis)
        assert f"{STATIONARY[name]['logit']} kept in the units" in " ".join(result.space.declaration)


@pytest.mark.parametrize("objective", ["edp", "energy", "latency"])
def test_a_free_array_is_never_worse(objective):
    free = flat.search(LAYER, "edge", objective=objective)
    for name in STATIONARY:
        assert free.value <= flat.search(LAYER, "edge", objective=objective, space=name).value


def test_nothing_said_limits_nothing():
    space = {"space": {"operators": {"logit": []}}}
    assert read_space(space, LAYER, flat.find_architecture("edge")) == {"logit": Constraints()}
    assert flat.search(LAYER, "edge", space=space).value == flat.search(LAYER, "edge").value


def test_imperfect_factors_and_fronts_keep_to_it_too():
    odd = flat.parse_attention("B=1,H=1,M=37,N=37,D=32")
    uneven = flat.search(odd, "edge", factors="imperfect", space="weight-stationary")
    assert uneven.mapping["logit"].levels[2].bypass == {"Q", "S"}
    front = flat.pareto(LAYER, "edge", "energy-latency", space="output-stationary")
    assert all(mapping["attend"].levels[2].bypass == {"P", "V"} for mapping, _ in front.points)


def limited(constraint, operator="logit"):
    return {"space": {"operators": {operator: [constraint]}}}


def spatial(**more):
    return limited({"target": "GlobalBuffer", "type": "spatial"} | more)


def registers(**more):
    return limited({"target": "PERegs", "type": "dataspace"} | more)


WRONG = [
    (
        "wait-stationary",
        "space: unknown space (got 'wait-stationary'); expected input-stationary, output-stationary, "
        "weight-stationary or a file; did you mean weight-stationary?",
    ),
    ({"spice": {}}, "there is no space"),
    (
        {"space": {"operators": {"softmax": []}}},
        "unknown key (got 'softmax'); expected logit or attend",
    ),
    ({"space": {"operators": {}, "opera": 1}}, "unknown key (got 'opera'); expected description"),
    ({"space": {"operators": {"logit": "K"}}}, "space.operators.logit: not of the right kind"),
    (limited("K"), "space.operators.logit[0]: not of the right kind"),
    (limited({"target": "L2", "type": "spatial"}), "expected DRAM, GlobalBuffer or PERegs"),
    (limited({"target": "DRAM", "type": "spatial"}), "nothing is unrolled below this memory"),
    (limited({"target": "DRAM", "type": "temporal", "factors": "N=2"}), "expected spatial or dataspace"),
    (limited({"target": "GlobalBuffer", "type": "dataspace", "bypass": ["K"]}), "of a compute unit"),
    (registers(keep=["V"]), "[0].keep: unknown data space (got 'V')"),
    (registers(keep=["K"], bypass=["K"]), "kept and bypassed (got 'K')"),
    (registers(factors="N=2"), "[0].factors: unknown key"),
    (spatial(factors="N:2"), "[0].factors: a factor that cannot be read"),
    (spatial(factors="M=2 M<=x"), "[0].factors: a factor that cannot be read (got 'M<=x')"),
    (spatial(factors="Z=1 M<=x"), "[0].factors: unknown dimension (got 'Z')"),
    (spatial(factors="E=2"), "[0].factors: unknown dimension (got 'E')"),
    (spatial(factors="H=2"), "expected 1 or more of M, N, D"),
    (spatial(factors="N=0"), "N=64 is more than 32"),
    (spatial(factors="N<=0"), "[0].factors: a bound must be 1 or more (got 'N<=0')"),
    (spatial(factors="M=16 M<=2"), "[0].factors: a dimension with two factors"),
    (registers(keep=3), "[0].keep: not a list of data spaces (got 3)"),
    (registers(keep=["Z", "V"]), "[0].keep: unknown data space (got 'V'); expected one of K, Q, S"),
    (spatial(permutation="NE", split=1), "[0].permutation: unknown dimension (got 'E')"),
    (spatial(permutation="ND"), "[0].split: a permutation and a split say together what lies on x"),
    (spatial(permutation="ND", split=3), "[0].split: a permutation and a split"),
]


@pytest.mark.parametrize(("space", "message"), WRONG)
def test_what_is_wrong_is_said(space, message):
    with pytest.raises(FlatError) as caught:
        flat.search(LAYER, "edge", space=space)
    assert message in str(caught.value)


NOTHING = [
    ("M=64 N=64", {}, "M=64 is more than 32, what one axis of the array has (32 × 32 below GlobalBuffer)"),
    ("M=64", {"permutation": "M", "split": 1}, "M=64 is more than 32, what the x axis of the array has"),
    ("M=32 N=32 D=2", {}, "M=32 N=32 D=2 do not fit together on the array (32 × 32 below GlobalBuffer)"),
    ("M=8 N=8", {"permutation": "MN", "split": 2}, "M=8 N=8 do not fit together on the array"),
]


@pytest.mark.parametrize(("factors", "more", "why"), NOTHING)
def test_a_space_that_leaves_nothing(factors, more, why):
    said = "space.operators.logit: no mapping of logit is within the limits of its space: " + why
    with pytest.raises(InvalidMapping) as caught:
        flat.search(LAYER, "edge", space=spatial(factors=factors, **more))
    assert str(caught.value).startswith(said)


def test_factors_that_do_not_divide_leave_only_shorter_last_tiles():
    with pytest.raises(InvalidMapping, match="N=7 does not divide 64, the size of N"):
        flat.search(LAYER, "edge", space=spatial(factors="N=7"), factors="perfect")
    nest = flat.search(LAYER, "edge", space=spatial(factors="N=7")).mapping["logit"]
    assert dict((*nest.levels[1].spatial_x, *nest.levels[1].spatial_y))["N"] == 7


def test_every_family_refused_for_one_reason_says_it_once(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text(
        "space: {operators: {logit: [{target: GlobalBuffer, type: spatial, factors: M=64 N=64}]}}"
    )
    with pytest.raises(InvalidMapping) as caught:
        search_each(LAYER, "edge", space=file)
    assert str(caught.value).count("no mapping of logit") == 1
    assert str(caught.value).startswith(f"{file}: space.operators.logit: ")


def test_a_container_of_timeloopfe_is_a_target_too(tmp_path):
    hardware = flat.find_architecture("edge")
    array = hardware.array_below(1)
    space = limited({"target": array, "type": "spatial", "factors": "N=32"})
    assert read_space(space, LAYER, hardware) == read_space(spatial(factors="N=32"), LAYER, hardware)


def test_on_the_command_line(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text(
        "space:\n  operators:\n    logit:\n      - {target: PERegs, type: dataspace, keep: [K]}\n"
    )
    layer = ["search", "--attention", "B=1,H=2,M=64,N=64,D=32", "--space"]
    for factors, kept in (("imperfect", "kept in the units"), ("perfect", "kept in PERegs")):
        for space in (str(file), "weight-stationary"):
            done = RUN.invoke(app, [*layer, space, "--proof", "--factors", factors])
            before, found, _ = " ".join(done.output.split()).partition(kept)
            assert (done.exit_code, found) == (0, kept) and "K" in before
    file.write_text("space: {operators: {logit: [{target: L9, type: spatial}]}}")
    failed = RUN.invoke(app, [*layer, str(file)])
    assert isinstance(failed.exception, FlatError)
    assert str(failed.exception).startswith(f"{file}: space.operators.logit[0].target: not a memory of edge")


@pytest.mark.parametrize("name", STATIONARY)
@pytest.mark.parametrize("dataflow", ["base-opt", "flat-opt", "flash"])
def test_an_estimate_of_a_searched_dataflow_keeps_to_a_space(name, dataflow):
    found = flat.search(LAYER, "edge", dataflow=dataflow, space=name).estimate
    assert flat.estimate(LAYER, "edge", dataflow, space=name) == found


def test_a_step_of_decoding_keeps_to_a_space():
    step = flat.find_model("llama-3-8b").decoding()
    for name in STATIONARY:
        free, kept = (flat.estimate(step, "edge", "flat-opt", seq=256, space=space) for space in (None, name))
        assert free.cycles * free.energy_pj <= kept.cycles * kept.energy_pj


@pytest.mark.parametrize("dataflow", [None, "base", "flat-r64"])
def test_what_is_not_searched_keeps_to_no_space(dataflow):
    with pytest.raises(FlatError, match="space: .*is not searched.*flat-opt"):
        flat.estimate(LAYER, "edge", dataflow, space="weight-stationary")


def test_a_mapping_keeps_to_no_space():
    mapping = flat.search(LAYER, "edge").mapping
    with pytest.raises(FlatError, match="space: the mapping has its own"):
        flat.estimate(LAYER, "edge", mapping=mapping, space="weight-stationary")
