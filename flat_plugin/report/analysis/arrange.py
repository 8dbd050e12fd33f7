"""Sums put in order, cut off and spread over columns, as people read them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flat_plugin.errors import FlatError
from flat_plugin.report.analysis.aggregate import Sums
from flat_plugin.report.analysis.columns import ALIASES, Value
from flat_plugin.report.read.order import place

STATISTICS = ("total", "mean", "least", "most")
Arranged = dict[str, Any]  # a row: what its group agrees in, then figures


def rows_of(groups: Sequence[Sums]) -> list[Arranged]:
    """A row for each group: its key, ``runs`` and the four statistics."""
    return [
        dict(group.key) | {"runs": group.runs} | {name: getattr(group, name) for name in STATISTICS}
        for group in groups
    ]


def spread(rows: Sequence[Arranged], column: str, statistic: str) -> list[Arranged]:
    """The values of ``column`` as columns that hold a statistic; None where a group is not there.

    Raises:
        FlatError: the rows have no such column, or no such statistic.
    """
    if statistic not in STATISTICS:
        raise FlatError("no such statistic", path="stat", value=statistic, expected=STATISTICS)
    column = ALIASES.get(column, column)
    keys = [name for name in (rows[0] if rows else ()) if name not in ("runs", *STATISTICS)]
    if rows and column not in keys:
        raise FlatError("not grouped by this", path="pivot", value=column, expected=keys)
    values = sorted({row[column] for row in rows}, key=place)
    found: dict[tuple[Value, ...], Arranged] = {}
    for row in rows:
        rest = {name: row[name] for name in keys if name != column}
        empty = rest | {_heading(value): None for value in values}
        found.setdefault(tuple(rest.values()), empty)[_heading(row[column])] = row[statistic]
    return list(found.values())


def in_order(rows: Sequence[Arranged], column: str | None, top: int | None) -> list[Arranged]:
    """The rows by a column, ``-column`` for the largest first, what is not known last; ``top`` of them.

    Raises:
        FlatError: no such column.
    """
    ordered = list(rows)
    if column is not None and rows:
        down = column.startswith("-")
        name = column.removeprefix("-")
        name = name if name in rows[0] else ALIASES.get(name, name)
        if name not in rows[0]:
            raise FlatError("no such column", path="sort", value=name, expected=list(rows[0]))
        known = [row for row in ordered if row[name] is not None]
        known.sort(key=lambda row: place(row[name]), reverse=down)
        ordered = known + [row for row in ordered if row[name] is None]
    return ordered[:top]


def _heading(value: Value) -> str:
    return "none" if value is None or value == "" else value_text(value)


def value_text(value: Value) -> str:
    """A value of an axis as people write it: 256 KiB are no 256.0."""
    if value is None:
        return ""
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def uneven(rows: Sequence[Arranged]) -> str:
    """A note where groups that will stand side by side hold different numbers of runs; else nothing."""
    counts = sorted({row["runs"] for row in rows})
    return f"A cell holds {counts[0]:,} to {counts[-1]:,} runs." if len(counts) > 1 else ""
