"""``flat mcp``."""

from __future__ import annotations


def mcp() -> None:
    """Serve the other commands as tools for agents.

    A server of the Model Context Protocol over standard input and output: estimate, explain, search, check,
    compare, explore, solve and show. It needs the extra mcp.
    """
    from flat_plugin.agents import server

    server().run("stdio")
