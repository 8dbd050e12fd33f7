"""The server, on the ``mcp`` package: it publishes and reads arguments by this package's forms."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from importlib.metadata import version
from typing import Any, Literal, ParamSpec

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError

from flat_plugin.agents.forms import arguments_of, parameters_of
from flat_plugin.agents.tools import TOOLS, Answer
from flat_plugin.errors import FlatError, check_choice
from flat_plugin.plain import plain

P = ParamSpec("P")
_BY_NAME = {tool.__name__: tool for tool in TOOLS}


class Server(MCPServer):
    """Bad arguments are answered with the errors of the command line."""

    async def call_tool(self, name: str, arguments: dict[str, Any], context: Any = None) -> Any:
        try:
            check_choice("tool", name, tuple(_BY_NAME))
            arguments = arguments_of(_BY_NAME[name], arguments)
        except FlatError as error:
            raise ToolError(str(error)) from None
        return await super().call_tool(name, arguments, context)


def made() -> Server:
    """A server of all tools."""
    heard: Literal["INFO", "WARNING"] = (
        "INFO" if logging.getLogger().isEnabledFor(logging.INFO) else "WARNING"
    )
    server = Server("flat-plugin", version=version("flat-plugin"), log_level=heard)
    for tool in TOOLS:
        server.add_tool(_answering(tool))
    for published in server._tool_manager.list_tools():
        published.parameters = parameters_of(_BY_NAME[published.name])
    return server


def _answering(tool: Callable[P, Answer]) -> Callable[P, Answer]:
    """Its answers as JSON, and its errors as those of the command line."""

    @wraps(tool)
    def call(*arguments: P.args, **options: P.kwargs) -> Answer:
        try:
            return plain(tool(*arguments, **options))
        except FlatError as error:
            raise ToolError(str(error)) from None

    return call
