"""The recorded grid: what Accelergy 0.4 with CACTI and Aladdin answered for single components.

Between grid points values are interpolated along straight lines in log-log space, which is exact
for power laws; outside the grid there is no answer. Everything was recorded at a 1 ns cycle; of a
memory, which is what it is used for, only leakage depends on the cycle, and grows with it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from math import exp, log
from pathlib import Path

RECORDED_CYCLE_SECONDS = 1e-9
_FILE = Path(__file__).with_name("accelergy_components.csv")
_AXES = ("n_banks", "width_bits", "kilobytes", "depth")  # interpolated in this order
UNITS = {"n_banks": "banks", "width_bits": "bits", "kilobytes": "KB", "depth": "words deep"}


@dataclass(frozen=True)
class Record:
    """pJ per action and µm² per instance of one component, at a 1 ns cycle."""

    at: Mapping[str, float]  # its place on the axes it has
    actions: Mapping[str, float]
    area_um2: float
    estimator: str


@dataclass(frozen=True)
class Answer:
    """A record read off the grid; ``between`` says which axes were interpolated, and how."""

    record: Record
    between: tuple[str, ...] = ()


@cache
def records(kind: str, technology: str, variant: str = "") -> tuple[Record, ...]:
    """All recorded components of a class; ``variant`` is the DRAM type."""
    return _all_records().get((kind, technology, variant), ())


def recorded_kinds() -> tuple[tuple[str, str, str], ...]:
    """(class, technology, type) of everything recorded; a DRAM has no technology."""
    return tuple(_all_records())


def look_up(grid: Iterable[Record], wanted: Mapping[str, float]) -> Answer | None:
    """The component at a place of the grid, or between its neighbours; None outside."""
    return _look_up(tuple(grid), wanted, _axes_of(wanted))


def describe(grid: Iterable[Record]) -> str:
    """The extent of a grid in words."""
    places = [record.at for record in grid]
    axes = [axis for axis in _AXES if places and axis in places[0]]
    if "kilobytes" in axes:  # from which the depth follows, with the width
        axes = [axis for axis in axes if axis != "depth"]
    parts = []
    for axis in axes:
        values = sorted({place[axis] for place in places})
        span = f"{values[0]:g}" if len(values) == 1 else f"{values[0]:g} to {values[-1]:g}"
        parts.append(f"{span} {UNITS[axis]}")
    return ", ".join(parts)


def _axes_of(wanted: Mapping[str, float]) -> tuple[str, ...]:
    return tuple(axis for axis in _AXES if axis in wanted)


def _look_up(grid: tuple[Record, ...], wanted: Mapping[str, float], axes: tuple[str, ...]) -> Answer | None:
    if not axes:
        return Answer(grid[0]) if grid else None
    axis, value = axes[0], wanted[axes[0]]
    slices: dict[float, list[Record]] = {}
    for record in grid:
        slices.setdefault(record.at[axis], []).append(record)

    def nearest(points: list[float]) -> tuple[float, Answer] | None:
        for point in points:
            answer = _look_up(tuple(slices[point]), wanted, axes[1:])
            if answer is not None:
                return point, answer
        return None

    exact = nearest([point for point in slices if point == value])
    if exact is not None:
        return exact[1]
    low = nearest(sorted((point for point in slices if point < value), reverse=True))
    high = nearest(sorted(point for point in slices if point > value))
    if low is None or high is None:
        return None
    return _between(axis, value, low, high)


def _between(axis: str, value: float, low: tuple[float, Answer], high: tuple[float, Answer]) -> Answer:
    (x0, first), (x1, second) = low, high
    one, two = first.record, second.record
    share = log(value / x0) / log(x1 / x0)
    actions = {
        action: _blend(energy, two.actions[action], share)
        for action, energy in one.actions.items()
        if action in two.actions
    }
    area = _blend(one.area_um2, two.area_um2, share)
    place = {**one.at, axis: value}
    note = f"{x0:g} and {x1:g} {UNITS[axis]}"
    notes = dict.fromkeys((*first.between, *second.between, note))
    return Answer(Record(place, actions, area, one.estimator), tuple(notes))


def _blend(one: float, two: float, share: float) -> float:
    if one > 0 and two > 0:
        return exp(log(one) + share * (log(two) - log(one)))
    return one + share * (two - one)


@cache
def _all_records() -> dict[tuple[str, str, str], tuple[Record, ...]]:
    components: dict[tuple[str, ...], list[dict[str, str]]] = {}
    with _FILE.open(newline="", encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            names = ("class", "technology", "type", *_AXES)
            components.setdefault(tuple(row[name] for name in names), []).append(row)
    kinds: dict[tuple[str, str, str], list[Record]] = {}
    for (kind, technology, variant, *place), rows in components.items():
        at = {axis: float(text) for axis, text in zip(_AXES, place, strict=True) if text}
        record = Record(
            at,
            {row["action"]: float(row["energy_pj"]) for row in rows},
            float(rows[0]["area_um2"]),
            rows[0]["estimator"],
        )
        kinds.setdefault((kind, technology, variant), []).append(record)
    return {key: tuple(found) for key, found in kinds.items()}
