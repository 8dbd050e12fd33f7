"""All comparisons with recorded and published data: what ``flat validate`` prints.

Recorded Timeloop runs ship with the package; the published tables of others do not and are read from a
folder that is given.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from flat_plugin.arguments import checked
from flat_plugin.errors import FlatError
from flat_plugin.paper import authors, fusemax, onepass, recorded, rtl
from flat_plugin.paper.comparison import Comparison, Summary, summarize
from flat_plugin.paths import is_file, is_folder


def _fusemax(folder: Path) -> list[Comparison]:
    """FLAT and unfused; and one pass, where its table is there too."""
    rows = fusemax.fusemax_comparisons(folder)
    return [*rows, *(onepass.onepass_comparisons(folder) if is_file(folder / onepass.FILE) else ())]


EXPERIMENTS: dict[str, tuple[tuple[str, ...], Callable[[Path], list[Comparison]]]] = {
    "rtl": ((rtl.FILE,), rtl.rtl_comparisons),
    "authors": ((authors.FILE,), authors.authors_comparisons),
    "fusemax": ((fusemax.FLAT_FILE, fusemax.UNFUSED_FILE, authors.FILE), _fusemax),
}
TIMELOOP = "timeloop"
ABOUT = {
    TIMELOOP: "timeloop-model, 580 recorded runs (NVlabs/timeloop, March 2025)",
    "rtl": "RTL of fused attention (TileFlow, MICRO 2023)",
    "authors": "the FLAT authors' cost model (with FuseMax, MICRO 2024)",
    "fusemax": "FuseMax's Timeloop results with softmax (MICRO 2024)",
}


@dataclass(frozen=True)
class Validation:
    """Ours beside theirs, row by row; ``absent`` are (experiment, files that are not here)."""

    rows: tuple[Comparison, ...]
    absent: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def summaries(self) -> tuple[Summary, ...]:
        """The error table: one line for each experiment and metric."""
        return summarize(self.rows)

    def to_dict(self) -> dict[str, object]:
        """The machine-readable form that ``flat validate --json`` prints."""
        return {
            "errors": [vars(summary) for summary in self.summaries],
            "rows": [row.to_dict() for row in self.rows],
            "absent": {name: list(files) for name, files in self.absent},
        }


@checked
def validate(data: Path | None = None, experiment: str | None = None) -> Validation:
    """Every comparison there is data for.

    Args:
        data: a folder with published tables.
        experiment: ``timeloop``, ``rtl``, ``authors`` or ``fusemax``; all if not given.

    Raises:
        FlatError: no such experiment; its data, which was asked for, is not here.
    """
    names = (TIMELOOP, *EXPERIMENTS)
    if experiment is not None and experiment not in names:
        raise FlatError(
            "no such experiment", path="experiment", value=experiment, expected=" or ".join(names)
        )
    if data is not None and not is_folder(data):
        raise FlatError("no such folder", file=data, expected="a folder of published tables")
    if experiment not in (None, TIMELOOP):
        if data is None:
            raise FlatError(
                "published data does not ship",
                path="data",
                expected=f"the folder of {', '.join(EXPERIMENTS[experiment][0])}",
            )
        return Validation(tuple(compare(data, experiment)), ())
    rows = recorded.timeloop_comparisons()
    if experiment == TIMELOOP:
        return Validation(tuple(rows), ())
    here = available(data) if data else ()
    absent = [(name, files) for name, (files, _) in EXPERIMENTS.items() if name not in here]
    if data is not None and "fusemax" in here and not is_file(data / onepass.FILE):
        absent.append(("fusemax, one pass", (onepass.FILE,)))
    return Validation((*rows, *(compare(data) if data else ())), tuple(absent))


def available(folder: Path) -> tuple[str, ...]:
    """Experiments whose published files are in the folder."""
    return tuple(
        name for name, (files, _) in EXPERIMENTS.items() if all(is_file(folder / file) for file in files)
    )


def compare(folder: Path, experiment: str | None = None) -> list[Comparison]:
    """Ours beside theirs, row by row, of one experiment or of all whose files are here.

    Raises:
        FlatError: no such experiment, or its published data is not here.
    """
    if experiment is None:
        return [row for name in available(folder) for row in EXPERIMENTS[name][1](folder)]
    if experiment not in EXPERIMENTS:
        raise FlatError("no such experiment", value=experiment, expected=" or ".join(EXPERIMENTS))
    return EXPERIMENTS[experiment][1](folder)
