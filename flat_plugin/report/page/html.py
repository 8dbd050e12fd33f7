"""One self-contained page: the data packed inside, the charts' library too; it opens offline.

Runs are a table of columns; what a run's detail and the charts of single runs need is packed in
chunks that the browser unpacks when it shows them, so that 10,000 runs open as quickly as ten.
"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from flat_plugin.report.analysis.baseline import Baseline, gains, usual_baseline, with_gains
from flat_plugin.report.analysis.columns import COLUMNS, Column, Row, Value, varying
from flat_plugin.report.analysis.data import runs as run_rows
from flat_plugin.report.analysis.fronts import FRONTS, with_fronts
from flat_plugin.report.extra import need, vega_lite
from flat_plugin.report.page.chart_rows import chart_rows
from flat_plugin.report.page.drawing import drawing
from flat_plugin.report.page.figures import figures, specification
from flat_plugin.report.page.hierarchy import hierarchy
from flat_plugin.report.page.theme import config
from flat_plugin.report.read.results import Results, Run
from flat_plugin.workload.describe import line_of

CHUNK = 50  # runs
_LABEL = {
    "dataflow": "{}",
    "seq_tokens": "{}",
    "architecture": "{}",
    "overrides": "{}",
    "model": "{}",
    "asked_stage": "staged {}",
    "batch_sequences": "batch {}",
    "level": "{}",
    "softmax": "softmax {}",
    "overflow": "{}",
    "space": "{}",
    "engine": "{}",
    "mapper": "{}",
}
_GAINS = (
    Column("speedup", "speed-up", "×", lambda run: None, "baseline's latency / latency", True, "high"),
    Column("energy_ratio", "energy / baseline", "×", lambda run: None, "", True, "low"),
    Column("dram_ratio", "DRAM / baseline", "×", lambda run: None, "", False, "low"),
)
_FILTERS = (
    "model",
    "seq_tokens",
    "batch_sequences",
    "architecture",
    "overrides",
    "dataflow",
    "space",
    "level",
    "engine",
)


def page(results: Results, baseline: Baseline | None = None, title: str = "flat report") -> str:
    """The page as HTML. Without a baseline given, ``base`` is it where a run has it.

    Raises:
        FlatError: the baseline is not there, or the ``report`` extra is not installed.
    """
    plain = run_rows(results)
    baseline = baseline or usual_baseline(plain)
    rows = with_fronts(with_gains(plain, baseline) if baseline else plain)
    labels = labels_of(rows)
    drawn = figures(rows)
    groups: dict[str, list[dict[str, Any]]] = {}
    for figure in drawn:
        entry = {
            "name": figure.name,
            "tab": figure.tab,
            "question": figure.question,
            "data": figure.data,
            "spec": specification(figure),
        }
        groups.setdefault(figure.group, []).append(entry)
    columns = _columns(rows, gained=baseline is not None)
    by = ["architecture", "dataflow", *varying(rows, ("overrides", "space", "level", "batch_sequences"))]
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            title=title,
            made=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
            summary=summary(results),
            baseline=baseline,
            gain_columns=by,
            gains=_gains(rows, by) if baseline else [],
            failures=_failures(results),
            groups=groups,
            style=_text("style.css"),
            script=_text("report.js"),
            library=_library(),
            themes=_json({name: config(name) for name in ("light", "dark")}),
            figures=_json({figure["name"]: figure for group in groups.values() for figure in group}),
            filters=_json([name for name in _FILTERS if name in varying(rows, _FILTERS)]),
            runs=_packed(_table(rows, columns, labels)),
            details=_json(_chunks(results, labels)),
            chunk=CHUNK,
        )
    )


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


def labels_of(rows: Sequence[Mapping[str, Value]]) -> list[str]:
    """A name for each run by what tells it from the others; its hash where nothing does."""
    names = varying(rows, tuple(_LABEL)) or ["dataflow"]
    labels = [
        " · ".join(_LABEL[name].format(row[name]) for name in names if row[name] not in (None, ""))
        for row in rows
    ]
    seen: dict[str, int] = {}
    for label in labels:
        seen[label] = seen.get(label, 0) + 1
    return [
        label if seen[label] == 1 else f"{label} · {str(row['run'])[:8]}"
        for label, row in zip(labels, rows, strict=True)
    ]


def detail(run: Run, label: str) -> dict[str, Any]:
    """What the page shows of one run: its ``result.json`` as it is, its picture, its charts' rows."""
    return {
        "label": label,
        "workload": _workload(run),
        "document": {key: value for key, value in run.document.items() if key != "mapping"},
        "drawing": drawing(run.document),
        "hierarchy": hierarchy(run.architecture),
        "charts": chart_rows(run, label),
    }


def _workload(run: Run) -> str:
    """What was understood of it, in a line."""
    found = run.estimate["workload"]
    return "" if found is None else line_of(found)


def _columns(rows: Sequence[Mapping[str, Value]], *, gained: bool) -> list[Column]:
    """All that hold something; inputs that are the same in every run are not shown at first."""
    held = [column for column in COLUMNS if any(row[column.name] not in (None, "") for row in rows)]
    plain = {column.name for column in COLUMNS[: [c.name for c in COLUMNS].index("cycles")]}
    told = set(varying(rows, sorted(plain))) | {"model", "dataflow"}
    shown = [replace(c, shown=c.shown and (c.name not in plain or c.name in told)) for c in held]
    return shown + (list(_GAINS) if gained else [])


def _table(
    rows: Sequence[Mapping[str, Value]], columns: Sequence[Column], labels: Sequence[str]
) -> dict[str, Any]:
    names = [column.name for column in columns] + list(FRONTS)
    return {
        "columns": [column.to_dict() for column in columns],
        "values": {name: [row[name] for row in rows] for name in names} | {"label": list(labels)},
    }


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


@cache
def _library() -> str:
    """Vega, Vega-Lite and Vega-Embed in one file."""
    version = vega_lite("the page")
    bundle = str(need("vl_convert", "the page").javascript_bundle(vl_version=version))
    return bundle.replace("</script", "<\\/script")


def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("flat_plugin.report.page", "web"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _text(name: str) -> str:
    return (files("flat_plugin.report.page") / "web" / name).read_text(encoding="utf-8")


def _distinct(values: Any) -> list[str]:
    return [str(value) for value in dict.fromkeys(values) if value is not None]


def _gains(rows: Sequence[Row], by: Sequence[str]) -> list[dict[str, object]]:
    """Best first."""
    return [gain.to_dict() for gain in sorted(gains(rows, by), key=lambda gain: -gain.speedup)]
