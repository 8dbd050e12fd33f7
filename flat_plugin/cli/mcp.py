"""``flat mcp``."""

from __future__ import annotations


def mcp() -> None:
    """Estimate, explain, search, compare, explore and solve as tools for agents.

    A server of the Model Context Protocol over standard input and output; needs the extra mcp.
    """
    from flat_plugin.agents import server

    server().run("stdio")
