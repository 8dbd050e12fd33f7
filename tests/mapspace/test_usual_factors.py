"""Which tiles searches have where nobody says: any, where that takes seconds, else those that divide."""

import json
from math import prod
from pathlib import Path

import pytest
from typer.testing import CliRunner

import flat_plugin as flat
from flat_plugin.architecture.overrides import override
from flat_plugin.cli import app
from flat_plugin.mapping.named import parse_dataflow
from flat_plugin.mapspace.usual_factors import usual_factors, why_perfect
from flat_plugin.workload import parse_mask

EXAMPLES = Path(__file__).parents[2] / "examples"
SMALL = "B=1,H=2,M=37,N=53,D=16"  # primes
LAYER = flat.parse_attention(SMALL)
EDGE, CLOUD = flat.find_architecture("edge"), flat.find_architecture("cloud")
NPU = flat.find_architecture(EXAMPLES / "npu4.yaml")
LONG = flat.parse_attention("B=1,H=1,M=65537,N=65537,D=64")
MASKED = flat.parse_attention(SMALL.replace("37", "53"))
RUN = CliRunner()


def masked(layer, mask):
    return flat.Attention(
        layer.batch, layer.heads, layer.queries, layer.keys, layer.head_dim, mask=parse_mask(mask)
    )


@pytest.mark.parametrize(
    ("layer", "architecture", "objective", "online", "reason"),
    [
        (LAYER, EDGE, "edp", False, ""),
        (LAYER, EDGE, "energy", True, ""),
        (LAYER, EDGE, "latency", False, ""),
        (LAYER, CLOUD, "edp", True, ""),
        (LAYER, EDGE, "latency", True, "latency with online softmax"),
        (LAYER, CLOUD, "latency", False, "latency on a large array"),
        (LAYER, EDGE, "traffic", False, "the least traffic"),
        (LAYER, EDGE, "footprint", False, "the least footprint"),
        (LAYER, EDGE, "energy-latency", False, "fronts"),
        (masked(MASKED, "causal"), EDGE, "footprint", False, ""),  # tiles of longer lengths
        (masked(MASKED, "causal"), NPU, "edp", True, ""),
        (masked(MASKED, "causal"), EDGE, "energy-latency", False, "fronts"),
        (masked(MASKED, "window=64:64"), NPU, "traffic", False, "the least traffic"),  # as wide as the layer
        (LONG, EDGE, "edp", False, "over 65,536 × 65,536 scores"),
        (LAYER, NPU, "edp", False, ""),
        (LAYER, NPU, "edp", True, ""),
        (LAYER, NPU, "latency", False, "latency on a large array"),
        (LAYER, override(NPU, {"pes": [1, 1]}), "latency", False, "latency with several shared memories"),
    ],
)
def test_why_tiles_divide(layer, architecture, objective, online, reason):
    assert why_perfect(layer, architecture, objective, online=online) == reason


def test_what_is_compared_has_the_same_factors():
    free, named = parse_dataflow("flat-opt"), parse_dataflow("flat-r")
    perfect, ragged = (free.with_factors(factors) for factors in ("perfect", "imperfect"))
    assert usual_factors([free, named], ["", ""]).settle(free).factors == "imperfect"
    fallen = usual_factors([free], ["", "fronts"])
    assert (fallen.factors, fallen.reason) == ("perfect", "fronts")
    beside = usual_factors([free, perfect], [""])
    assert (beside.settle(free).factors, beside.reason) == ("perfect", "as of flat-opt")
    assert usual_factors([perfect], ["fronts"]).reason == ""  # it was asked for
    assert usual_factors([free, ragged], ["fronts"]).settle(free).factors == "imperfect"
    assert fallen.settle(named).factors == "perfect" and fallen.settle(ragged) == ragged
    found = flat.search(LAYER, "edge", dataflow="flat-r7")  # which estimates do not search
    assert found.factors == "imperfect" and not found.mapping["logit"].perfect


def ran(*arguments):
    done = RUN.invoke(app, list(arguments))
    assert done.exit_code == 0, done.output
    return done.output


def test_the_line_of_the_proof_says_which_factors_and_why():
    layer = ("--attention", SMALL, "--dataflow", "base-opt")
    assert "mappings, imperfect factors; " in ran("search", *layer)
    assert "mappings, perfect factors; " in ran("search", *layer, "--factors", "perfect")
    assert "mappings, imperfect factors; " in ran("search", "--model", "gpt2", "--seq", "64")
    front = ran("search", *layer, "--pareto", "energy-latency")
    assert "mappings, perfect factors: fronts; " in front
    (found,) = json.loads(ran("search", *layer, "--objective", "traffic", "--json"))["families"]
    assert (found["factors"], found["perfect_because"]) == ("perfect", "the least traffic")
    (found,) = json.loads(ran("search", *layer, "--json"))["families"]
    assert (found["factors"], found["perfect_because"]) == ("imperfect", None)


@pytest.mark.parametrize("asked", [{"objective": "footprint"}, {"objective": "traffic"}])
def test_what_falls_back_is_what_perfect_factors_find(asked):
    """To the last digit; only the reason tells them apart."""
    fallen = flat.search(MASKED, "edge", dataflow="flat-opt", **asked)
    perfect = flat.search(MASKED, "edge", dataflow="flat-opt", factors="perfect", **asked)
    assert fallen.perfect_because and not perfect.perfect_because
    assert fallen.mapping == perfect.mapping and fallen.value == perfect.value


def test_an_estimate_is_of_the_mapping_that_the_search_finds():
    for asked in ({}, {"mask": "causal"}):
        best = flat.search(MASKED, "edge", dataflow="flat-opt", **asked)
        answer = flat.estimate(MASKED, "edge", "flat-opt", **asked)
        assert answer.cycles * answer.energy_pj == pytest.approx(best.value, rel=1e-12)
        said = [note for note in answer.notes if note.startswith("perfect factors")]
        assert said == ([f"perfect factors: {best.perfect_because}"] if best.perfect_because else [])


def test_both_sides_of_a_comparison_have_what_the_harder_one_needs():
    both = flat.compare("edge", str(EXAMPLES / "tpuv4i.yaml"), LAYER, dataflow="base-opt")
    for side in (both.a, both.b):
        assert "perfect factors: latency on a large array" in side.estimate["notes"]


def test_all_runs_of_a_sweep_have_the_same_factors():
    sweep = {"models": [{"attention": SMALL}, {"attention": SMALL.replace("37", "53"), "name": "square"}]}
    sweep |= {"architectures": ["edge"], "dataflows": ["base", "flash"]}

    def kinds(**more):
        runs = flat.plan({"sweep": {**sweep, **more}}).runs
        return {(run.dataflow.factors, run.question.perfect_because) for run in runs if run.dataflow.searched}

    assert kinds() == {("imperfect", "")}
    both = {"architectures": ["edge", str(EXAMPLES / "tpuv4i.yaml")]}
    assert kinds(**both) == {("perfect", "latency with online softmax")}
    assert kinds(**both, exclude=[{"architecture": "tpuv4i"}]) == {("imperfect", "")}
    assert kinds(bits=["K=8", "K=16"], mask=["full", "causal"]) == {("imperfect", "")}
    assert kinds(factors="perfect") == {("perfect", "")}


def test_files_for_the_mapper_have_tiles_that_divide(tmp_path):
    from flat_plugin.timeloop.settings import MapperSettings

    written = flat.generate(LAYER, "edge", ["base-opt"], tmp_path / "a", mapper=MapperSettings.of({}))
    assert "base-opt: perfect factors: Timeloop's mapper" in written.notes
    ragged = flat.generate(LAYER, "edge", ["base-opt"], tmp_path / "b")
    assert not [note for note in ragged.notes if "perfect factors" in note]
    assert "," in (tmp_path / "b/base-opt/logit/mapping.yaml").read_text()


def filled(hardware, layer, family, **asked):
    """The part of the units that work, on average over the steps of the array, by the default search."""
    mapping = flat.search(layer, hardware, dataflow=family, **asked).mapping
    einsums = layer.einsums()
    steps = sum(prod(n for level in mapping[e.name].levels for _, n in level.temporal) for e in einsums)
    return sum(e.operations for e in einsums) / (steps * hardware.compute.instances)


@pytest.mark.parametrize(("tokens", "family"), [(500, "base-opt"), (509, "base-opt"), (512, "flat-opt")])
def test_an_array_of_12_by_14_is_filled_at_any_length(tokens, family):
    layer = flat.parse_attention(f"B=1,H=12,M={tokens},N={tokens},D=64")
    assert filled(override(EDGE, {"pes": [12, 14]}), layer, family) >= 0.9


@pytest.mark.slow
def test_so_is_one_with_three_scratchpads_in_each_unit():
    layer = flat.parse_attention("B=1,H=12,M=509,N=509,D=64")
    assert filled(flat.find_architecture(EXAMPLES / "eyeriss.yaml"), layer, "base-opt") >= 0.9


@pytest.mark.parametrize(
    ("heads", "tokens", "asked", "least"),  # of ViT-base and Whisper-base
    [
        (12, 197, {"objective": "latency"}, 0.95),
        (12, 197, {}, 0.9),  # tiles that fill more of it cost more energy than they save time
        (8, 1500, {}, 0.95),
    ],
)
def test_an_array_is_filled_at_the_lengths_of_models(heads, tokens, asked, least):
    layer = flat.parse_attention(f"B=1,H={heads},M={tokens},N={tokens},D=64")
    assert filled(EDGE, layer, "base-opt", **asked) >= least


def test_ctrl_c_before_any_tiles_gives_the_best_that_there_is(monkeypatch):
    from flat_plugin.mapspace import ragged

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(ragged, "settle", interrupted)
    found = flat.search(LAYER, "edge", dataflow="base-opt")
    perfect = flat.search(LAYER, "edge", dataflow="base-opt", factors="perfect")
    assert found.interrupted and not found.proven and found.gap > 0
    assert found.value <= perfect.value  # or a named dataflow's, with which it begins
