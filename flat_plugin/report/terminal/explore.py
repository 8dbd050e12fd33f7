"""Explorations as text: the answer in a sentence, the front, one step along each axis, the proof."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from flat_plugin.exploration.figures import UNITS
from flat_plugin.exploration.result import Chip, ExploreResult, step_dict
from flat_plugin.report.quantity import NOTHING, quantity
from flat_plugin.report.terminal.grid import grid

TITLES = {"peak_power": "peak power"}
_WAITS = 1e-9  # of the time
_MOST = 40  # points of a front that are printed


def exploration_text(found: ExploreResult) -> RenderableType:
    """All of it."""
    chip = found.best or found.nearest
    parts: list[RenderableType] = [Text(answer_of(found), style="bold"), Text("")]
    if len(found.front) > 1:
        parts += [_front(found), Text("")]
    if found.every:
        parts += [_chips(found, found.every, "every design within the budgets"), Text("")]
    if chip is not None:
        parts += [_workloads(found, chip), Text(""), *_steps(found, chip)]
    if found.robust or found.interrupted:
        parts += [_robust(found), Text("")]
    parts.append(Text("\n".join(f"- {each}" for each in found.assumptions)))
    return Group(*parts, Text(""), Text(found.proof))


def answer_of(found: ExploreResult) -> str:
    """The answer in one sentence."""
    chip, asked = found.best or found.nearest, found.asked
    if chip is None:
        return "no mapping fits any design"
    figures = ", ".join(f"{title(name)} {figure(chip, name)}" for name in UNITS if _shown(chip, name))
    name = chip.label or asked.base.name
    if found.best is None:
        missed = ", ".join(f"{what} by {over:.1%}" for what, over in chip.missed.items())
        return f"No design meets the budgets; the nearest misses {missed}: {name} ({figures})"
    objectives = " × ".join(map(title, asked.objectives))
    within = " within the budgets" if asked.limited else ""
    return f"The best chip by {objectives}{within}: {name} ({figures})" + _unproven(found)


def _unproven(found: ExploreResult) -> str:
    return "" if found.proven else "; not proven: it was interrupted"


def title(figure_name: str) -> str:
    return TITLES.get(figure_name, figure_name)


def figure(chip: Chip, name: str) -> str:
    value = chip.totals[name]
    if value != value or value == float("inf"):
        return NOTHING
    return f"{value:.4g} mm²" if name == "area" else quantity(value, UNITS[name].replace(" ", "·"))


def _shown(chip: Chip, name: str) -> bool:
    return chip.totals[name] == chip.totals[name] and name != "peak_power"


def _front(found: ExploreResult) -> RenderableType:
    return _chips(found, found.front, f"front: {len(found.front)} chips that no other beats")


def _chips(found: ExploreResult, chips: tuple[Chip, ...], what: str) -> RenderableType:
    table = grid(what)
    axes = [axis for axis in found.asked.space.axes if len(axis.values) > 1]
    for axis in axes:
        table.add_column(axis.name, justify="right")
    names = [*found.asked.objectives, *(n for n in UNITS if n not in found.asked.objectives)]
    for name in names:
        table.add_column(title(name), justify="right")
    table.add_column("dataflows")
    for chip in chips[:_MOST]:
        values = [_value(chip.values[axis.name]) for axis in axes]
        flows = ", ".join(dict.fromkeys(answer.dataflow for answer in chip.answers))
        table.add_row(*values, *(figure(chip, name) for name in names), flows)
    if len(chips) > _MOST:
        return Group(table, Text(f"… and {len(chips) - _MOST:,} more (--json has all)"))
    return table


def _value(value: object) -> str:
    return "×".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _workloads(found: ExploreResult, chip: Chip) -> RenderableType:
    table = grid("its workloads")
    for name in ("workload", "dataflow", "bound by"):
        table.add_column(name)
    for name in ("latency", "energy", "power", "utilisation"):
        table.add_column(name, justify="right")
    for case, run, answer in zip(found.asked.cases, chip.totals.runs, chip.answers, strict=True):
        waits = 1 - run.busy_s / run.latency_s
        table.add_row(
            case.name,
            answer.dataflow,
            "the budget of power" if waits > _WAITS else answer.bound,
            quantity(run.latency_s, "s"),
            quantity(run.energy_j, "J"),
            quantity(run.power_w, "W"),
            f"{answer.utilization * (1 - waits):.1%}",
        )
    return table


def _steps(found: ExploreResult, chip: Chip) -> Iterator[RenderableType]:
    if not found.steps:
        return
    names = [*found.asked.objectives]
    names += [n for n in ("area", "energy", "latency", "power") if n not in names and _shown(chip, n)]
    table = grid("one step along each axis")
    for name in ("axis", "step"):
        table.add_column(name)
    for name in names:
        table.add_column(title(name), justify="right")
    noted = any(step.why for step in found.steps)
    if noted:
        table.add_column("")
    for step in found.steps:
        changes = step_dict(step, chip.totals)["changes"]
        cells = [_change(changes[name]) for name in names] + [step.why] * noted
        table.add_row(step.axis, f"{step.value} → {step.to}", *cells)
    yield table
    yield Text("")


def _change(value: float | None) -> str:
    if value is None:
        return NOTHING
    return "0" if abs(value) < 5e-5 else f"{value:+.2%}"


def _robust(found: ExploreResult) -> RenderableType:
    cut = "; interrupted, not all of them were tried" if found.interrupted else ""
    table = grid(f"how far the best stays the best{cut}")
    for name in ("varied", "by", "best", "the best loses"):
        table.add_column(name)
    for row in found.robust:
        share = f"{'+' if row.up else '−'}{row.share:.0%}"
        held = f"still up to {row.holds:.1%}; then " if row.holds else ""
        said = f"{held}{row.instead}" if row.instead else "stays"
        table.add_row(row.what, share, said, f"{row.loss:.2%}" if row.instead else "")
    return table
