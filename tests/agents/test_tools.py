"""The tools for agents give what the functions give, with the same errors."""

import asyncio
import inspect
from importlib import import_module

import pytest

import flat_plugin as flat
import flat_plugin.api
from flat_plugin.agents import server
from flat_plugin.agents.tools import TOOLS
from flat_plugin.cli import COMMANDS

pytest.importorskip("mcp")

MIX = "mix: {decode: [{requests: 2, seq: 64}]}"
LAYER = "B=1,H=2,M=64,N=64,D=16"


def call(tool, **arguments):
    return asyncio.run(server().call_tool(tool, arguments))


def answered(tool, **arguments):
    return call(tool, **arguments).structured_content


def refused(tool, **arguments):
    from mcp.server.mcpserver.exceptions import MCPServerError

    with pytest.raises(MCPServerError) as raised:
        call(tool, **arguments)
    return str(raised.value)


def test_an_estimate_is_that_of_the_function():
    ours = flat.estimate(flat.parse_attention(LAYER), "cloud", "flat-h", softmax="overlapped")
    theirs = answered(
        "estimate", workload=LAYER, architecture="cloud", dataflow="flat-h", softmax="overlapped"
    )
    assert theirs["said"] == repr(ours)
    assert {name: theirs[name] for name in ("cycles", "energy_pj", "dram_bytes", "bound")} == {
        **{"cycles": ours.cycles, "energy_pj": ours.energy_pj},
        **{"dram_bytes": ours.dram_bytes, "bound": ours.bound},
    }


def test_every_argument_arrives():
    larger = answered(
        "estimate", workload="bert-base", seq=512, set={"buffer_kb": 1024}, batch=2, level="block"
    )
    assert larger["architecture"] == "edge, buffer_kb 1024" and larger["level"] == "block"
    step = answered("estimate", workload="gpt2", seq=512, queries=1, mask="causal", bits="K=8,V=8")
    assert step["workload"]["layers"][0]["queries"] == 1 and step["workload"]["mask"] == "causal"


GIVEN = {
    **{"workload": LAYER, "architecture": "cloud", "dataflow": "flat-h", "objective": "energy", "seq": 256},
    **{"queries": 3, "batch": 2, "mask": "causal", "bits": "K=8", "set": {"buffer_kb": 64}, "level": "block"},
    **{"softmax": "free", "space": "weight-stationary", "a": "base", "b": "flat-h", "estimator": "recorded"},
    **{"factors": "perfect", "stage": "K, V", "mapping": "mine.yaml", "overflow": "spill", "skip": "none"},
    **{"experts": "all", "elementwise": "none", "latent": "absorbed", "engine": "auto", "time_limit": 9.0},
    **{"ert": "ert.yaml", "certificate": "proof.json", "front": "energy-latency", "tolerance": 0.1},
    **{"unknown": "seq", "until": "cycles > 0", "where": "cycles < 9", "values": "1..4", "every": True},
    **{"output": "answers", "jobs": 2, "design": "design.yaml", "vary": "areas=±20%", "trace": "trace.csv"},
}
ELSEWHERE = {"part", "mix", "over", "output of search"}  # what no function has as its own argument
ARRIVES = {"workload": flat.parse_attention(LAYER), "dataflows": ["flat-h"], "stage": ["K", "V"]}
FUNCTIONS = [tool for tool in TOOLS if tool.__name__ != "names"]
FUNCTION = {"search": "search_each"}


@pytest.mark.parametrize("tool", FUNCTIONS, ids=lambda tool: tool.__name__)
def test_every_argument_of_a_tool_reaches_its_function(tool, monkeypatch):
    name = FUNCTION.get(tool.__name__, tool.__name__)
    takes = inspect.signature(getattr(flat, name))
    reached, bound = {}, takes.bind
    monkeypatch.setattr(flat.api, name, lambda *a, **o: reached.update(bound(*a, **o).arguments) or 1 / 0)
    parameters = inspect.signature(tool).parameters
    named = {each for each, about in parameters.items() if about.default is about.empty} | {"workload"}
    for argument in set(parameters) - ELSEWHERE:
        if f"{argument} of {tool.__name__}" in ELSEWHERE:
            continue
        with pytest.raises(ZeroDivisionError):
            tool(**{each: GIVEN[each] for each in {*named & {*parameters}, argument}})
        parameter = argument if argument in takes.parameters else f"{argument}s"
        listed = {"dataflow": ["flat-h"]} if tool.__name__ in ("solve", "pareto") else {}
        assert reached[parameter] == {**ARRIVES, **listed}.get(parameter, GIVEN[argument]), argument


# What a terminal needs and a tool does not; and what a tool calls otherwise.
OF_TERMINALS = {"command", "as_json", "proof", "causes", "cluster", "cluster_options"}
CALLED = {
    **{"model": "workload", "config": "workload", "attention": "workload", "arch": "architecture"},
    **{"changes": "set"},
}
ALONE = {"pareto": "pareto", "trace": "estimate_trace"}  # an option that is a tool of its own


@pytest.mark.parametrize("tool", FUNCTIONS, ids=lambda tool: tool.__name__)
def test_a_tool_has_every_option_of_its_command(tool):
    if tool.__name__ in ALONE.values():
        return
    module, function = COMMANDS[tool.__name__].split(".")
    command = getattr(import_module(f"flat_plugin.cli.{module}"), function)
    options = {*inspect.signature(command).parameters} - OF_TERMINALS - {*ALONE}
    assert {CALLED.get(each, each) for each in options} <= {*inspect.signature(tool).parameters}


def test_search_explain_and_compare_answer():
    found = answered("search", workload=LAYER, dataflow="flat-h, base-opt", objective="energy")
    assert found["said"].startswith("<SearchResults flat-h, base-opt; best by energy")
    assert "multiply-accumulate" in answered("explain", workload=LAYER, dataflow="flat-h")["text"]
    figures = answered("compare", a="base", b="flat-h", workload=LAYER)["figures"]
    assert [figure["name"] for figure in figures] == ["latency", "energy", "DRAM traffic"]
    assert "bert-base" in answered("names")["models"]


def test_a_design_space_is_explored():
    design = (
        "{architecture: edge, axes: {buffer_kb: [128, 256]}, objective: edp,"
        " workloads: [{attention: 'B=1,H=2,M=64,N=64,D=16'}]}"
    )
    ours = flat.explore(design, jobs=1)
    theirs = answered("explore", design=design)
    assert theirs["said"] == repr(ours) and theirs["best"]["design"] == ours.best.values
    assert "unknown key" in refused("explore", design="{architecture: edge, axes: {}, workloads: [], no: 1}")


def test_an_inverse_question_is_answered():
    asked = {"values": "64,128", "where": "cycles > 0", "dataflow": "base"}
    ours = flat.solve("seq", "bert-base", **asked)
    assert answered("solve", unknown="seq", workload="bert-base", **asked)["answer"] == ours.answer == 64
    assert "did you mean seq?" in refused("solve", unknown="sequ", workload="bert-base", where="cycles > 0")


def test_a_curve_of_crossings():
    asked = {"values": "64,128", "where": "cycles > 0", "dataflow": "base"}
    ours = flat.solve_over("batch", "1,2", "seq", "bert-base", **asked)
    theirs = answered("solve", unknown="seq", workload="bert-base", over="batch=1,2", **asked)
    assert theirs["said"] == repr(ours)


def test_a_step_of_serving():
    ours = flat.estimate(flat.read_mix(MIX, "gpt2"), dataflow="flat-r")
    assert answered("estimate", workload="gpt2", mix=MIX)["said"] == repr(ours)


def test_what_a_search_finds_can_be_kept_and_checked(tmp_path):
    best, proof = tmp_path / "best.yaml", tmp_path / "proof.json"
    kept = {"output": str(best), "certificate": str(proof)}
    found = answered("search", workload=LAYER, dataflow="flat-h", **kept)
    (family,) = found["families"]
    again = answered("estimate", workload=LAYER, mapping=str(best))
    assert again["cycles"] == family["estimate"]["cycles"]
    verdict = answered("check", certificate=str(proof), workload=LAYER)
    assert verdict["said"] == repr(flat.check(proof, flat.parse_attention(LAYER)))


def test_a_front_and_an_architecture():
    points = answered("pareto", workload=LAYER, front="energy-latency")["points"]
    assert points and all({"energy", "latency"} <= {*point} for point in points)
    assert answered("show", set={"buffer_kb": 64})["said"] == repr(flat.show(set={"buffer_kb": 64}))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "workload: missing"),
        ({"workload": LAYER, "part": "text"}, "part: only a configuration has parts"),
        ({"workload": LAYER, "mix": MIX}, "workload: a mix is of a model"),
    ],
)
def test_a_workload_is_named_as_a_whole(given, said):
    assert said in refused("estimate", **given)
