"""Energy tables, and where two of them differ, for the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from rich.console import Group, RenderableType
from rich.text import Text

from flat_plugin.architecture import Architecture, EnergyTable
from flat_plugin.energy import Difference, area_um2
from flat_plugin.report.terminal.grid import grid


def energy_table(table: EnergyTable, architecture: Architecture) -> RenderableType:
    """pJ per action and mm² of all instances, a component a row, and who answered."""
    areas = area_um2(table, architecture)
    rows = grid(f"{architecture.name}: pJ per action, mm² of all instances")
    for name in ("component", "action", "pJ", "mm²", "by"):
        rows.add_column(name, justify="right" if name in ("pJ", "mm²") else "left")
    for name, component in table.components.items():
        area = f"{areas[name] / 1e6:.4g}" if name in areas else ""
        rest = (area, component.estimator)
        for action, energy in component.actions.items():
            rows.add_row(name, action, f"{energy:.6g}", *rest)
            name, rest = "", ("", "")
    total = f"{sum(areas.values()) / 1e6:.4g} mm² in all, at {architecture.technology}."
    by = [f"Source: {table.source}.", *(f"  {tool}" for tool in table.tools)]
    return Group(rows, Text("\n".join((total, *by))))


def difference_table(found: Sequence[Difference], name: str, first: str, second: str) -> RenderableType:
    """Both figures and their ratio; figures that are the same for several actions share a row."""
    rows = grid(f"{name}: {second} against {first}")
    for title in ("component", "action", "unit", first, second, "ratio"):
        rows.add_column(title, justify="left" if title in ("component", "action", "unit") else "right")
    for component, entries in groupby(found, lambda entry: entry.component):
        label = component
        for _, same in groupby(entries, lambda entry: (entry.unit, entry.first, entry.second)):
            group = list(same)
            one = group[0]
            actions = ", ".join(entry.action for entry in group)
            ratio = "–" if one.ratio is None else f"{one.ratio:.3g}×"
            rows.add_row(label, actions, one.unit, _figure(one.first), _figure(one.second), ratio)
            label = ""
    return rows


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.5g}"
