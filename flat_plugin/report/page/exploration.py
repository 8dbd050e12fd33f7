"""The page of an exploration: the answer, the front with sliders for its axes, what a step would change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from flat_plugin.report.page.html import environment, text_of
from flat_plugin.report.page.scatter import Point, scatter
from flat_plugin.report.page.theme import palette_css
from flat_plugin.report.quantity import NOTHING, quantity

# Figure of a chip -> its key in the document, title and unit.
FIGURES: Mapping[str, tuple[str, str, str]] = {
    "area": ("area_mm2", "area", "mm²"),
    "edp": ("edp_js", "energy × delay", "J·s"),
    "energy": ("energy_j", "energy", "J"),
    "latency": ("latency_s", "latency", "s"),
    "power": ("power_w", "power", "W"),
    "peak_power": ("peak_power_w", "peak power", "W"),
}
_MOST_LABELS = 40
_WAITS = 1e-9  # of the time


def exploration_page(document: Mapping[str, Any], title: str = "flat explore") -> str:
    """The page as HTML, of what ``flat explore --json`` prints."""
    chips = document["every"] or document["front"]
    axes = {name: values for name, values in document["axes"].items() if len(values) > 1}
    best = document["best"] or document["nearest"]
    return (
        environment()
        .get_template("exploration.html.j2")
        .render(
            title=title,
            made=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
            answer=_answer(document),
            document=document,
            best=best,
            best_design=[(name, _said(value)) for name, value in best["design"].items()] if best else [],
            best_rows=_figures(best) if best else [],
            workloads=_workloads(best) if best else [],
            front=_front(document, chips, axes),
            multiples=[(name, _multiple(document, chips, name, values)) for name, values in axes.items()],
            sliders=_sliders(axes),
            table=_table(document, chips, axes),
            steps=_steps(document),
            robust=document["robust"],
            interrupted=document.get("interrupted", False),
            chips=_places(chips, axes),
            style=f"{text_of('style.css')}\n{text_of('exploration.css')}\n{palette_css()}",
            script=text_of("exploration.js"),
        )
    )


def _answer(document: Mapping[str, Any]) -> str:
    """In one sentence."""
    best, nearest = document["best"], document["nearest"]
    if not (best or nearest):
        return "No mapping fits any design"
    chip = best or nearest
    design = ", ".join(f"{name} {_said(value)}" for name, value in chip["design"].items())
    named = document["objectives"] if best else [*FIGURES]
    figures = ", ".join(f"{FIGURES[n][1]} {_figure(chip[FIGURES[n][0]], FIGURES[n][2])}" for n in named)
    if not best:
        missed = ", ".join(f"{what} by {over:.1%}" for what, over in chip["missed"].items())
        return f"No design meets the budgets; the nearest misses {missed}: {design}"
    within = " within the budgets" if document["budgets"] else ""
    stopped = "" if document["proven"] else " (interrupted: not proven)"
    return f"The best chip{within}: {design} ({figures}){stopped}"


def _axes_of_front(document: Mapping[str, Any]) -> tuple[str, str]:
    """What lies along x and y: two objectives, or area (or else latency) and the one."""
    names = document["objectives"]
    if len(names) == 2:
        return names[0], names[1]
    other = "area" if names[0] != "area" else "latency"
    return (other, names[0]) if names[0] != "area" else (names[0], other)


def _front(document: Mapping[str, Any], chips: Sequence[Any], axes: Mapping[str, Any]) -> str:
    x, y = _axes_of_front(document)
    labelled = len(chips) <= _MOST_LABELS
    points = [_point(document, chip, n, x, y, axes, labelled) for n, chip in enumerate(chips)]
    whole = len(document["objectives"]) == 2 and not document["every"]
    return scatter([p for p in points if p], _titled(x), _titled(y), line=whole)


def _titled(name: str) -> tuple[str, str]:
    return FIGURES[name][1], FIGURES[name][2]


def _point(
    document: Mapping[str, Any],
    chip: Mapping[str, Any],
    number: int,
    x: str,
    y: str,
    axes: Mapping[str, Any],
    labelled: bool,
) -> Point | None:
    across, up = chip[FIGURES[x][0]], chip[FIGURES[y][0]]
    if across is None or up is None:
        return None
    return Point(
        across, up, _label(chip, axes) if labelled else "", _title(chip), number, _is_best(document, chip)
    )


def _is_best(document: Mapping[str, Any], chip: Mapping[str, Any]) -> bool:
    return bool(document["best"] == chip)


def _label(chip: Mapping[str, Any], axes: Mapping[str, Any]) -> str:
    return " · ".join(_said(chip["design"][name]) for name in axes)


def _title(chip: Mapping[str, Any]) -> str:
    design = ", ".join(f"{name} {_said(value)}" for name, value in chip["design"].items())
    return f"{design}\n" + "\n".join(f"{title}: {value}" for title, value in _figures(chip))


def _figures(chip: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(title, _figure(chip[key], unit)) for key, title, unit in FIGURES.values()]


def _figure(value: float | None, unit: str) -> str:
    if value is None:
        return NOTHING
    return f"{value:.4g} {unit}" if unit == "mm²" else quantity(value, unit)


def _said(value: Any) -> str:
    if isinstance(value, list | tuple):
        return "×".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _multiple(document: Mapping[str, Any], chips: Sequence[Any], axis: str, values: Sequence[Any]) -> str:
    """A figure of every chip over one axis: numbers where they are, others by their places."""
    name = next((n for n in document["objectives"] if n != "area"), "area")
    key, title, unit = FIGURES[name]
    numeric = all(isinstance(value, int | float) for value in values)
    points = []
    for number, chip in enumerate(chips):
        value = chip["design"][axis]
        place = value if numeric else values.index(value)
        if chip[key] is not None:
            points.append(Point(place, chip[key], "", _title(chip), number, _is_best(document, chip)))
    names = [] if numeric else [_said(value) for value in values]
    return scatter(points, (axis, ""), (title, unit), size=(400, 240), names=names)


def _sliders(axes: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    return [
        {"name": name, "values": [_said(value) for value in values], "last": len(values) - 1}
        for name, values in axes.items()
    ]


def _places(chips: Sequence[Any], axes: Mapping[str, Sequence[Any]]) -> list[list[int]]:
    """Of every chip, which value of each axis it has."""
    return [[values.index(chip["design"][name]) for name, values in axes.items()] for chip in chips]


def _table(document: Mapping[str, Any], chips: Sequence[Any], axes: Mapping[str, Any]) -> dict[str, Any]:
    heads = [*axes, *(title for _, title, _ in FIGURES.values()), "dataflows"]
    rows = []
    for chip in chips:
        flows = ", ".join(dict.fromkeys(each["dataflow"] for each in chip["workloads"]))
        cells = [_said(chip["design"][name]) for name in axes]
        rows.append(
            {"cells": [*cells, *(v for _, v in _figures(chip)), flows], "best": _is_best(document, chip)}
        )
    return {"heads": heads, "rows": rows}


def _workloads(chip: Mapping[str, Any]) -> list[list[str]]:
    return [
        [
            each["name"],
            each["dataflow"] or NOTHING,
            "the budget of power" if each["waits"] > _WAITS else each["bound"],
            quantity(each["latency_s"], "s"),
            quantity(each["energy_j"], "J"),
            _figure(each["power_w"], "W"),
            f"{each['utilization']:.1%}",
        ]
        for each in chip["workloads"]
    ]


def _steps(document: Mapping[str, Any]) -> list[list[str]]:
    rows = []
    for step in document["steps"]:
        changes = [_change(step["changes"][name]) for name in FIGURES]
        rows.append([step["axis"], f"{step['from']} → {step['to']}", *changes, step["why"]])
    return rows


def _change(value: float | None) -> str:
    if value is None:
        return NOTHING
    return "0" if abs(value) < 5e-5 else f"{value:+.2%}"
