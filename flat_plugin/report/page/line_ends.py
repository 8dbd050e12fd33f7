"""Which runs a chart joins by a line, and labels where lines end: colour is not the only difference."""

from __future__ import annotations

from collections.abc import Sequence

from flat_plugin.report.analysis.axes import Axis
from flat_plugin.report.analysis.columns import Row

_SHOWN = ("dataflow", "architecture")  # by colour and by shape
_SAME = {"buffer_kib": ("buffer_kb",), "dram_gb_per_s": ("dram_words_per_cycle",)}  # axes by their columns
_APART = 0.035  # of the chart's height, that two labels need
_MOST = 2  # names in a label


def lines(rows: Sequence[Row], axes: Sequence[Axis], x: str) -> list[str]:
    """The line that each row is a point of: what tells runs apart, but for what the chart is against."""
    others = [axis for axis in axes if not _is_along(axis, x)]
    return [", ".join(f"{axis.name}={axis.values[i]}" for axis in others) for i in range(len(rows))]


def _is_along(axis: Axis, x: str) -> bool:
    return axis.name in (x, *_SAME.get(x, ()))


def line_ends(rows: Sequence[Row], axes: Sequence[Axis], x: str, y: str) -> list[str]:
    """A label for each row: empty but where a line reaches the end of the chart, and one label for lines
    that end together."""
    labels = [""] * len(rows)
    drawn = [i for i, row in enumerate(rows) if row.get(x) is not None and row.get(y) is not None]
    named = [axis for axis in axes if not _is_along(axis, x) and axis.name not in _SHOWN]
    said = [" · ".join(filter(None, (axis.said(axis.values[i]) for axis in named))) for i in range(len(rows))]
    if not drawn:
        return labels
    height, along = _values(rows, y), _values(rows, x)
    end = max(along[i] for i in drawn)
    at_end = [i for i in drawn if along[i] == end]
    room = _APART * (max(height[i] for i in drawn) - min(height[i] for i in drawn))
    for group in _together(at_end, height, room):
        some = [*dict.fromkeys(said[i] for i in group if said[i])]
        every = len(some) == len({said[i] for i in drawn})
        labels[group[0]] = "all" if every and len(some) > 1 else _listed(some)
    return labels


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
    return ", ".join(names[:_MOST]) + more


def _values(rows: Sequence[Row], column: str) -> dict[int, float]:
    return {i: value for i, row in enumerate(rows) if isinstance(value := row.get(column), int | float)}


def _together(ends: Sequence[int], height: dict[int, float], room: float) -> list[list[int]]:
    """Ends that are too near to one another for labels of their own, from below."""
    groups: list[list[int]] = []
    for index in sorted(ends, key=lambda i: height[i]):
        if groups and height[index] - height[groups[-1][0]] <= room:
            groups[-1].append(index)
        else:
            groups.append([index])
    return groups
