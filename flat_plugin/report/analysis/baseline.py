"""Speed-up and energy saving against a chosen baseline, and their geometric means."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import exp, log

from flat_plugin.errors import FlatError
from flat_plugin.report.analysis.columns import ALIASES, Row, Value
from flat_plugin.report.read.order import place

# What makes two runs the same question; the baseline's own column is left out.
QUESTION = (
    "model",
    "seq_tokens",
    "query_tokens",
    "batch_sequences",
    "architecture",
    "overrides",
    "dataflow",
    "level",
    "softmax",
    "overflow",
    "mask",
    "skip",
    "elementwise",
    "bits",
    "space",
    "engine",
    "asked_stage",
    "mapper",
)


@dataclass(frozen=True)
class Baseline:
    """The runs whose ``column`` is ``value``: ``base`` means ``dataflow=base``."""

    column: str
    value: str

    @classmethod
    def parse(cls, text: str) -> Baseline:
        """``base``, or ``architecture=edge``.

        Raises:
            FlatError: a column that does not tell runs apart.
        """
        name, equals, value = text.partition("=")
        if not equals:
            return cls("dataflow", text.strip())
        chosen = ALIASES.get(name.strip(), name.strip())
        if chosen not in QUESTION:
            raise FlatError("not an input", path="baseline", value=name, expected=QUESTION)
        return cls(chosen, value.strip())

    def __str__(self) -> str:
        return f"{self.column}={self.value}"

    def is_met_by(self, row: Row) -> bool:
        return str(row.get(self.column)) == self.value

    def question(self, row: Row) -> tuple[Value, ...]:
        return tuple(row.get(name) for name in QUESTION if name != self.column)


@dataclass(frozen=True)
class Gain:
    """Geometric means over ``cases`` pairs of a run and its baseline.

    ``speedup`` is the baseline's latency over the run's; ``energy_ratio`` the run's energy over the
    baseline's, so that 0.6 is a saving of 40 %; ``dram_ratio`` likewise.
    """

    group: tuple[tuple[str, Value], ...]
    cases: int
    speedup: float
    speedup_min: float
    speedup_max: float
    energy_ratio: float | None
    dram_ratio: float | None

    def to_dict(self) -> dict[str, object]:
        return dict(self.group) | {key: value for key, value in asdict(self).items() if key != "group"}


def usual_baseline(rows: Iterable[Row]) -> Baseline | None:
    """``base``, or its searched sibling, where some other dataflow can be compared with it."""
    flows = {row["dataflow"] for row in rows}
    usual = (name for name in ("base", "base-opt") if name in flows and len(flows) > 1)
    name = next(usual, None)
    return Baseline("dataflow", name) if name else None


def with_gains(rows: Sequence[Row], baseline: Baseline) -> list[dict[str, Value]]:
    """The rows with ``speedup``, ``energy_ratio`` and ``dram_ratio``; None without a counterpart.

    A search that keeps to a space is compared with the baseline of the same space, or else with the one
    that keeps to none, as named dataflows do.

    Raises:
        FlatError: no run is the baseline.
    """
    bases = {baseline.question(row): row for row in rows if baseline.is_met_by(row)}
    if not bases:
        known = sorted({str(row.get(baseline.column)) for row in rows})
        raise FlatError(f"no run has {baseline}", path="baseline", value=baseline.value, expected=known)
    return [dict(row) | _gain(row, _base(row, bases, baseline)) for row in rows]


def _base(row: Row, bases: Mapping[tuple[Value, ...], Row], baseline: Baseline) -> Row | None:
    free = dict(row) | {"space": None}
    return bases.get(baseline.question(row)) or bases.get(baseline.question(free))


def gains(rows: Sequence[Row], by: Sequence[str]) -> list[Gain]:
    """Geometric means of rows that :func:`with_gains` made, by these columns, in their order.

    The baseline itself, which is 1 by definition, is left out.
    """
    groups: dict[tuple[tuple[str, Value], ...], list[Row]] = {}
    for row in rows:
        if row.get("speedup") is not None and not row.get("is_baseline"):
            groups.setdefault(tuple((name, row.get(name)) for name in by), []).append(row)
    return [
        Gain(
            group,
            len(members),
            geometric_mean(speedups := [float(row["speedup"] or 0) for row in members]),
            min(speedups),
            max(speedups),
            _mean(members, "energy_ratio"),
            _mean(members, "dram_ratio"),
        )
        for group, members in sorted(groups.items(), key=lambda each: [place(value) for _, value in each[0]])
    ]


def geometric_mean(values: Iterable[float]) -> float:
    """exp of the mean logarithm; 0 if any value is 0.

    Raises:
        ValueError: no values, or a negative one.
    """
    numbers = list(values)
    if not numbers or min(numbers) < 0:
        raise ValueError("a geometric mean is of one or more numbers that are not negative")
    if 0 in numbers:
        return 0.0
    return exp(sum(map(log, numbers)) / len(numbers))


def _gain(row: Row, base: Row | None) -> dict[str, Value]:
    if base is None:
        return {"speedup": None, "energy_ratio": None, "dram_ratio": None, "is_baseline": False}
    return {
        "speedup": _ratio(base, row, "latency_s"),
        "energy_ratio": _ratio(row, base, "energy_pj"),
        "dram_ratio": _ratio(row, base, "dram_bytes"),
        "is_baseline": base["run"] == row["run"],
    }


def _ratio(over: Row, under: Row, name: str) -> float | None:
    """None where a figure is not known, or there is nothing to divide by (energies that are all nothing)."""
    if over[name] is None or under[name] is None:
        return None
    top, bottom = float(over[name] or 0), float(under[name] or 0)
    if bottom == 0:
        return 1.0 if top == 0 else None
    return top / bottom


def _mean(rows: Iterable[Row], name: str) -> float | None:
    values = [float(value) for row in rows if (value := row[name]) is not None]
    return geometric_mean(values) if values else None
