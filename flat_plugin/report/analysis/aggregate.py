"""Sums, means and extremes of a metric by group: what people add up by hand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from math import fsum

from flat_plugin.errors import FlatError, one_of
from flat_plugin.report.analysis.columns import ALIASES, Row, Value
from flat_plugin.report.read.order import place

_USUAL = ("model", "seq_tokens", "architecture", "dataflow", "latency_s", "energy_pj", "dram_words")


@dataclass(frozen=True)
class Sums:
    """One metric over the runs that agree in ``key``; ``total`` is weighted where weights are given."""

    key: tuple[tuple[str, Value], ...]
    runs: int
    total: float
    mean: float
    least: float
    most: float

    def to_dict(self, metric: str) -> dict[str, object]:
        figures = {key: value for key, value in asdict(self).items() if key != "key"}
        runs = figures.pop("runs")
        return dict(self.key) | {"runs": runs} | {f"{metric}_{k}": v for k, v in figures.items()}


def aggregate(rows: Sequence[Row], by: Sequence[str], metric: str, weight: str | None = None) -> list[Sums]:
    """Groups in the order of what they agree in: numbers by size.

    Args:
        by: columns that a group's rows agree in; none for one group of all.
        metric: a column of numbers; rows without it are left out.
        weight: a column of numbers to multiply by, such as ``layers``; rows without it are left out.

    Raises:
        FlatError: no such column, one that holds no numbers, or one that no run has a figure in.
    """
    names = [_known(rows, name, "by") for name in by]
    metric = _known(rows, metric, "metric")
    weight = _known(rows, weight, "weight") if weight else None
    groups: dict[tuple[tuple[str, Value], ...], list[tuple[float, float]]] = {}
    for row in rows:
        value, factor = _number(row, metric), _number(row, weight) if weight else 1.0
        if value is not None and factor is not None:
            groups.setdefault(tuple((name, row[name]) for name in names), []).append((value, factor))
    if rows and not groups:
        raise FlatError(
            "no run has this figure",
            path="metric",
            value=metric,
            expected="one that they have, such as cycles",
        )
    ordered = sorted(groups.items(), key=lambda group: [place(value) for _, value in group[0]])
    return [_group(key, members) for key, members in ordered]


def left_out(rows: Sequence[Row], metric: str, weight: str | None = None) -> int:
    """How many rows have no figure in these columns, and so are in none of the sums."""
    names = [ALIASES.get(name, name) for name in (metric, weight) if name]
    return sum(any(row[name] is None for name in names) for row in rows)


def _group(key: tuple[tuple[str, Value], ...], members: Sequence[tuple[float, float]]) -> Sums:
    total = fsum(value * weight for value, weight in members)
    weights = fsum(weight for _, weight in members)
    values = [value for value, _ in members]
    return Sums(key, len(members), total, total / weights if weights else 0.0, min(values), max(values))


def _known(rows: Sequence[Row], name: str, option: str) -> str:
    chosen = ALIASES.get(name, name)
    if rows and chosen not in rows[0]:
        raise FlatError("no such column", path=option, value=name, expected=_nearest(name, rows[0]))
    return chosen


def _nearest(name: str, columns: Iterable[str]) -> str:
    """The columns that may be meant, the nearest first; else some of those that are asked for most."""
    names = [*columns]
    close = get_close_matches(name.lower(), [*names, *ALIASES], n=3, cutoff=0.6)
    holding = [column for column in names if len(name) > 2 and name.lower() in column]
    meant = [each for each in dict.fromkeys((*close, *holding[:3])) if ALIASES.get(each, each) in names]
    if meant:
        return " or ".join(meant) + "; --json has all columns"
    usual = [column for column in _USUAL if column in names]
    return ", ".join(usual) + " or another column (--json has all)" if len(usual) > 3 else one_of(names)


def _number(row: Row, name: str) -> float | None:
    value = row[name]
    if isinstance(value, str):
        raise FlatError("not a column of numbers", path=name, value=value)
    return None if value is None else float(value)
