"""The tools for agents give what the functions give, with the same errors."""

import asyncio
import inspect

import pytest

import flat_plugin as flat
import flat_plugin.api

pytest.importorskip("mcp")
from flat_plugin.agents import TOOLS, server  # noqa: E402

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


def test_the_tools_are_listed_with_what_they_take():
    tools = {tool.name: tool for tool in asyncio.run(server().list_tools())}
    assert [*tools] == [tool.__name__ for tool in TOOLS]
    assert tools["estimate"].input_schema["required"] == ["workload"]
    assert all(tool.description for tool in tools.values())


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
    **{"softmax": "free", "space": "weight-stationary", "a": "base", "b": "flat-h"},
}


@pytest.mark.parametrize("tool", TOOLS[:4], ids=lambda tool: tool.__name__)
def test_every_argument_of_a_tool_reaches_its_function(tool, monkeypatch):
    name = {"search": "search_each"}.get(tool.__name__, tool.__name__)
    takes = inspect.signature(getattr(flat, name))
    reached, bound = {}, takes.bind
    monkeypatch.setattr(flat.api, name, lambda *a, **o: reached.update(bound(*a, **o).arguments) or 1 / 0)
    named = {"workload", "a", "b"} & {*inspect.signature(tool).parameters}
    for argument in inspect.signature(tool).parameters:
        with pytest.raises(ZeroDivisionError):
            tool(**{each: GIVEN[each] for each in {*named, argument}})
        parameter = argument if argument in takes.parameters else f"{argument}s"
        expected = {"workload": flat.parse_attention(LAYER), "dataflows": ["flat-h"]}
        assert reached[parameter] == expected.get(parameter, GIVEN[argument])


def test_search_explain_and_compare_answer():
    found = answered("search", workload=LAYER, dataflow="flat-h, base-opt", objective="energy")
    assert found["said"].startswith("<SearchResults flat-h, base-opt; best by energy")
    assert "multiply-accumulate" in answered("explain", workload=LAYER, dataflow="flat-h")["text"]
    figures = answered("compare", a="base", b="flat-h", workload=LAYER)["figures"]
    assert [figure["name"] for figure in figures] == ["latency", "energy", "DRAM traffic"]
    assert "bert-base" in answered("names")["models"]


def test_errors_are_those_of_the_command_line():
    assert "did you mean overlapped?" in refused("estimate", workload=LAYER, softmax="overlaped")
    assert "unknown model" in refused("estimate", workload="brt-base")
    assert "does not fit" in refused("estimate", workload="bert-base", seq=65536, dataflow="flat-h")


def test_an_argument_that_no_tool_reads_is_refused():
    assert "sofmax" in refused("estimate", workload=LAYER, sofmax="free")


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
    asked = {"values": "64,128", "where": "cycles > 0"}
    ours = flat.solve("seq", "bert-base", **asked)
    assert answered("solve", unknown="seq", workload="bert-base", **asked)["answer"] == ours.answer == 64
    assert "did you mean seq?" in refused("solve", unknown="sequ", workload="bert-base", where="cycles > 0")


@pytest.mark.parametrize("level, heard", [("WARNING", "WARNING"), ("INFO", "INFO")])
def test_the_server_logs_requests_only_where_verbose_asks_for_them(level, heard, caplog):
    """Clients show what a server writes to standard error; ``flat -v`` sets the root logger to INFO."""
    with caplog.at_level(level):
        assert server().settings.log_level == heard
