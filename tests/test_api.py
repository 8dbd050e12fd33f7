"""The public functions, as a user calls them."""

import subprocess
import sys
from math import prod

import pytest

import flat_plugin as flat
from flat_plugin import api
from flat_plugin.workload import parse_attention

BERT = "bert-base"
SMALL = "B=1,H=4,M=128,N=96,D=32"
SMALL_LAYER = parse_attention("B=1,H=2,M=64,N=64,D=16")


def test_fusing_saves_the_trips_of_the_scores():
    base = flat.estimate(BERT, "edge", "base", seq=512, softmax="free")
    fused = flat.estimate(BERT, "edge", "flat-r64", seq=512, softmax="free")
    scores = 12 * 512 * 512
    assert base.traffic["S"].dram == 2 * scores
    assert fused.traffic["S"].dram == 0
    assert fused.dram_words == fused.limits.compulsory_dram_words


def test_softmax_of_its_own_takes_the_scores_through_dram_twice_more():
    free = flat.estimate(BERT, "edge", "base", seq=512, softmax="free")
    serial = flat.estimate(BERT, "edge", "base", seq=512, softmax="serial")
    assert serial.dram_words - free.dram_words == 2 * 12 * 512 * 512


def test_serial_softmax_makes_the_array_wait():
    serial = flat.estimate(BERT, "edge", "flat-r64", seq=512, softmax="serial")
    overlapped = flat.estimate(BERT, "edge", "flat-r64", seq=512, softmax="overlapped")
    assert serial.bound == "MAC + SoftmaxUnit"
    assert serial.cycles - overlapped.cycles == pytest.approx(serial.busy["SoftmaxUnit"])


def test_what_does_not_fit_is_an_inequality_in_names_and_numbers():
    with pytest.raises(flat.InvalidMapping, match=r"S\[M512×N512\].*= 524,288 > 262,144 words"):
        flat.estimate(BERT, "edge", "flat-h", seq=512)


def test_spilling_takes_the_share_that_is_left_over_through_dram():
    spilled = flat.estimate(BERT, "edge", "flat-h", seq=512, overflow="spill", softmax="free")
    share = 1 - (262144 - (spilled.requirement.words - 512 * 512)) / (512 * 512)
    assert spilled.traffic["S"].dram_writes == pytest.approx(share * 12 * 512 * 512)
    assert not spilled.fits


@pytest.mark.parametrize("level", ["attention", "block", "model"])
@pytest.mark.parametrize("flow", ["base", "flat-r64"])
def test_totals_are_sums_of_parts(level, flow):
    found = flat.estimate(BERT, "edge", flow, seq=512, level=level).to_dict()
    components = sum(part["energy_pj"] for part in found["components"].values())
    operators = sum(part["energy_pj"] for part in found["operators"].values())
    assert components == pytest.approx(found["energy_pj"])
    assert operators == pytest.approx(found["energy_pj"])


def test_a_model_is_its_layers():
    block = flat.estimate("t5-small", "edge", "flat-r64", seq=512, level="block")
    model = flat.estimate("t5-small", "edge", "flat-r64", seq=512, level="model")
    assert model.cycles == 12 * block.cycles
    assert model.energy_pj == pytest.approx(12 * block.energy_pj)
    assert model.utilization == pytest.approx(block.utilization)


def test_keys_of_grouped_queries_are_fetched_once_a_group():
    layer = parse_attention("B=1,H=8,KV=2,M=128,N=128,D=32")
    found = flat.estimate(layer, "edge", "flat-r32", softmax="free")
    assert found.traffic["K"].dram_reads == 2 * 128 * 32
    assert found.traffic["Q"].dram_reads == 8 * 128 * 32


def test_streamed_keys_pass_by_once_a_row_tile():
    found = flat.estimate(BERT, "edge", "flat-r64", seq=512, stage=["Q", "S", "O"], softmax="free")
    assert found.traffic["K"].dram_reads == 512 // 64 * 12 * 512 * 64


def test_unknown_tensor_to_stage():
    with pytest.raises(flat.FlatError, match="unknown tensor"):
        flat.estimate(BERT, "edge", "flat-r64", seq=512, stage=["X"])


@pytest.mark.parametrize(("option", "value"), [("softmax", "no"), ("level", "layer"), ("overflow", "yes")])
def test_unknown_choices_name_the_right_ones(option, value):
    with pytest.raises(flat.FlatError, match="expected"):
        flat.estimate(BERT, "edge", "base", seq=512, **{option: value})


def test_a_generated_mapping_evaluates_to_the_same_figures(tmp_path):
    layer = parse_attention("B=1,H=4,M=128,N=96,D=32")
    api.generate(layer, "edge", ["flat-r32"], tmp_path)
    direct = flat.estimate(layer, "edge", "flat-r32")
    again = flat.estimate(layer, "edge", mapping=tmp_path / "flat-r32" / "fused_mapping.yaml")
    assert again.to_dict() == direct.to_dict()
    files = tmp_path / "flat-r32" / "logit"
    names = ("architecture", "problem", "mapping", "ERT")
    result = flat.evaluate_mapping(*(files / f"{name}.yaml" for name in names))
    assert result.cycles == direct.operators["logit"].cycles
    assert result.energy_pj == pytest.approx(direct.operators["logit"].energy_pj)


SETTINGS = [
    {"softmax": "serial"},
    {"softmax": "free"},
    {"softmax": "overlapped", "overflow": "spill", "dataflow": "flat-h"},
    {"dataflow": "base"},
    {"dataflow": "flash"},
]


@pytest.mark.parametrize("architecture", ["edge", "cloud"])
@pytest.mark.parametrize("options", SETTINGS)
def test_an_explanation_adds_up_to_the_estimate(options, architecture):
    found = api.explain(BERT, architecture, **{"dataflow": "flat-r64", "seq": 512} | options)
    assert [step.name for step in found.steps] == list(found.estimate.operators)
    for step in found.steps:
        work = found.estimate.operators[step.name]
        assert step.energy_pj == pytest.approx(work.energy_pj, rel=1e-12)
        busy = {p.of.removesuffix(" busy"): p.value for p in step.products if p.unit == "cycles"}
        assert busy == pytest.approx({name: cycles for name, cycles in work.busy.items() if cycles})
        for product in step.products:
            value = prod(1 / f if what.startswith("/") else f for f, what in product.factors)
            assert product.value == pytest.approx(value, rel=1e-9), product.line


def test_an_explanation_of_smaller_last_tiles():
    layer = parse_attention("B=1,H=2,M=37,N=37,D=16")
    best = flat.search(layer, "edge", factors="imperfect", softmax="free")
    found = api.explain(layer, "edge", mapping=best.mapping, softmax="free")
    assert not best.mapping["logit"].perfect
    assert sum(step.energy_pj for step in found.steps) == pytest.approx(best.estimate.energy_pj, rel=1e-12)
    assert any("the last ones are smaller" in line for step in found.steps for line in step.lines())


def test_same_input_same_bytes(tmp_path):
    layer = parse_attention("B=1,H=2,M=64,N=64,D=16")
    for place in ("one", "two"):
        api.generate(layer, "edge", ["base", "flat-r16"], tmp_path / place)
    one, two = (sorted((tmp_path / place).rglob("*.yaml")) for place in ("one", "two"))
    assert [file.read_text() for file in one] == [file.read_text() for file in two]


def test_importing_the_package_loads_nothing_heavy():
    code = "import sys, flat_plugin; print([m for m in ('numpy', 'yaml', 'jinja2') if m in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


@pytest.fixture
def own(tmp_path):
    api.generate(parse_attention(SMALL), "edge", ["flat-r32"], tmp_path)
    return tmp_path / "flat-r32" / "fused_mapping.yaml"


@pytest.mark.parametrize("option", [{"dataflow": "nonsense"}, {"dataflow": "base"}, {"stage": ["S"]}])
@pytest.mark.parametrize("function", [flat.estimate, flat.explain])
def test_a_mapping_has_its_own_dataflow(own, function, option):
    (name,) = option
    with pytest.raises(flat.FlatError, match=f"{name}: the mapping has its own"):
        function(parse_attention(SMALL), "edge", mapping=own, **option)


def test_files_are_of_dataflows_or_of_a_mapping(own, tmp_path):
    layer, output = parse_attention(SMALL), tmp_path / "out"
    with pytest.raises(flat.FlatError, match="dataflows: the mapping has its own"):
        flat.generate(layer, "edge", ["base"], output, mapping=own)
    with pytest.raises(flat.FlatError, match="stage: the mapping has its own"):
        flat.generate(layer, "edge", None, output, mapping=own, stage=["S"])
    for nothing in (None, []):
        with pytest.raises(flat.FlatError, match="nothing to write"):
            flat.generate(layer, "edge", nothing, output)
    assert not output.exists()
    assert len(flat.generate(layer, "edge", None, str(output), mapping=own).folders) == 2


def test_a_mapping_that_does_not_fit_together_is_rejected_where_that_is_asked(tmp_path):
    flat.generate(BERT, "edge", ["flat-h"], tmp_path, seq=512)
    mine = tmp_path / "flat-h" / "fused_mapping.yaml"
    (note,) = flat.generate(BERT, "edge", None, tmp_path / "note", seq=512, mapping=mine).notes
    assert "not together" in note
    with pytest.raises(flat.InvalidMapping, match="flat-h does not fit"):
        flat.generate(BERT, "edge", None, tmp_path / "out", seq=512, mapping=mine, overflow="reject")
    assert not (tmp_path / "out").exists()


def test_what_is_searched_is_not_spilled(tmp_path):
    layer = parse_attention(SMALL)
    with pytest.raises(flat.FlatError, match="overflow: flat-opt is searched among what fits"):
        flat.estimate(layer, "edge", "flat-opt", overflow="spill")
    with pytest.raises(flat.FlatError, match="overflow: flat-opt is searched among what fits"):
        flat.generate(layer, "edge", ["flat-opt"], tmp_path / "out", overflow="spill")
    assert flat.generate(layer, "edge", ["flat-opt"], tmp_path / "out").folders


@pytest.mark.parametrize(
    ("function", "choice"),
    [
        (flat.search, {"factors": "odd"}),
        (flat.search, {"objective": "beauty"}),
        (flat.search_each, {"factors": "odd"}),
        (flat.pareto, {"front": "beauty"}),
    ],
)
def test_choices_are_checked_before_anything_is_read(function, choice):
    (wrong,) = choice.values()
    with pytest.raises(flat.FlatError, match=f"unknown (choice|objective) .got '{wrong}'"):
        function(BERT, "not-there.yaml", **choice)


def test_what_the_search_command_saves_can_be_saved_from_python(tmp_path):
    layer = parse_attention(SMALL)
    found = flat.search_each(layer, "edge", ["flat-h"])
    flat.save_mapping(found.best.mapping, layer, "edge", str(tmp_path / "best.yaml"))
    again = flat.estimate(layer, "edge", mapping=tmp_path / "best.yaml")
    assert again.cycles == found.best.estimate.cycles


def test_every_public_name_is_where_it_is_said_to_be():
    assert set(flat._HOMES) == set(flat.__all__)
    assert all(getattr(flat, name) for name in flat.__all__)
    assert {name for name, home in flat._HOMES.items() if home.partition(".")[0] == "api"} <= set(api.__all__)
    assert set(api.__all__) == set(api._HOMES)
    assert all(callable(getattr(api, name)) for name in api.__all__)


def test_importing_the_functions_loads_none_of_them():
    code = "import sys, flat_plugin.api; print([m for m in sys.modules if m.startswith('flat_plugin.')][1:])"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
    assert flat.run is api.run and flat.plan is api.plan


def test_a_platform_is_an_architecture_with_its_energies() -> None:
    asked = flat.estimate(SMALL_LAYER, "edge", "flat-r16", set={"buffer_kb": 64})
    on = flat.platform("edge", set={"buffer_kb": 64})
    assert repr(on).startswith("<Platform edge, buffer_kb 64; energies: ")
    assert flat.estimate(SMALL_LAYER, on, "flat-r16").to_dict() == asked.to_dict()
    assert flat.explain(SMALL_LAYER, on, "flat-r16").estimate.to_dict() == asked.to_dict()
    assert flat.search(SMALL_LAYER, on).value == flat.search(SMALL_LAYER, "edge", set={"buffer_kb": 64}).value


@pytest.mark.parametrize("more", [{"set": {"buffer_kb": 64}}, {"ert": "ERT.yaml"}, {"estimator": "recorded"}])
def test_a_platform_has_its_own_energies(more) -> None:
    with pytest.raises(flat.FlatError, match=f"{next(iter(more))}: the platform has its own"):
        flat.estimate(SMALL_LAYER, flat.platform(), **more)
