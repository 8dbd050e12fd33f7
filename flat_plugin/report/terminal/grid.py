"""How every table looks in the terminal."""

from __future__ import annotations

from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Column, Table

_LONGEST = 60  # of a word that a column makes room for: paths may be longer


class Grid(Table):
    """A table that cuts nothing: numbers, which are on the right, stay whole; names are wrapped between
    words."""

    def add_column(self, *arguments: Any, **options: Any) -> None:
        right = options.get("justify") == "right"
        options |= {"no_wrap": True} if right else {"overflow": "fold"}
        super().add_column(*arguments, **options)
        self._make_room(self.columns[-1], arguments[0] if arguments else "")

    def add_row(self, *cells: Any, **options: Any) -> None:
        super().add_row(*cells, **options)
        for column, cell in zip(self.columns, cells, strict=False):
            self._make_room(column, cell)

    def _make_room(self, column: Column, cell: Any) -> None:
        """For the longest word of a cell, with what it is indented by."""
        text = str(cell or "")
        indent = len(text) - len(text.lstrip())
        longest = max(map(len, text.split()), default=0) + indent
        column.min_width = max(column.min_width or 0, min(longest, _LONGEST))


def grid(title: str = "") -> Grid:
    """A table with a line below its head and as little room between its columns as can be."""
    return Grid(title=title, box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
