"""Reproduction and validation as Rich tables."""

from __future__ import annotations

from itertools import groupby

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from flat_plugin.paper.measures import Row
from flat_plugin.paper.reproduce import Reproduction, amount
from flat_plugin.paper.validation import ABOUT, Validation
from flat_plugin.report.terminal.grid import grid

_WIDEST = 40  # columns of a claim


def reproduction(found: Reproduction) -> RenderableType:
    """An experiment a table: claim, source, and ours under each assumption; below, what explains it."""
    parts: list[RenderableType] = [Text(f"{a.name}: {a.title} ({a.source})") for a in found.assumptions]
    names = [assumption.name for assumption in found.assumptions]
    for experiment in found.experiments:
        sources = {row.source for row in found.rows if row.experiment == experiment.name}
        one = f" (paper: {sources.pop()})" if len(sources) == 1 else ""
        table = grid(experiment.title + one)
        table.add_column("claim", no_wrap=True)
        for name in ("paper", *names):
            table.add_column(name, justify="right", no_wrap=True)
        if not one:
            table.add_column("source")
        for (what, source), claims in groupby(found.by_claim(experiment.name), _shared):
            if what:
                table.add_row(what, style="bold")
            for rows in claims:
                case = rows[0].case.removesuffix(f", {what}").removeprefix("elements, ")
                ours = (amount(row, row.ours) for row in rows)
                end = [] if one else [source]
                table.add_row("  " * bool(what) + case, amount(rows[0], rows[0].claim), *ours, *end)
        parts += [table, *(Text(f"{name}: {experiment.why[name]}", style="dim") for name in names), Text()]
    return Group(*parts)


def _shared(rows: tuple[Row, ...]) -> tuple[str, str]:
    """What a claim that is too long for its column has in common with its neighbours; and the source."""
    case = rows[0].case
    return ("" if len(case) <= _WIDEST else ", ".join(case.split(", ")[2:])), rows[0].source


def validation(found: Validation, every_row: bool = False) -> RenderableType:
    """The errors by experiment and metric, and every row where asked for."""
    table = grid()
    for name in ("against", "figure", "cases", "mean error", "largest"):
        table.add_column(name, justify="left" if name in ("against", "figure") else "right")
    for entry in found.summaries:
        errors = (_percent(entry.mean_error), _percent(entry.max_error))
        table.add_row(entry.experiment, entry.metric, str(entry.cases), *errors)
    parts: list[RenderableType] = [table]
    if every_row:
        parts.insert(0, _rows(found))
    parts += [Text(f"{name}: {about}") for name, about in ABOUT.items() if _has(found, name)]
    parts += [Text(note, style="yellow") for note in found.notes]
    for name, files in found.absent:
        parts.append(Text(f"✗ {name}: give --data, the folder of {', '.join(files)}", style="yellow"))
    return Group(*parts)


def _rows(found: Validation) -> Table:
    table = grid()
    for name in ("against", "case", "figure", "ours", "theirs", "ratio", ""):
        table.add_column(name, justify="right" if name in ("ours", "theirs", "ratio") else "left")
    for row in found.rows:
        numbers = (f"{row.ours:.6g} {row.unit}", f"{row.theirs:.6g} {row.unit}", f"{row.ratio:.5f}")
        table.add_row(row.experiment, row.case, row.metric, *numbers, row.note)
    return table


def _has(found: Validation, name: str) -> bool:
    return any(row.experiment.startswith(name) for row in found.rows)


def _percent(error: float) -> str:
    return "0" if error == 0 else f"{error:.2%}" if error >= 0.0001 else f"{error:.1e}"
