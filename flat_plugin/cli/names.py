"""``flat list``."""

from __future__ import annotations

from typing import Annotated

import typer

from flat_plugin.cli.completion import among
from flat_plugin.cli.options import AsJson, print_json, say, show
from flat_plugin.errors import FlatError

KINDS = ("models", "architectures", "dataflows", "spaces")


def list_names(
    kind: Annotated[
        str | None,
        typer.Argument(metavar="|".join(KINDS), autocompletion=among(KINDS), help="All if not given."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Models, architectures, dataflows and spaces that can be named."""
    from flat_plugin import api

    names = api.names()
    if kind is not None and kind not in names:
        raise FlatError("no such kind of name", path="list", value=kind, expected=KINDS)
    chosen = names if kind is None else {kind: names[kind]}
    if as_json:
        print_json(chosen)
        return
    from rich.text import Text

    from flat_plugin.report.terminal.hanging import hanging, terminal_width

    width = terminal_width()
    for title, entries in chosen.items():
        if kind is None:
            show(Text(title, style="bold"))
        indent = "" if kind else "  "
        for name, description in entries.items():
            say(hanging(f"{indent}{name:<17} ", description, width))
