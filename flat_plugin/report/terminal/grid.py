"""How every table looks in the terminal."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import takewhile
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.table import Column, Table
from rich.text import Text

from flat_plugin.report.terminal.hanging import hanging

_LONGEST = 60  # of a word that a column makes room for: paths may be longer
_NOT = "✗"  # instead of all figures
_RECORD = 40  # columns in which a record has room, whatever it holds


class Grid(Table):
    """A table that cuts nothing: numbers, which are on the right, stay whole, and names are wrapped.

    Where even that has no room, a row is a record: its names, and below them its figures with their titles.
    """

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

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        usual = super().__rich_measure__(console, options)
        return Measurement(min(usual.minimum, _RECORD), usual.maximum)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if self._needed <= options.max_width:
            yield from super().__rich_console__(console, options)
            return
        if self.title:
            yield Text(str(self.title), style="italic")
        for row in range(self.row_count):
            yield from self._record(row, options.max_width)

    @property
    def _needed(self) -> int:
        """Columns that numbers and the longest words of names need."""
        widths = (
            max(column.min_width or 0, *(cell_len(str(cell)) for cell in (column.header, *column.cells)))
            if column.justify == "right"
            else column.min_width or 0
            for column in self.columns
        )
        return sum(widths) + 2 * len(self.columns)  # with what stands between and around them

    def _record(self, row: int, width: int) -> Iterable[Text]:
        cells = [(str(c.header), str([*c.cells][row]), c.justify == "right") for c in self.columns]
        names = list(takewhile(lambda cell: not cell[2], cells))
        head = " ".join(text for _, text, _ in names if text.strip())
        indent = " " * (len(head) - len(head.lstrip()) + 2)
        if head:
            yield Text(head, style="bold")
        said = [
            text if text == _NOT else f"{title} {text}".strip()
            for title, text, _ in cells[len(names) :]
            if text
        ]
        if said:
            yield Text(hanging(indent, ", ".join(said), width, ", "))


def grid(title: str = "") -> Grid:
    """A table with a line below its head and as little room between its columns as can be."""
    return Grid(title=title, box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))


def named_grid(title: str, names: Iterable[str], numbers: Iterable[str]) -> Grid:
    """Columns of names on the left, of numbers on the right."""
    table = grid(title)
    for name in names:
        table.add_column(name, min_width=len(name))
    for name in numbers:
        table.add_column(name, justify="right")
    return table
