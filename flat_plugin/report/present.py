"""How results show themselves in Python: :class:`flat_plugin.shown.Shown` asks here."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

from flat_plugin.errors import FlatError
from flat_plugin.model.estimate import Estimate
from flat_plugin.plain import plain
from flat_plugin.report.analysis.columns import Row
from flat_plugin.report.extra_libraries import need
from flat_plugin.report.one_line import line
from flat_plugin.report.page.drawing import drawing_of
from flat_plugin.report.page.theme import PALETTES
from flat_plugin.report.result_rows import rows_of

__all__ = ["chart", "frame", "html", "line", "printed", "text"]
_WIDTH = 100  # columns of what is printed
_MOST = 60  # rows that a notebook shows
_WIDE = 12  # columns, of which more are shown only where they differ
_UNSHOWN = ("run", "run_s", "finished")  # of a batch
_FIGURES = ("latency_s", "energy_j", "dram_bytes", "utilization")


def text(value: Any) -> str:
    """What the command line prints; the line where no command prints it."""
    table = _TABLES.get(type(value).__name__)
    return line(value) if table is None else printed(table(value))


def printed(table: Any) -> str:
    """A table as lines of text, the same wherever it is printed."""
    from rich.console import Console

    paper = io.StringIO()
    # In a notebook, or where colours are forced, it would print elsewhere, or more than text.
    console = Console(
        file=paper, width=_WIDTH, highlight=False, markup=False, force_jupyter=False, color_system=None,
        force_terminal=False,
    )  # fmt: skip
    console.print(table)
    return "\n".join(each.rstrip() for each in paper.getvalue().splitlines()).strip("\n")


def html(value: Any) -> str:
    """The line and the picture of the mapping, if there is one, above a table of the rows; numbers as they
    are."""
    rows = rows_of(value)
    head = f"<p><b>{escape(line(value))}</b></p>{_drawing(value)}"
    if not rows:
        return head
    rows = _differing(rows)
    names = "".join(f"<th>{escape(name)}</th>" for name in rows[0])
    cells = ("".join(f"<td>{escape(_cell(each))}</td>" for each in row.values()) for row in rows[:_MOST])
    body = "".join(f"<tr>{row}</tr>" for row in cells)
    more = f"<p>… and {len(rows) - _MOST:,} more rows</p>" if len(rows) > _MOST else ""
    return f"{head}<table><thead><tr>{names}</tr></thead><tbody>{body}</tbody></table>{more}"


def _differing(rows: list[Row]) -> list[Row]:
    """Of a wide table the columns in which its rows differ; all of them are in the frame."""
    if len(rows) < 2 or len(rows[0]) <= _WIDE:
        return rows
    told = [name for name in rows[0] if name not in _UNSHOWN and len({str(row[name]) for row in rows}) > 1]
    return [{name: row[name] for name in told} for row in rows]


def _drawing(value: Any) -> str:
    best = getattr(value, "best", value)  # of a search
    estimate = getattr(best, "estimate", best)
    return drawing_of(estimate) if isinstance(estimate, Estimate) else ""


def frame(value: Any) -> Any:
    """Raises: FlatError: pandas is not installed, or there is nothing to put in rows."""
    return need("pandas", "a frame").DataFrame([dict(row) for row in _some_rows(value)])


def chart(value: Any) -> Any:
    """Bars of parts, each figure on a scale of its own; points of runs on logarithmic scales; or lines, what
    follows from an unknown.

    Raises:
        FlatError: Altair is not installed, or there is no chart of it.
    """
    name = type(value).__name__
    if name in _DRAWN_AS:
        return chart(_DRAWN_AS[name](value))
    if name in _LINED:
        return _lines(*_LINED[name](value))
    if name not in _CHARTS and name != "FrontResult":
        known = sorted((*_CHARTS, *_LINED, *_DRAWN_AS, "FrontResult"))
        raise FlatError(f"no chart shows this: {name}", expected=known)
    x, y, colour = (
        _CHARTS[name] if name in _CHARTS else (*(_METRICS[each] for each in value.metrics), "dataflow")
    )
    rows = [row for row in plain(_some_rows(value)) if row[x] is not None and row[y] is not None]
    if not rows:
        raise FlatError(f"nothing to draw: no energies are known for {line(value)}")
    drawn = (_bars if isinstance(rows[0][y], str) or y == "layer" else _points)(rows, x, y)
    alt = need("altair", "a chart")
    drawn = drawn.encode(
        color=alt.Color(f"{colour}:N", scale=alt.Scale(range=list(PALETTES["light"]))),
        tooltip=[f"{each}:{'N' if isinstance(value, str) else 'Q'}" for each, value in rows[0].items()],
    )
    if name != "Difference":
        return drawn
    units = "datum.figure + ' [' + datum.unit + ']'"
    row = alt.Row("of:N", sort=None, title=None)
    return drawn.transform_calculate(of=units).encode(row=row).resolve_scale(x="independent", y="independent")


def _bars(rows: list[Row], x: str, y: str) -> Any:
    alt = need("altair", "a chart")
    length = alt.X(f"{x}:Q", title=_titled(x), axis=alt.Axis(format="~s"))
    return (
        alt.Chart(alt.Data(values=rows)).mark_bar().encode(x=length, y=alt.Y(f"{y}:N", sort=None, title=None))
    )


def _points(rows: list[Row], x: str, y: str) -> Any:
    alt = need("altair", "a chart")
    how = {"axis": alt.Axis(format="~s"), "scale": alt.Scale(type="log", nice=False, padding=12)}
    marks = alt.Chart(alt.Data(values=rows)).mark_point(filled=True, size=70)
    return marks.encode(
        x=alt.X(f"{x}:Q", title=_titled(x), **how), y=alt.Y(f"{y}:Q", title=_titled(y), **how)
    )


def _lines(rows: list[Any], x: str, y: str) -> Any:
    """A line for each ``figure`` of the rows, if they name any; along x numbers, or names in their order."""
    alt = need("altair", "a chart")
    numeric = all(isinstance(row[x], int | float) and row[x] > 0 for row in rows)
    along = alt.X(f"{x}:N", sort=None)
    if numeric:
        along = alt.X(f"{x}:Q", scale=alt.Scale(type="log", nice=False))
    marks = alt.Chart(alt.Data(values=rows)).mark_line(point=True)
    drawn = marks.encode(x=along, y=alt.Y(f"{y}:Q"))
    if "figure" not in rows[0]:
        return drawn
    colours = alt.Scale(range=list(PALETTES["light"]))
    return drawn.encode(color=alt.Color("figure:N", scale=colours, sort=None))


def _figures_by_unknown(solution: Any) -> tuple[list[Any], str, str]:
    unknown = solution.asked.unknown.name
    rows = [
        {unknown: row["value"], "figure": name, "value of the figure": figure}
        for row in plain(rows_of(solution))
        for name, figure in row.items()
        if name not in ("value", "holds")
    ]
    return rows, unknown, "value of the figure"


def _crossings_by_name(curve: Any) -> tuple[list[Any], str, str]:
    first = f"first {curve.points[0][1].asked.unknown.name}"
    rows = [{curve.name: row[curve.name], first: row["first"]} for row in plain(rows_of(curve))]
    return rows, curve.name, first


_LINED: dict[str, Callable[[Any], tuple[list[Any], str, str]]] = {
    "Solution": _figures_by_unknown,
    "Curve": _crossings_by_name,
}
_UNITS = {"s": "s", "j": "J", "pj": "pJ", "bytes": "bytes", "words": "words"}
_METRICS = {
    "footprint": "footprint_words",
    "traffic": "dram_bytes",
    "energy": "energy_pj",
    "latency": "latency_s",
}


def _titled(column: str) -> str:
    """``latency [s]`` of ``latency_s``."""
    words, _, unit = column.rpartition("_")
    words = words.replace("_", " ").replace("dram", "DRAM")
    return f"{words} [{_UNITS[unit]}]" if words and unit in _UNITS else column


def _some_rows(value: Any) -> list[Row]:
    rows = rows_of(value)
    if not rows:
        raise FlatError(f"nothing to show in rows: {line(value)}")
    return rows


def _cell(value: object) -> str:
    if value is None:
        return "—"
    if isinstance(value, Mapping):
        return ", ".join(f"{name}={each}" for name, each in value.items())
    return f"{value:.6g}" if isinstance(value, float) else f"{value:,}" if type(value) is int else str(value)


def _explanation(value: Any) -> Any:
    from flat_plugin.report.terminal.tables import explanation

    return explanation(value)


def _estimate(value: Any) -> Any:
    from flat_plugin.report.terminal.tables import comparison

    return comparison([value])


def _trace(value: Any) -> Any:
    from flat_plugin.report.terminal.traces import trace_table

    return trace_table(value)


def _operator(value: Any) -> Any:
    from flat_plugin.report.terminal.tables import operator

    return operator(value)


def _difference(value: Any) -> Any:
    from flat_plugin.report.terminal.tables import difference_table

    return difference_table(value)


def _search(value: Any) -> Any:
    from flat_plugin.report.terminal.search import best_table, search_table

    return search_table(value) if hasattr(value, "results") else best_table(value)


def _front(value: Any) -> Any:
    from flat_plugin.report.terminal.search import front_table

    return front_table(value)


def _overview(value: Any) -> Any:
    from flat_plugin.report.terminal.architecture import architecture_tree

    return architecture_tree(value)


def _mapping(value: Any) -> Any:
    from rich.text import Text

    from flat_plugin.mapping.nest_text import fused_text

    return Text(fused_text(value))


def _batch(value: Any) -> Any:
    from flat_plugin.report.terminal.batch import batch_text

    return batch_text(value)


def _results_of(batch: Any) -> Any:
    from flat_plugin.report.read.results import read_results

    return read_results(batch.output)


def _exploration(value: Any) -> Any:
    from flat_plugin.report.terminal.explore import exploration_text

    return exploration_text(value)


def _solution(value: Any) -> Any:
    from flat_plugin.report.terminal.solve import solution_text

    return solution_text(value)


def _verdict(value: Any) -> Any:
    from flat_plugin.report.terminal.certificate import verdict_text

    return verdict_text(value)


def _curve(value: Any) -> Any:
    from flat_plugin.report.terminal.solve import curve_text

    return curve_text(value)


def _grid(value: Any) -> Any:
    """The rows as a table, for what has no command of its own."""

    return _table_of(line(value), rows_of(value))


def _runs(value: Any) -> Any:
    """Runs by what they differ in, and their main figures."""
    from flat_plugin.report.analysis.axes import axes_of, names_of

    rows = rows_of(value)
    names = names_of(axes_of(value.runs, rows), rows)
    shown = [
        {"run": name, **{each: row[each] for each in _FIGURES}} for name, row in zip(names, rows, strict=True)
    ]
    return _table_of(line(value), shown)


def _table_of(title: str, rows: Sequence[Row]) -> Any:
    from flat_plugin.report.terminal.grid import named_grid

    numbers = [name for name in (rows[0] if rows else ()) if not isinstance(rows[0][name], str)]
    names = [name for name in (rows[0] if rows else ()) if name not in numbers]
    table = named_grid(title, names, numbers)
    for row in rows[:_MOST]:
        table.add_row(*(_cell(row[name]) for name in (*names, *numbers)))
    return table


_TABLES: dict[str, Callable[[Any], Any]] = {
    "Estimate": _estimate,
    "Explanation": _explanation,
    "OperatorResult": _operator,
    "TraceEstimate": _trace,
    "FusedMapping": _mapping,
    "SearchResult": _search,
    "SearchResults": _search,
    "FrontResult": _front,
    "Difference": _difference,
    "BatchResult": _batch,
    "Results": _runs,
    "Overview": _overview,
    "ExploreResult": _exploration,
    "Solution": _solution,
    "Curve": _curve,
    "Verdict": _verdict,
    "EnergyTable": _grid,
    "Plan": _grid,
}
# What lies along x, along y, and what colours tell apart.
_CHARTS = {
    "Estimate": ("energy_pj", "component", "operator"),
    "SearchResults": ("energy_pj", "dataflow", "dataflow"),
    "Difference": ("difference", "cause", "figure"),
    "Results": ("latency_s", "energy_j", "dataflow"),
    "EnergyTable": ("energy_pj", "action", "component"),
    "ExploreResult": ("area_mm2", "edp_js", "dataflows"),
    "TraceEstimate": ("kv_bits", "layer", "layer"),
    "Work": ("energy_pj", "component", "tensor"),
}
_DRAWN_AS: dict[str, Callable[[Any], Any]] = {
    "Explanation": lambda explanation: explanation.estimate,
    "SearchResult": lambda search: search.estimate,
    "BatchResult": _results_of,
}
