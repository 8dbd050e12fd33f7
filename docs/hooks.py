"""Appends to each command's page its arguments and options, from the command itself."""

from __future__ import annotations

import re
from typing import Any


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    match = re.fullmatch(r"commands/(\w+)\.md", page.file.src_uri)
    return f"{markdown}\n\n{options(match[1])}" if match else markdown


def options(name: str) -> str:
    """A Markdown table of a command's parameters."""
    import typer

    from flat_plugin.cli import app

    group = typer.main.get_command(app)
    command = group.commands[name]  # type: ignore[attr-defined]
    lines = ["## Arguments and options", "", "| | | default |", "| --- | --- | --- |"]
    for parameter in command.params:
        called = ", ".join(f"`{text}`" for text in parameter.opts)
        if parameter.param_type_name == "argument":
            called = f"`{parameter.name.upper()}`"
        shown = "" if parameter.default in (None, False) or parameter.required else f"`{parameter.default}`"
        lines.append(f"| {called} | {getattr(parameter, 'help', '') or ''} | {shown} |")
    return "\n".join(lines)
