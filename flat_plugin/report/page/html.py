"""One self-contained page: the data packed inside, charts drawn by its own scripts; it opens offline.

Runs are a table of columns; what a run's detail and the charts of single runs need is packed in
chunks that the browser unpacks when it shows them, so that 10,000 runs open as quickly as ten.
"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from flat_plugin.report.analysis.axes import Axis, axes_of, names_of
from flat_plugin.report.analysis.baseline import Baseline, usual_baseline, with_gains
from flat_plugin.report.analysis.columns import COLUMNS, Column, Row, Value
from flat_plugin.report.analysis.exported_tables import runs as run_rows
from flat_plugin.report.page.chart_rows import chart_rows
from flat_plugin.report.page.drawing import drawing
from flat_plugin.report.page.figures import Figure, figures
from flat_plugin.report.page.hierarchy import hierarchy
from flat_plugin.report.page.masks import mask_drawing
from flat_plugin.report.page.theme import palette_css
from flat_plugin.report.read.parts import energy_by
from flat_plugin.report.read.results import Results, Run
from flat_plugin.workload.describe import line_of

CHUNK = 50  # runs
SCRIPTS = (
    *("base", "state", "filters", "table", "answer", "plot", "curves", "front", "rows", "detail", "gains"),
    "main",
)
_GAINS = (
    Column("speedup", "speed-up", "×", lambda run: None, "baseline's latency / latency", True, "high"),
    Column("energy_ratio", "energy / baseline", "×", lambda run: None, "", True, "low"),
    Column("dram_ratio", "DRAM / baseline", "×", lambda run: None, "", False, "low"),
)
# Columns that no chart offers: another has the same in a unit that compares better, or it is no figure.
_NOT_DRAWN = ("energy_pj", "buffer_words", "layers", "run_s", "finished", "bound")


def page(results: Results, baseline: Baseline | None = None, title: str = "flat report") -> str:
    """The page as HTML. Without a baseline given, ``base`` is it where a run has it.

    Raises:
        FlatError: the baseline is not there.
    """
    plain = run_rows(results)
    axes = axes_of(results.runs, plain)
    labels = names_of(axes, plain)
    baseline = baseline or usual_baseline(plain)
    rows = with_gains(plain, baseline) if baseline else plain
    drawn = _pictures(rows)
    groups = {figure.group: [each for each in drawn if each.group == figure.group] for figure in drawn}
    return (
        environment()
        .get_template("report.html.j2")
        .render(
            title=title,
            made=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
            summary=summary(results),
            baseline=baseline,
            failures=_failures(results),
            groups=groups,
            style="\n".join((text_of("style.css"), text_of("drawing.css"), palette_css())),
            script="\n".join(text_of(f"{name}.js") for name in SCRIPTS),
            figures=_json({figure.name: figure.to_dict() for figure in drawn}),
            runs=_packed(_table(results.runs, rows, axes, labels)),
            details=_json(_chunks(results, labels)),
            chunk=CHUNK,
        )
    )


def _pictures(rows: Sequence[Row]) -> list[Figure]:
    """The charts with a row, or points, for each run, which the page draws from the details of runs."""
    return [figure for figure in figures(rows) if figure.data != "runs"]


def summary(results: Results) -> dict[str, Any]:
    """What was run, with which engine and tables."""
    documents = [run.document for run in results.runs]
    finished = sorted(str(d["finished"]) for d in documents if d.get("finished"))
    tools = sorted({f"{d['engine'].get('name')} ({d['engine'].get('tool')})" for d in documents})
    return {
        "runs": len(results.runs),
        "tally": results.tally,
        "models": _distinct(run.inputs.get("model") for run in results.runs),
        "workloads": _distinct(filter(None, map(_workload, results.runs))),
        "lengths": _distinct(run.inputs.get("seq") for run in results.runs),
        "architectures": _distinct(run.inputs.get("architecture") for run in results.runs),
        "dataflows": _distinct(run.inputs.get("dataflow") for run in results.runs),
        "softmax": _distinct(run.inputs.get("softmax") for run in results.runs),
        "engines": tools,
        "energies": _distinct(d["energies"].get("source") for d in documents),
        "first": finished[0][:16].replace("T", " ") if finished else "",
        "last": finished[-1][:16].replace("T", " ") if finished else "",
        "run_s": sum(float(d.get("seconds") or 0) for d in documents),
    }


def _failures(results: Results) -> list[dict[str, Any]]:
    """Reasons, each once with its runs and those of their inputs that tell the runs of the batch apart."""
    inputs = [run.inputs for run in results.runs] + [failure.inputs for failure in results.failures]
    keys = {key for each in inputs for key in each}
    told = {key for key in keys if len({str(each.get(key)) for each in inputs}) > 1} or keys
    reasons: dict[tuple[str, str], dict[str, Any]] = {}
    for failure in results.failures:
        entry = reasons.setdefault((failure.kind, failure.message), failure.to_dict() | {"runs": []})
        telling = {k: v for k, v in failure.inputs.items() if k in told}
        entry["runs"].append({"run": failure.name, "inputs": telling})
    return [entry | {"count": len(entry["runs"])} for entry in reasons.values()]


def detail(run: Run, label: str) -> dict[str, Any]:
    """What the page shows of one run: its ``result.json`` as it is, its picture, its charts' rows."""
    return {
        "label": label,
        "workload": _workload(run),
        "document": {key: value for key, value in run.document.items() if key != "mapping"},
        "drawing": drawing(run.document),
        "mask": mask_drawing(run.estimate, run.inputs.get("skip", "tiles")),
        "hierarchy": hierarchy(run.architecture),
        "charts": chart_rows(run, label),
    }


def _workload(run: Run) -> str:
    """What was understood of it, in a line."""
    found = run.estimate["workload"]
    return "" if found is None else line_of(found)


def _columns(rows: Sequence[Row], axes: Sequence[Axis], *, gained: bool) -> list[Column]:
    """All that hold something, the axes first: each is shown, and of the other inputs none at first."""
    inputs = {column.name for column in COLUMNS[: [c.name for c in COLUMNS].index("cycles")]} - {"run"}
    held = [c for c in COLUMNS if any(row[c.name] not in (None, "") for row in rows)]
    varying = [Column(a.name, a.title, a.unit, lambda run: None, "", True) for a in axes]
    names = {"overrides", *(axis.name for axis in axes)}
    rest = [replace(c, shown=c.shown and c.name not in inputs) for c in held if c.name not in names]
    return rest[:1] + varying + rest[1:] + (list(_GAINS) if gained else [])


def _table(
    runs: Sequence[Run], rows: Sequence[Row], axes: Sequence[Axis], labels: Sequence[str]
) -> dict[str, Any]:
    gained = "speedup" in rows[0]
    columns = _columns(rows, axes, gained=gained)
    values: dict[str, Sequence[Value]] = {
        column.name: [row[column.name] for row in rows] for column in columns if column.name in rows[0]
    }
    values |= {axis.name: axis.values for axis in axes}
    values |= {"largest_energy": [_largest_energy(run) for run in runs]}
    values |= {"is_baseline": [row["is_baseline"] for row in rows]} if gained else {}
    figure = {name for name in values if _is_figure(name, values[name])} - {axis.name for axis in axes}
    return {
        "columns": [column.to_dict() | {"figure": column.name in figure} for column in columns],
        "axes": [axis.to_dict() for axis in axes],
        "values": values,
        "labels": list(labels),
    }


def _is_figure(name: str, values: Sequence[Value]) -> bool:
    """A number that follows from the inputs."""
    first = [column.name for column in COLUMNS].index("cycles")
    names = {column.name for column in (*COLUMNS[first:], *_GAINS)} - set(_NOT_DRAWN)
    return name in names and any(isinstance(value, int | float) for value in values)


def _largest_energy(run: Run) -> str:
    """The component that takes most of the energy; nothing where that is not known."""
    energies = energy_by(run.parts, "component")
    known = {name: energy for name, energy in energies.items() if energy is not None}
    return max(known, key=lambda name: known[name]) if known and len(known) == len(energies) else ""


def _chunks(results: Results, labels: Sequence[str]) -> list[str]:
    pairs = list(zip(results.runs, labels, strict=True))
    return [
        _packed([detail(run, label) for run, label in pairs[start : start + CHUNK]])
        for start in range(0, len(pairs), CHUNK)
    ]


def _packed(value: object) -> str:
    """JSON, gzip, base64: the browser's own DecompressionStream reads it."""
    return base64.b64encode(gzip.compress(_json(value).encode(), 6, mtime=0)).decode()


def _json(value: object) -> str:
    """JSON that can stand inside a script element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c")


def environment() -> Environment:
    """The templates of the package."""
    return Environment(
        loader=PackageLoader("flat_plugin.report.page", "web"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def text_of(name: str) -> str:
    """A file of the page."""
    return (files("flat_plugin.report.page") / "web" / name).read_text(encoding="utf-8")


def _distinct(values: Any) -> list[str]:
    return [str(value) for value in dict.fromkeys(values) if value is not None]
