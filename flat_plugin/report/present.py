"""How results show themselves in Python: :class:`flat_plugin.shown.Shown` asks here."""

from __future__ import annotations

import io
from collections.abc import Callable
from html import escape
from typing import Any

from flat_plugin.errors import FlatError
from flat_plugin.model.estimate import Estimate
from flat_plugin.plain import plain
from flat_plugin.report.analysis.columns import Row
from flat_plugin.report.extra import need
from flat_plugin.report.lines import line
from flat_plugin.report.page.drawing import drawing_of
from flat_plugin.report.rows import rows_of

__all__ = ["chart", "frame", "html", "line", "text"]
_WIDTH = 100  # columns of what is printed
_MOST = 60  # rows that a notebook shows


def text(value: Any) -> str:
    """What the command line prints; the line where no command prints it."""
    table = _TABLES.get(type(value).__name__)
    if table is None:
        return line(value)
    from rich.console import Console

    console = Console(file=io.StringIO(), width=_WIDTH, highlight=False, markup=False)
    console.print(table(value))
    printed = console.file.getvalue()  # type: ignore[attr-defined]
    return "\n".join(each.rstrip() for each in printed.splitlines()).strip("\n")


def html(value: Any) -> str:
    """The line and the picture of the mapping, if there is one, above a table of the rows; numbers as they
    are."""
    rows = rows_of(value)
    head = f"<p><b>{escape(line(value))}</b></p>{_drawing(value)}"
    if not rows:
        return head
    names = "".join(f"<th>{escape(name)}</th>" for name in rows[0])
    cells = ("".join(f"<td>{escape(_cell(each))}</td>" for each in row.values()) for row in rows[:_MOST])
    body = "".join(f"<tr>{row}</tr>" for row in cells)
    more = f"<p>… and {len(rows) - _MOST:,} more rows</p>" if len(rows) > _MOST else ""
    return f"{head}<table><thead><tr>{names}</tr></thead><tbody>{body}</tbody></table>{more}"


def _drawing(value: Any) -> str:
    best = getattr(value, "best", value)  # of a search
    estimate = getattr(best, "estimate", best)
    return drawing_of(estimate) if isinstance(estimate, Estimate) else ""


def frame(value: Any) -> Any:
    """Raises: FlatError: pandas is not installed, or there is nothing to put in rows."""
    return need("pandas", "a frame").DataFrame([dict(row) for row in _some_rows(value)])


def chart(value: Any) -> Any:
    """Bars of parts, or points of runs.

    Raises:
        FlatError: Altair is not installed, or there is no chart of it.
    """
    name = type(value).__name__
    if name not in _CHARTS:
        raise FlatError(f"no chart shows this: {name}", expected=sorted(_CHARTS))
    x, y, colour = _CHARTS[name]
    alt = need("altair", "a chart")
    rows = [row for row in plain(_some_rows(value)) if row[x] is not None and row[y] is not None]
    kinds = {each: "N" if isinstance(row[each], str) else "Q" for row in rows[:1] for each in row}
    base = alt.Chart(alt.Data(values=rows))
    marks = base.mark_bar() if kinds.get(y) == "N" else base.mark_point(filled=True, size=70)
    return marks.encode(
        x=f"{x}:Q",
        y=alt.Y(f"{y}:{kinds.get(y, 'Q')}", sort=None),
        color=f"{colour}:N",
        tooltip=[f"{each}:{kind}" for each, kind in kinds.items()],
    )


def _some_rows(value: Any) -> list[Row]:
    rows = rows_of(value)
    if not rows:
        raise FlatError(f"nothing to show in rows: {line(value)}")
    return rows


def _cell(value: object) -> str:
    if value is None:
        return "—"
    return f"{value:.6g}" if isinstance(value, float) else f"{value:,}" if type(value) is int else str(value)


def _explanation(value: Any) -> Any:
    from flat_plugin.report.terminal.tables import explanation

    return explanation(value)


def _estimate(value: Any) -> Any:
    from flat_plugin.report.terminal.tables import comparison

    return comparison([value])


def _operator(value: Any) -> Any:
    from flat_plugin.report.terminal.tables import operator

    return operator(value)


def _difference(value: Any) -> Any:
    from flat_plugin.report.terminal.tables import difference_table

    return difference_table(value)


def _search(value: Any) -> Any:
    from flat_plugin.report.terminal.search import search_table

    return search_table(value)


def _front(value: Any) -> Any:
    from flat_plugin.report.terminal.search import front_table

    return front_table(value)


def _overview(value: Any) -> Any:
    from flat_plugin.report.terminal.architecture import architecture_tree

    return architecture_tree(value)


def _grid(value: Any) -> Any:
    """The rows as a table, for what has no command of its own."""
    from flat_plugin.report.terminal.grid import named_grid

    rows = rows_of(value)
    numbers = [name for name in (rows[0] if rows else ()) if not isinstance(rows[0][name], str)]
    names = [name for name in (rows[0] if rows else ()) if name not in numbers]
    table = named_grid(line(value), names, numbers)
    for row in rows[:_MOST]:
        table.add_row(*(_cell(row[name]) for name in (*names, *numbers)))
    return table


_TABLES: dict[str, Callable[[Any], Any]] = {
    "Estimate": _estimate,
    "Explanation": _explanation,
    "OperatorResult": _operator,
    "SearchResults": _search,
    "FrontResult": _front,
    "Difference": _difference,
    "Overview": _overview,
    "EnergyTable": _grid,
    "Plan": _grid,
}
# What lies along x, along y, and what colours tell apart.
_CHARTS = {
    "Estimate": ("energy_pj", "component", "operator"),
    "FrontResult": ("latency_s", "energy_pj", "dataflow"),
    "SearchResults": ("energy_pj", "dataflow", "dataflow"),
    "Difference": ("difference", "cause", "figure"),
    "Results": ("latency_s", "energy_pj", "dataflow"),
    "EnergyTable": ("energy_pj", "action", "component"),
}
