"""``flat list``."""

from __future__ import annotations

from flat_plugin.cli.options import AsJson, print_json, show


def list_names(as_json: AsJson = False) -> None:
    """Models, architectures, dataflows and spaces that can be named."""
    from flat_plugin import api

    names = api.names()
    if as_json:
        print_json(names)
        return
    for kind, entries in names.items():
        show(f"[bold]{kind}[/bold]")
        for name, description in entries.items():
            show(f"  {name:<17} {description}")
