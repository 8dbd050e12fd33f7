"""The server publishes what the tools take, and answers bad arguments as the command line does."""

import asyncio

import pytest

from flat_plugin.agents import server
from flat_plugin.agents.tools import TOOLS

mcp = pytest.importorskip("mcp.server.mcpserver.exceptions")
LAYER = "B=1,H=2,M=64,N=64,D=16"


def refused(tool, **arguments):
    with pytest.raises(mcp.MCPServerError) as raised:
        asyncio.run(server().call_tool(tool, arguments))
    return str(raised.value)


def test_the_tools_are_listed_with_what_they_take():
    tools = {tool.name: tool for tool in asyncio.run(server().list_tools())}
    assert [*tools] == [tool.__name__ for tool in TOOLS]
    assert tools["explain"].input_schema["required"] == ["workload"]
    assert all(tool.description for tool in tools.values())
    softmax = tools["estimate"].input_schema["properties"]["softmax"]
    assert softmax["enum"] == ["free", "serial", "overlapped", "array"] and softmax["default"] == "serial"


def test_errors_are_those_of_the_command_line():
    assert "did you mean overlapped?" in refused("estimate", workload=LAYER, softmax="overlaped")
    assert "unknown model" in refused("estimate", workload="brt-base")
    assert "does not fit" in refused("estimate", workload="bert-base", seq=65536, dataflow="flat-h")


@pytest.mark.parametrize(
    ("tool", "given", "said"),
    [
        ("estimate", {"sofmax": "free"}, "unknown key (got 'sofmax'); expected "),
        ("estimate", {"sofmax": "free"}, "; did you mean softmax?"),
        ("estimate", {"seq": "long"}, "seq: not of the right kind (got 'long'); expected a whole number"),
        ("estimate", {"seq": True}, "seq: not of the right kind (got true)"),
        ("search", {"factors": "perfec"}, "did you mean perfect?"),
        ("search", {"set": "{buffer_kb: 1"}, "set: not of the right kind (got '{buffer_kb: 1')"),
        ("explian", {}, "did you mean explain?"),
    ],
)
def test_wrong_arguments_are_named_in_one_line(tool, given, said):
    message = refused(tool, workload=LAYER, **given)
    assert said in message and len(message.splitlines()) == 1
    assert "pydantic" not in message and "http" not in message


def test_all_that_is_wrong_is_said():
    message = refused("explore", desing="x", jobs="two")
    assert all(said in message for said in ("3 errors", "design: missing", "did you mean design?", "jobs:"))


def test_keys_and_values_may_come_as_their_text():
    answer = asyncio.run(server().call_tool("show", {"set": '{"buffer_kb": 64}'})).structured_content
    assert "buffer_kb 64" in answer["said"]


@pytest.mark.parametrize("level, heard", [("WARNING", "WARNING"), ("INFO", "INFO")])
def test_the_server_logs_requests_only_where_verbose_asks_for_them(level, heard, caplog):
    """Clients show what a server writes to standard error; ``flat -v`` sets the root logger to INFO."""
    with caplog.at_level(level):
        assert server().settings.log_level == heard
