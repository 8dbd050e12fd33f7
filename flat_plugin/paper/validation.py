"""All comparisons with recorded and published data: what ``flat validate`` prints.

Recorded Timeloop runs and our own measurements ship with the package; the published tables of others do not
and are read from a folder that is given.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from flat_plugin.arguments import checked
from flat_plugin.documents.table import unread
from flat_plugin.errors import FlatError
from flat_plugin.paper import authors, fusemax, onepass, recorded, rtl
from flat_plugin.paper.comparison import Comparison, Summary, summarize
from flat_plugin.paper.h100 import comparisons as h100
from flat_plugin.paper.h100 import rows as h100_rows
from flat_plugin.paths import is_file, is_folder
from flat_plugin.report.present import printed
from flat_plugin.shown import Shown

Compare = Callable[[Path], list[Comparison]]


@dataclass(frozen=True)
class Table:
    """A published table that an experiment compares with, and the files of a folder that it needs."""

    name: str
    files: tuple[str, ...]
    compare: Compare

    def is_in(self, folder: Path) -> bool:
        return all(is_file(folder / file) for file in self.files)


EXPERIMENTS: dict[str, tuple[Table, ...]] = {
    "rtl": (Table("rtl", (rtl.FILE,), rtl.rtl_comparisons),),
    "authors": (Table("authors", (authors.FILE,), authors.authors_comparisons),),
    "fusemax": (
        Table("fusemax flat", (fusemax.FLAT_FILE, authors.FILE), fusemax.flat_comparisons),
        Table("fusemax unfused", (fusemax.UNFUSED_FILE,), fusemax.unfused_comparisons),
        Table("fusemax, one pass", (onepass.FILE,), onepass.onepass_comparisons),
    ),
    "h100": (Table("h100", (h100.FILE,), h100.h100_comparisons),),
}
_READ: dict[str, tuple[type, dict[str, str]]] = {
    rtl.FILE: (rtl.RtlRow, rtl.UNREAD),
    authors.FILE: (authors.AuthorsRow, authors.UNREAD),
    h100.FILE: (h100_rows.H100Row, h100_rows.UNREAD),
    **dict.fromkeys(
        (fusemax.FLAT_FILE, fusemax.UNFUSED_FILE, onepass.FILE), (fusemax.FuseMaxRow, fusemax.UNREAD)
    ),
}
TIMELOOP = "timeloop"
SHIPPED: dict[str, Callable[[], list[Comparison]]] = {
    TIMELOOP: recorded.timeloop_comparisons,
    "h100": h100.recorded_comparisons,
}
_PASSED_OVER: dict[str, Callable[[Path | None], tuple[str, ...]]] = {"h100": h100.passed_over}
NAMES = tuple(dict.fromkeys((*SHIPPED, *EXPERIMENTS)))
ABOUT = {
    TIMELOOP: "timeloop-model, 580 recorded runs (NVlabs/timeloop, March 2025)",
    "rtl": "RTL of fused attention (TileFlow, MICRO 2023)",
    "authors": "the FLAT authors' cost model (with FuseMax, MICRO 2024)",
    "fusemax": "FuseMax's Timeloop results with softmax (MICRO 2024)",
    "h100": "an H100 under hardware counters (our own measurements, November 2026)",
}


@dataclass(frozen=True, repr=False)
class Validation(Shown):
    """Ours beside theirs, row by row; ``absent`` are (experiment, files that are not here), and ``notes``
    name the columns of the tables that are not read, and the rows that are not compared.
    """

    rows: tuple[Comparison, ...]
    absent: tuple[tuple[str, tuple[str, ...]], ...]
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        from flat_plugin.paper.tables import validation

        return printed(validation(self))

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
            "notes": list(self.notes),
        }


@checked
def validate(data: str | Path | None = None, experiment: str | None = None) -> Validation:
    """Every comparison for which there is data.

    Args:
        data: a folder with published tables; they replace what ships for the same experiment.
        experiment: ``timeloop``, ``rtl``, ``authors``, ``fusemax`` or ``h100``; all if not given.

    Raises:
        FlatError: no such experiment, or its data is not here.
    """
    if experiment is not None and experiment not in NAMES:
        raise FlatError("no such experiment", path="experiment", value=experiment, expected=NAMES)
    folder = None if data is None else Path(data)
    if folder is not None and not is_folder(folder):
        raise FlatError("no such folder", file=folder, expected="a folder of published tables")
    rows: list[Comparison] = []
    notes: list[str] = []
    absent: list[Table] = []
    read: list[Table] = []
    for name in NAMES if experiment is None else (experiment,):
        tables = EXPERIMENTS.get(name, ())
        here = [table for table in tables if folder is not None and table.is_in(folder)]
        if folder is not None and here:
            rows += [row for table in here for row in table.compare(folder)]
            notes += _PASSED_OVER[name](folder) if name in _PASSED_OVER else ()
        elif name in SHIPPED and not (experiment and folder and tables):
            rows += SHIPPED[name]()
            notes += _PASSED_OVER[name](None) if name in _PASSED_OVER else ()
            continue
        elif experiment:
            raise _nothing_here(tables, folder)
        absent += [table for table in tables if table not in here]
        read += here
    return Validation(
        tuple(rows),
        tuple((table.name, table.files) for table in absent),
        (*notes, *(_notes(folder, read) if folder is not None else ())),
    )


def _notes(folder: Path, tables: Sequence[Table]) -> tuple[str, ...]:
    """Of every table that was read: the columns that nobody reads."""
    files = dict.fromkeys(file for table in tables for file in table.files)
    columns = {file: unread(folder / file, *_READ[file]) for file in files}
    return tuple(
        f"{file}: columns that are not read: {', '.join(names)}" for file, names in columns.items() if names
    )


def _nothing_here(tables: Sequence[Table], folder: Path | None) -> FlatError:
    files = " or ".join(" with ".join(table.files) for table in tables)
    if folder is None:
        return FlatError("the published data is not included", path="data", expected=f"the folder of {files}")
    return FlatError("the published data is missing", file=folder, expected=files)
