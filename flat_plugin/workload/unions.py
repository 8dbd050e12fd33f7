"""Unions: how many keys the rows of a tile choose together, as a trace of a model counted them.

A table has a row for each tile: its height, its number from the first row on, and the keys that its rows
choose together. Several heights may stand in one table; tiles of others stay bounded.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypedDict

from flat_plugin.errors import FlatError
from flat_plugin.schema import Range
from flat_plugin.workload.size_checks import LARGEST

if TYPE_CHECKING:
    from flat_plugin.documents.table import Line


class UnionRow(TypedDict):
    """A line of the table: a tile of ``rows`` queries, of which the last may be fewer."""

    rows: Annotated[int, Range(1, LARGEST)]
    tile: Annotated[int, Range(0, LARGEST)]
    keys: Annotated[int, Range(0, LARGEST)]


@dataclass(frozen=True)
class Unions:
    """Keys of every tile, by height of the tiles: the same for every head.

    Args:
        source: the file.
        tiles: (height, keys of each tile in order).
    """

    source: str
    tiles: tuple[tuple[int, tuple[int, ...]], ...]

    def of(self, rows: int) -> tuple[int, ...] | None:
        """Keys of each tile of ``rows`` rows; None where the trace has no such tiles."""
        return dict(self.tiles).get(rows)

    def error(self, message: str, rows: int, value: object, expected: str) -> FlatError:
        """One that names the tiles of a height."""
        return FlatError(message, file=self.source, path=f"rows {rows}", value=value, expected=expected)


def read_unions(path: str | Path) -> Unions:
    """The unions of a table with the columns ``rows``, ``tile`` and ``keys``.

    Raises:
        FlatError: a row is wrong, or a tile is missing or there twice.
    """
    from flat_plugin.documents.table import read_table  # few workloads need tables

    found: dict[int, dict[int, int]] = {}
    for line in read_table(Path(path), UnionRow, whole=True):
        _add(found, line)
    for height, tiles in found.items():
        if set(tiles) != set(range(len(tiles))):
            missing = min(set(range(len(tiles))) - set(tiles))
            raise FlatError("a tile is missing", file=path, path=f"rows {height}", value=missing)
    ordered = ((height, tuple(tiles[n] for n in sorted(tiles))) for height, tiles in sorted(found.items()))
    return Unions(str(path), tuple(ordered))


def _add(found: dict[int, dict[int, int]], line: Line[UnionRow]) -> None:
    row = line.row
    tiles = found.setdefault(row["rows"], {})
    if row["tile"] in tiles:
        raise line.error(f"a second tile of {row['rows']} rows with this number", row["tile"])
    tiles[row["tile"]] = row["keys"]
