"""Our number beside a published one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Comparison:
    """One metric of one case; ``exact`` says that the two are expected to be equal."""

    experiment: str
    case: str
    metric: str
    unit: str
    ours: float
    theirs: float
    exact: bool = False
    note: str = ""

    @property
    def ratio(self) -> float:
        """Ours over theirs; 1 where both are nothing."""
        if self.theirs == 0:
            return 1.0 if self.ours == 0 else float("inf")
        return self.ours / self.theirs

    @property
    def error(self) -> float:
        """Relative, unsigned."""
        return abs(self.ratio - 1.0)

    def to_dict(self) -> dict[str, object]:
        """Plain values, for a table or JSON."""
        return {
            "experiment": self.experiment,
            "case": self.case,
            "metric": self.metric,
            "unit": self.unit,
            "ours": self.ours,
            "theirs": self.theirs,
            "ratio": self.ratio,
            "exact": self.exact,
            "note": self.note,
        }


@dataclass(frozen=True)
class Summary:
    """The relative errors of one metric of one experiment."""

    experiment: str
    metric: str
    cases: int
    mean_error: float
    max_error: float


def summarize(rows: Iterable[Comparison]) -> tuple[Summary, ...]:
    """Mean and largest error by experiment and metric, in order of appearance."""
    groups: dict[tuple[str, str], list[float]] = {}
    for row in rows:
        groups.setdefault((row.experiment, row.metric), []).append(row.error)
    return tuple(
        Summary(experiment, metric, len(errors), sum(errors) / len(errors), max(errors))
        for (experiment, metric), errors in groups.items()
    )
