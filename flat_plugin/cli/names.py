"""``flat list``."""

from __future__ import annotations

from flat_plugin.cli.options import AsJson, print_json, say, show


def list_names(as_json: AsJson = False) -> None:
    """Models, architectures, dataflows and spaces that can be named."""
    from flat_plugin import api

    names = api.names()
    if as_json:
        print_json(names)
        return
    from rich.text import Text

    from flat_plugin.report.terminal.hanging import hanging, terminal_width

    width = terminal_width()
    for kind, entries in names.items():
        show(Text(kind, style="bold"))
        for name, description in entries.items():
            say(hanging(f"  {name:<17} ", description, width))
