"""``flat.search`` and ``flat search``: equal numbers on every way back, and the same bytes each time."""

import json
from dataclasses import replace

import pytest
from typer.testing import CliRunner

import flat_plugin as flat
from flat_plugin.api import save_mapping
from flat_plugin.architecture import preset_path
from flat_plugin.architecture.overrides import override
from flat_plugin.cli import app
from flat_plugin.errors import FlatError, InvalidMapping
from flat_plugin.mapspace.menu_cache import forget_menus

LAYER = "B=1,H=2,M=64,N=64,D=16"
RUN = CliRunner()


def figures(estimate):
    return estimate.cycles, estimate.energy_pj, estimate.dram_words, estimate.requirement.words


@pytest.mark.parametrize("flow", ["base-opt", "flat-opt", "flat-r", "flat-h"])
def test_a_saved_mapping_evaluates_to_the_same_numbers(flow, tmp_path):
    file = tmp_path / "best.yaml"
    options = ["--attention", LAYER, "--dataflow", flow, "--json"]
    first = RUN.invoke(app, ["search", *options, "-o", str(file)])
    assert first.exit_code == 0, first.output
    found = json.loads(first.output)["families"][0]
    text = file.read_text()
    again = flat.estimate(flat.parse_attention(LAYER), "edge", mapping=file)
    assert json.loads(json.dumps(again.to_dict())) == found["estimate"]
    steps = RUN.invoke(app, ["explain", "--attention", LAYER, "--mapping", str(file), "--json"])
    assert json.loads(steps.output)[0]["energy_pj"] == found["estimate"]["energy_pj"]
    second = RUN.invoke(app, ["search", *options, "-o", str(file)])
    assert (second.output, file.read_text()) == (first.output, text)


@pytest.mark.parametrize("family", ["flat-opt", "flash"])
def test_timeloop_files_of_a_saved_mapping_give_its_numbers(family, tmp_path):
    layer, file = flat.parse_attention(LAYER), tmp_path / "best.yaml"
    best = flat.search(layer, "edge", dataflow=family, softmax="free")
    save_mapping(best.mapping, layer, "edge", file)
    done = RUN.invoke(app, ["generate", "--attention", LAYER, "--mapping", str(file), "-o", str(tmp_path)])
    assert done.exit_code == 0, done.output
    folder = tmp_path / family
    energy = 0.0
    for name in ("logit", "attend"):
        files = [folder / name / f"{kind}.yaml" for kind in ("architecture", "problem", "mapping", "ERT")]
        energy += flat.evaluate_mapping(*files).energy_pj
    assert energy == pytest.approx(best.estimate.energy_pj, rel=1e-12)


@pytest.mark.parametrize("objective", ["edp", "energy", "latency", "traffic", "footprint"])
def test_searched_beats_named(objective):
    layer = flat.parse_attention(LAYER)
    best = flat.search(layer, "edge", objective=objective, dataflow="base-opt,flat-opt")
    assert best.proven and best.space.size == best.space.evaluated + best.space.pruned
    for flow in ("base", "flat-h", "flat-r8", "flat-b", "flat-m"):
        named = flat.estimate(layer, "edge", flow)
        cycles, energy, traffic, words = figures(named)
        value = dict(
            edp=energy * cycles, energy=energy, latency=cycles, traffic=traffic, footprint=float(words)
        )[objective]
        assert best.value <= value * (1 + 1e-9), flow


def test_a_larger_buffer_never_moves_more():
    layer = flat.parse_attention(LAYER)
    edge = flat.find_architecture("edge")
    ert = preset_path("edge") / "ERT.yaml"
    traffic = []
    for words in (256, 1024, 4096, 65536):
        memories = list(edge.memories)
        memories[1] = replace(memories[1], capacity=words)
        smaller = replace(edge, memories=tuple(memories))
        best = flat.search(layer, smaller, objective="traffic", dataflow="base-opt,flat-opt", ert=ert)
        traffic.append(best.value)
    assert traffic == sorted(traffic, reverse=True)


def test_the_front_falls(tmp_path):
    front = flat.pareto(flat.parse_attention(LAYER), "edge", "footprint-traffic")
    points = [(p["footprint"], p["traffic"]) for p in front.to_dict()["points"]]
    assert points == sorted(points) and len(points) > 3
    assert [t for _, t in points] == sorted((t for _, t in points), reverse=True)
    smallest = flat.search(
        flat.parse_attention(LAYER), "edge", objective="footprint", dataflow="base-opt,flat-opt"
    )
    least = flat.search(
        flat.parse_attention(LAYER), "edge", objective="traffic", dataflow="base-opt,flat-opt"
    )
    assert (points[0][0], points[-1][1]) == (smallest.value, least.value)


def test_what_cannot_be_searched_is_refused():
    layer = flat.parse_attention(LAYER)
    with pytest.raises(FlatError, match="unknown objective"):
        flat.search(layer, "edge", objective="speed")
    with pytest.raises(FlatError, match="not searched"):
        flat.search(layer, "edge", dataflow="base-h")
    with pytest.raises(FlatError, match="searches what to stage"):
        flat.estimate(layer, "edge", "flat-opt", stage=["K"])
    with pytest.raises(InvalidMapping, match="no mapping of flat-opt fits"):
        flat.search(flat.parse_attention("B=1,H=1,M=8,N=1048576,D=64"), "edge", dataflow="flat-opt")


def test_the_table_says_where_fusing_does_not_pay():
    long = ["--attention", "B=1,H=1,M=65536,N=65536,D=64", "--factors", "perfect"]
    shown = RUN.invoke(app, ["search", *long])
    assert shown.exit_code == 0
    assert "flat-opt is worse than base-opt here" in " ".join(shown.output.split())


@pytest.mark.parametrize("dataflow", ["base-opt", "flat-opt"])
def test_a_space_that_memory_would_not_hold_says_what_to_restrict(dataflow: str) -> None:
    awkward = flat.parse_attention("B=1,H=1,M=55440,N=55440,D=720")
    with pytest.raises(FlatError, match=r"too large: [\d,]+ tilings .* M 55,440 \(120 divisors\).*flat-r64"):
        flat.search(awkward, "cloud", dataflow=dataflow, factors="perfect")


@pytest.mark.parametrize("objective", ["edp", "latency"])
def test_what_earlier_searches_leave_changes_nothing(objective):
    """Menus are kept for other bandwidths, lanes, families and objectives: the same bytes with them and
    without."""
    layer, edge = flat.parse_attention(LAYER), flat.find_architecture("edge")
    ert = preset_path("edge") / "ERT.yaml"
    found = []
    for forget in (True, False):
        for width in (4, 64):
            if forget:
                forget_menus()
            slower = override(edge, {"dram_words_per_cycle": width})
            best = [
                flat.search(layer, slower, dataflow=flow, objective=objective, ert=ert, factors="perfect")
                for flow in ("flash", "base-opt", "flat-opt")
            ]
            found.append(json.dumps([result.to_dict() for result in best]))
    assert found[:2] == found[2:]
    assert found[0] != found[1]


def test_it_says_where_tiles_that_divide_leave_the_array_idle():
    from flat_plugin.api import search_each

    prime, even = (flat.parse_attention(f"B=1,H=1,M={m},N=64,D=16") for m in (37, 64))
    said = search_each(prime, "edge", ["base-opt"], factors="perfect").remarks
    assert [remark for remark in said if "37 tokens have few divisors" in remark]
    assert not search_each(even, "edge", ["base-opt"], factors="perfect").remarks
    assert not search_each(prime, "edge", ["base-opt"]).remarks


@pytest.mark.parametrize("nothing", [[], ()])
def test_no_dataflow_is_nothing_to_search(nothing):
    with pytest.raises(flat.FlatError, match="dataflow: there is nothing to search"):
        flat.search("bert-base", "edge", seq=64, dataflow=nothing)
