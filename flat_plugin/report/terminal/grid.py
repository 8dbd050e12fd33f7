"""How every table looks in the terminal."""

from __future__ import annotations

from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table


class Grid(Table):
    """A table that cuts nothing: numbers, which are on the right, stay whole; names are wrapped."""

    def add_column(self, *arguments: Any, **options: Any) -> None:
        right = options.get("justify") == "right"
        options |= {"no_wrap": True} if right else {"overflow": "fold"}
        super().add_column(*arguments, **options)


def grid(title: str = "") -> Grid:
    """A table with a line below its head and as little room between its columns as can be."""
    return Grid(title=title, box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
