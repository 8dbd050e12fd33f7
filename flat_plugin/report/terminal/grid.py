"""How every table looks in the terminal."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.table import Table


def grid(title: str = "") -> Table:
    """A table with a line below its head and as little room between its columns as can be."""
    return Table(title=title, box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
