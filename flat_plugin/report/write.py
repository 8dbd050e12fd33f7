"""``flat report``: the page, the exports and the figures of a batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from flat_plugin.arguments import checked
from flat_plugin.errors import FlatError
from flat_plugin.report.analysis.axes import Axis, axes_of, names_of
from flat_plugin.report.analysis.baseline import Baseline, usual_baseline, with_gains
from flat_plugin.report.analysis.columns import Row
from flat_plugin.report.analysis.exported_tables import TABLES
from flat_plugin.report.analysis.fronts import with_fronts
from flat_plugin.report.export import write_json, writing
from flat_plugin.report.extra_libraries import need, vega_lite
from flat_plugin.report.page.chart_rows import chart_rows
from flat_plugin.report.page.exploration import FIGURES, exploration_page
from flat_plugin.report.page.figures import Figure, figures, specification
from flat_plugin.report.page.html import page
from flat_plugin.report.page.line_ends import line_ends, lines
from flat_plugin.report.page.theme import config
from flat_plugin.report.read.results import Results

FORMATS = ("png", "svg", "pdf")


@checked
def write_page(results: Results, path: str | Path, baseline: Baseline | None = None) -> None:
    """The self-contained page.

    Raises:
        FlatError: no run is the baseline, or no run succeeded.
    """
    results.check_any_run()
    title = " and ".join(folder.resolve().name for folder in results.folders)
    text = page(results, baseline, f"flat report: {title}")
    path = Path(path)
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def write_exploration_page(document: Mapping[str, Any], path: Path, title: str) -> None:
    """The page of an exploration, of what ``flat explore --json`` prints."""
    text = exploration_page(document, title)
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def exploration_rows(document: Mapping[str, Any]) -> list[Row]:
    """The chips of an exploration, every one where they were all evaluated, else the front."""
    return [
        {name: _said(value) for name, value in chip["design"].items()}
        | {key: chip[key] for key, _, _ in FIGURES.values()}
        | {"dataflows": ", ".join(dict.fromkeys(each["dataflow"] for each in chip["workloads"]))}
        for chip in document["every"] or document["front"]
    ]


def _said(value: Any) -> Any:
    return "×".join(map(str, value)) if isinstance(value, list) else value


@checked
def table_rows(results: Results, name: str = "runs", baseline: Baseline | None = None) -> list[Row]:
    """``runs`` (with gains where a baseline is given), ``levels``, ``energy`` or ``traffic`` of the batch.

    Raises:
        FlatError: no such table.
    """
    if name not in TABLES:
        raise FlatError("no such table", path="table", value=name, expected=TABLES)
    rows = TABLES[name](results)
    return [*with_gains(rows, baseline)] if baseline and name == "runs" else [*rows]


@checked
def write_figures(
    results: Results,
    folder: str | Path,
    baseline: Baseline | None = None,
    formats: Sequence[str] = FORMATS,
    limit: int = 40,
) -> list[Path]:
    """Every chart as PNG, SVG and PDF, for papers; beside each, its Vega-Lite source with the data.

    Charts with a line for each run show the first ``limit`` runs.

    Raises:
        FlatError: an unknown format, the ``report`` extra is not installed, or the folder cannot be
            written.
    """
    folder = Path(folder)
    for kind in formats:
        if kind not in FORMATS:
            raise FlatError("unknown format", path="formats", value=kind, expected=FORMATS)
    convert = need("vl_convert", "drawing figures")
    version = vega_lite("drawing figures")
    plain = table_rows(results)
    baseline = baseline or usual_baseline(plain)
    rows = with_fronts(with_gains(plain, baseline) if baseline else plain)
    axes = axes_of(results.runs, plain)
    labels = names_of(axes, plain)
    shown = [chart_rows(run, label) for run, label in zip(results.runs[:limit], labels, strict=False)]
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    written = []
    for figure in figures(rows):
        if figure.data == "runs":
            data = _joined(rows, axes, labels, figure)
        else:
            data = [row for parts in shown for row in parts[figure.data]]
        if not data:
            continue
        spec = specification(figure, {figure.data: data}) | {"width": 640}
        spec["config"] = config("light") | {"background": "white"}
        for kind in formats:
            drawn = getattr(convert, f"vegalite_to_{kind}")(spec, vl_version=version, **_SCALES.get(kind, {}))
            path = folder / f"{figure.name}.{kind}"
            with writing(path):
                path.write_bytes(drawn.encode() if isinstance(drawn, str) else drawn)
            written.append(path)
        source = folder / f"{figure.name}.vl.json"
        write_json(spec, source)
        written.append(source)
    return written


def _joined(rows: Sequence[Row], axes: Sequence[Axis], labels: Sequence[str], figure: Figure) -> list[Row]:
    """The rows with their names; where the figure has lines, with the line of each and its label."""
    x, y = figure.line
    ends = line_ends(rows, axes, x, y) if x else [""] * len(rows)
    added = zip(rows, labels, ends, lines(rows, axes, x), strict=True)
    return [{**row, "label": label, "end": end, "line": line} for row, label, end, line in added]


_SCALES = {"png": {"scale": 2}}
