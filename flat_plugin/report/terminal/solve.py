"""Answers to inverse questions as text."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from flat_plugin.exploration.solve import Curve, Solution
from flat_plugin.report.quantity import NOTHING
from flat_plugin.report.terminal.grid import grid

_MOST = 40  # values that are printed
_FEW = 5  # at either end, where nothing crosses


def solution_text(found: Solution) -> RenderableType:
    """The answer, every crossing, and the values that were tried."""
    parts: list[RenderableType] = [Text(answer_of(found), style="bold"), Text("")]
    if len(found.crossings) > 1:
        parts += [Text("\n".join(_crossings(found))), Text("")]
    return Group(*parts, _table(found), Text(""), Text(_how(found)))


def answer_of(found: Solution) -> str:
    """In one sentence."""
    asked, condition, name = found.asked, found.asked.condition.text, found.asked.unknown.name
    values = asked.unknown.axis.values
    if found.answer is None:
        return f"{condition} holds at no {name} from {_value(values[0])} to {_value(values[-1])}"
    if all(each.holds for each in found.looked):
        return f"{condition} holds at every {name} from {_value(values[0])} to {_value(values[-1])}"
    if asked.first:
        return f"{condition} from {name} {_value(found.answer)} on" + _again(found)
    return f"{condition}: {'; '.join(_ranges(found))}"


def _again(found: Solution) -> str:
    """What is to be said where the condition does not hold all the way from the first value on."""
    last = max((n for n, each in enumerate(found.looked) if not each.holds), default=-1)
    first = next(n for n, each in enumerate(found.looked) if each.holds)
    if last < first:
        return ""
    if last == len(found.looked) - 1:
        return ", but not throughout: it stops holding again (crossings below)"
    return f", and without a break from {_value(found.looked[last + 1].value)} (crossings below)"


def _ranges(found: Solution) -> list[str]:
    """The values at which it holds, as ranges of those that were looked at."""
    name, ranges, start = found.asked.unknown.name, [], None
    for n, each in enumerate(found.looked):
        if each.holds and start is None:
            start = each.value
        if start is not None and (not each.holds or n == len(found.looked) - 1):
            end = each.value if each.holds else found.looked[n - 1].value
            ranges.append(f"{name} {_value(start)}" + (f" to {_value(end)}" if end != start else ""))
            start = None
    return ranges


def _crossings(found: Solution) -> list[str]:
    name = found.asked.unknown.name
    return [
        f"{'holds' if holds else 'no longer holds'} from {name} {_value(after)} (at {_value(before)} it "
        f"{'does not' if holds else 'does'})"
        for before, after, holds in found.crossings
    ]


def _table(found: Solution) -> RenderableType:
    table = grid("values that were tried")
    table.add_column(found.asked.unknown.name, justify="right")
    names = list(found.looked[0].figures)
    for name in names:
        table.add_column(name, justify="right")
    table.add_column("holds")
    looked = found.looked if len(found.looked) <= _MOST else _around(found)
    for each in looked:
        cells = [_figure(each.figures[n]) for n in names]
        table.add_row(_value(each.value), *cells, "yes" if each.holds else "")
    left = len(found.looked) - len(looked)
    return Group(table, Text(f"… and {left} more (--json has all)")) if left else table


def _around(found: Solution) -> list:  # type: ignore[type-arg]
    """The values beside the crossings; the first and the last where there is none."""
    beside = {value for before, after, _ in found.crossings for value in (before, after)}
    return [each for each in found.looked if each.value in beside][:_MOST] or [
        *found.looked[:_FEW],
        *found.looked[-_FEW:],
    ]


def _how(found: Solution) -> str:
    asked = found.asked
    by = {
        "bisection": "by bisection: its two sides cross once over the values that were tried",
        "all values": "all declared values were tried",
    }[found.how]
    because = f": {asked.perfect_because}" if asked.perfect_because else ""
    flows = ", ".join(
        f"{flow.name} ({flow.factors} factors{because if flow.searched else ''})"
        if flow.factors
        else flow.name
        for flow in asked.dataflows
    )
    return (
        f"{asked.case.name} on {asked.base.name}; {flows}, mapped for {asked.mode}, softmax {asked.softmax}; "
        f"{len(found.looked)} of {found.declared} values, {by}"
    )


def curve_text(curve: Curve) -> RenderableType:
    """The crossings for each value of something else."""
    table = grid(f"{curve.points[0][1].asked.condition.text}, by {curve.name}")
    table.add_column(curve.name, justify="right")
    table.add_column(f"first {curve.points[0][1].asked.unknown.name}", justify="right")
    table.add_column("crossings")
    for value, found in curve.points:
        crossings = ", ".join(
            f"{'' if holds else 'not '}from {_value(after)}" for _, after, holds in found.crossings
        )
        table.add_row(
            _value(value), NOTHING if found.answer is None else _value(found.answer), crossings or NOTHING
        )
    return Group(table, Text(""), Text(_how(curve.points[0][1])))


def _value(value: object) -> str:
    if isinstance(value, tuple):
        return "×".join(map(str, value))
    return (
        f"{value:g}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)
    )


def _figure(value: float | None) -> str:
    """Whole where it is large, so that values next to each other are told apart."""
    if value is None:
        return NOTHING
    return f"{value:,.0f}" if 1e4 <= abs(value) < 1e15 else f"{value:.5g}"
