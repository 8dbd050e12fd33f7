"""``flat reproduce``: the paper's claims beside our figures, under whose assumptions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from flat_plugin.arguments import Jobs, checked
from flat_plugin.documents import load
from flat_plugin.errors import FlatError
from flat_plugin.paper.assumptions import Assumption
from flat_plugin.paper.measures import Experiment, Row
from flat_plugin.paper.points import Progress, answer_all
from flat_plugin.report.export import write_csv, write_json
from flat_plugin.report.present import printed
from flat_plugin.shown import Shown

FILE = "experiments.yaml"


@dataclass(frozen=True, repr=False)
class Reproduction(Shown):
    """The rows, and the experiments and assumptions that they are of."""

    experiments: tuple[Experiment, ...]
    assumptions: tuple[Assumption, ...]
    rows: tuple[Row, ...]

    def __str__(self) -> str:
        from flat_plugin.paper.tables import reproduction

        return printed(reproduction(self))

    def to_dict(self) -> dict[str, object]:
        """The machine-readable form that ``flat reproduce --json`` prints."""
        return {
            "assumptions": {a.name: {"title": a.title, "source": a.source} for a in self.assumptions},
            "experiments": {e.name: {"title": e.title, "why": dict(e.why)} for e in self.experiments},
            "rows": [row.to_dict() for row in self.rows],
        }

    def by_claim(self, experiment: str) -> list[tuple[Row, ...]]:
        """The rows of an experiment: one entry a claim, with a row for each assumption."""
        groups: dict[tuple[str, str], list[Row]] = {}
        for row in self.rows:
            if row.experiment == experiment:
                groups.setdefault((row.case, row.source), []).append(row)
        return [tuple(group) for group in groups.values()]

    def markdown(self) -> str:
        """A table an experiment, as the README shows them."""
        lines = [f"- *{one.name}*: {one.title} ({one.source})" for one in self.assumptions] + [""]
        for experiment in self.experiments:
            names = [assumption.name for assumption in self.assumptions]
            lines += [f"**{experiment.title}**", ""]
            lines += [f"| claim | paper | source | {' | '.join(names)} |", "| --- " * (3 + len(names)) + "|"]
            for rows in self.by_claim(experiment.name):
                cells = [rows[0].case, amount(rows[0], rows[0].claim), rows[0].source]
                cells += [amount(row, row.ours) for row in rows]
                lines.append(f"| {' | '.join(cells)} |")
            lines += ["", *(f"- *{name}*: {experiment.why[name]}" for name in names), ""]
        return "\n".join(lines)


@checked
def reproduce(
    experiment: str | None = None,
    assumptions: str | None = None,
    *,
    jobs: Jobs | None = None,
    progress: Progress | None = None,
) -> Reproduction:
    """The paper's experiments, under each of the assumptions.

    Args:
        experiment: one by name; all if not given.
        assumptions: ``authors``, ``published`` or ``ours``; all if not given.
        jobs: processes; one per core if not given.
        progress: called after every point with how many are done, and of how many.

    Raises:
        FlatError: no such experiment or assumptions.
    """
    everything = _declared()
    shared = everything["systems"], everything["models"]
    experiments = [Experiment(fields, *shared) for fields in everything["experiments"]]
    held = [Assumption.of(name, fields) for name, fields in everything["assumptions"].items()]
    chosen = _pick("experiment", experiment, experiments)
    under = _pick("assumptions", assumptions, held)
    questions = [q for one in chosen for assumption in under for q in one.points(assumption)]
    answers = answer_all(questions, jobs, progress)
    rows = [row for one in chosen for assumption in under for row in one.rows(assumption, answers)]
    return Reproduction(tuple(chosen), tuple(under), tuple(rows))


def write_reproduction(found: Reproduction, folder: Path) -> list[Path]:
    """``reproduction.json``, ``.csv`` and ``.md`` in a folder."""
    paths = [folder / f"reproduction.{ending}" for ending in ("csv", "json", "md")]
    write_csv([row.to_dict() for row in found.rows], paths[0])
    write_json(found.to_dict(), paths[1])
    paths[2].write_text(found.markdown(), encoding="utf-8")
    return paths


def amount(row: Row, value: float | None) -> str:
    """A figure in the unit of its row; a dash where there is none."""
    if value is None:
        return "–"
    if row.unit == "share":
        return f"{value:.0%}"
    if row.unit == "words":
        return f"{value:,.0f}"
    return f"{value:.2f}{row.unit}"


@cache
def _declared() -> Mapping[str, Any]:
    return load((files("flat_plugin.paper") / FILE).read_text(encoding="utf-8"))


def _pick(option: str, name: str | None, entries: Sequence[Any]) -> list[Any]:
    if name is None:
        return list(entries)
    found = [entry for entry in entries if entry.name == name]
    if not found:
        raise FlatError(f"no such {option}", path=option, value=name, expected=[e.name for e in entries])
    return found
