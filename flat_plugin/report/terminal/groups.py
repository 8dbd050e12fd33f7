"""Sums and gains by group, for the terminal."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from rich.console import RenderableType

from flat_plugin.report.analysis.arrange import STATISTICS, value_text
from flat_plugin.report.analysis.baseline import Gain
from flat_plugin.report.analysis.columns import ALIASES, COLUMNS
from flat_plugin.report.quantity import NOTHING, quantity
from flat_plugin.report.terminal.grid import named_grid

# A column's suffix, what makes its numbers ones of a unit that takes prefixes, and that unit.
_SUFFIXES = (
    ("_pj", 1e-12, "J"),
    ("_js", 1.0, "J·s"),
    ("_j", 1.0, "J"),
    ("_s", 1.0, "s"),
    ("_w", 1.0, "W"),
) + (
    ("_words", 1.0, "words"),
    ("_bytes", 1.0, "B"),
)
_FACTORS = {"speedup": "speed-up", "energy_ratio": "energy / baseline", "dram_ratio": "DRAM / baseline"}
_TITLES = {column.name: column.title for column in COLUMNS}
_UNITS = {column.name: column.unit for column in COLUMNS}
_TYPED = {name: alias for alias, name in ALIASES.items() if len(alias) < len(name)}


def group_table(
    rows: Sequence[Mapping[str, Any]],
    by: Sequence[str],
    metric: str,
    weight: str | None = None,
    statistic: str | None = None,
) -> RenderableType:
    """Rows of :mod:`flat_plugin.report.analysis.arrange`; one figure where every group is a single run.

    Args:
        by: what a row's group agrees in: its first columns.
        statistic: what the columns of a pivot hold; None for rows that are not spread.
    """
    name, said = _measure(metric)
    title = f"{name} × {weight}" if weight else name
    counts: list[str] = []
    if statistic is not None:
        figures = heads = [each for each in (rows[0] if rows else ()) if each not in by]
        title = f"{title}, {statistic}"
    elif not weight and all(row["runs"] == 1 for row in rows):
        figures, heads = ["mean"], [name]
    else:
        figures, heads, counts = list(STATISTICS), list(STATISTICS), ["runs"]
    table = named_grid(title, map(_short, by), [*counts, *heads])
    for row in rows:
        cells = (NOTHING if row[each] is None else said(row[each]) for each in figures)
        table.add_row(*(value_text(row[each]) for each in by), *(str(row[each]) for each in counts), *cells)
    return table


def gain_table(gains: Sequence[Gain], baseline: str) -> RenderableType:
    """Geometric means against a baseline by group."""
    keys = [_short(name) for name, _ in gains[0].group] if gains else []
    table = named_grid(f"against {baseline}, geometric means", keys, ("pairs", "speed-up", "energy", "DRAM"))
    for gain in gains:
        figures = (gain.speedup, gain.energy_ratio, gain.dram_ratio)
        cells = (NOTHING if figure is None else f"{figure:.3f}×" for figure in figures)
        table.add_row(*(value_text(value) for _, value in gain.group), str(gain.cases), *cells)
    return table


def _measure(metric: str) -> tuple[str, Callable[[float], str]]:
    """A column's name without its unit, and how its numbers are said: shares and factors without prefixes."""
    title = _TITLES.get(metric)
    if metric in _FACTORS:
        return _FACTORS[metric], lambda value: f"{value:.3f}×"
    if metric == "utilization":
        return title or metric, lambda value: f"{value:.1%}"
    for suffix, scale, unit in _SUFFIXES:
        if metric.endswith(suffix):
            return title or metric.removesuffix(suffix), partial(_scaled, scale=scale, unit=unit)
    if _UNITS.get(metric) in ("cycles", "MACs", None):
        return title or metric, quantity
    return title or metric, lambda value: f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def _scaled(value: float, scale: float, unit: str) -> str:
    return quantity(value * scale, unit)


def _short(name: str) -> str:
    return _TYPED.get(name, name)
