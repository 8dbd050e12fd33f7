"""The functions as tools of the Model Context Protocol: what ``flat mcp`` serves to programs that reason."""

from __future__ import annotations

from typing import Any

from flat_plugin.errors import FlatError
from flat_plugin.extras import install_command


def server() -> Any:
    """A server of the tools; it logs to standard error what the root logger lets through, from INFO up.

    Raises:
        FlatError: the ``mcp`` package is not installed.
    """
    try:
        from flat_plugin.agents.mcp_server import made
    except ImportError:
        raise FlatError("tools for agents need mcp", expected=install_command("mcp")) from None
    return made()
