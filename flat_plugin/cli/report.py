"""``flat report``: a batch as a page, tables and figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flat_plugin.cli.choices import STATISTICS, TABLES
from flat_plugin.cli.completion import columns
from flat_plugin.cli.options import (
    AsJson,
    choice,
    file,
    listed,
    print_json,
    refuse_given,
    say,
    show,
)
from flat_plugin.cli.waiting import working
from flat_plugin.wording import counted

if TYPE_CHECKING:
    from flat_plugin.report.analysis.baseline import Baseline
    from flat_plugin.report.read.results import Results

Folders = Annotated[
    list[Path], typer.Argument(metavar="FOLDER", help="Folders of runs; a batch may still be running.")
]
By = Annotated[
    str | None,
    typer.Option(
        "--by", metavar="COLUMN,…", autocompletion=columns, help="Columns to group by, such as model,arch."
    ),
]
Metric = Annotated[
    str | None,
    typer.Option(
        "--metric",
        metavar="COLUMN",
        autocompletion=columns,
        help="What --by adds up; energy_pj if not given.",
    ),
]
Weight = Annotated[
    str | None,
    typer.Option(
        "--weight", metavar="COLUMN", autocompletion=columns, help="What to multiply by, such as layers."
    ),
]
Pivot = Annotated[
    str | None,
    typer.Option(
        "--pivot", metavar="COLUMN", autocompletion=columns, help="One of --by, whose values become columns."
    ),
]
Stat = Annotated[str | None, choice("--stat", STATISTICS, "What --pivot shows; mean if not given.")]
Sort = Annotated[
    str | None,
    typer.Option(
        "--sort",
        metavar="[-]COLUMN",
        autocompletion=columns,
        help="The order of the groups; -COLUMN: largest first.",
    ),
]
Top = Annotated[int | None, typer.Option("--top", metavar="N", min=1, help="The first N groups.")]
BaselineName = Annotated[
    str | None,
    typer.Option(
        "--baseline",
        metavar="NAME|KEY=VALUE",
        help="What speed-ups are relative to: base, or architecture=edge.",
    ),
]
TableName = Annotated[str | None, choice("--table", TABLES, "What is summed or exported; runs if not given.")]
Csv = Annotated[
    Path | None, file("--csv", help="Write the table, or the groups of --by; - is standard output.")
]
Parquet = Annotated[Path | None, file("--parquet", help="Write the table, or the groups of --by.")]
Figures = Annotated[
    Path | None, file("--figures", metavar="FOLDER", help="Write every chart: PNG, SVG, PDF.")
]
Output = Annotated[
    Path | None,
    file("-o", "--output", help="Write the page there; FOLDER/report.html if nothing else is asked for."),
]
STANDARD_OUTPUT = Path("-")


def report(
    folders: Folders,
    by: By = None,
    metric: Metric = None,
    weight: Weight = None,
    pivot: Pivot = None,
    stat: Stat = None,
    sort: Sort = None,
    top: Top = None,
    baseline: BaselineName = None,
    table: TableName = None,
    csv: Csv = None,
    parquet: Parquet = None,
    figures: Figures = None,
    output: Output = None,
    as_json: AsJson = False,
) -> None:
    """A batch as a page, a table, figures or sums.

    The table is CSV, JSON or Parquet; the sums are printed in the terminal.
    """
    from flat_plugin.report.analysis.baseline import Baseline
    from flat_plugin.report.read.results import read_results

    if len(folders) == 1 and _is_exploration(folders[0]):
        others: dict[str, object] = {"--by": by, "--metric": metric, "--weight": weight, "--pivot": pivot}
        others |= {"--stat": stat, "--sort": sort, "--top": top, "--baseline": baseline}
        others |= {"--table": table, "--figures": figures}
        refuse_given("of an exploration", others)
        _explored(folders[0], Written(csv, parquet, as_json), output)
        return
    only_grouped = {"--metric": metric, "--weight": weight, "--pivot": pivot, "--sort": sort, "--top": top}
    if by is None:
        refuse_given("without --by", only_grouped)
    written = Written(csv, parquet, as_json)
    if by is None and not written.asked:
        refuse_given("without --by, --csv, --parquet or --json", {"--table": table})
    if pivot is None:
        refuse_given("without --pivot", {"--stat": stat})
    with working("reading results"):
        results = read_results(folders)
    for failure in results.damaged:
        say(f"left out, its result is damaged: {failure.folder}: {failure.message}", err=True)
    against = Baseline.parse(baseline) if baseline else None
    if by is not None:
        asked = Sums(listed(by, "--by"), metric or "energy_pj", weight, pivot, stat or "mean", sort, top)
        _print_sums(results, asked, against, table or "runs", written)
    elif written.asked:
        _export(results, against, table or "runs", written)
    if figures:
        _draw(results, figures, against, as_json)
    asked_else = written.asked or by is not None or figures
    page = output or (None if asked_else else folders[0] / "report.html")
    if page:
        from flat_plugin.report.write import write_page

        with working("writing the page"):
            write_page(results, page, against)
        say(f"{page}: {results.tally}", err=as_json)


def _is_exploration(folder: Path) -> bool:
    from flat_plugin.batch.exploration_file import is_exploration

    return is_exploration(folder)


@dataclass(frozen=True)
class Written:
    """Where a table goes, if not to the page."""

    csv: Path | None
    parquet: Path | None
    as_json: bool

    @property
    def asked(self) -> bool:
        """Whether it goes anywhere."""
        return bool(self.csv or self.parquet or self.as_json)

    @property
    def piped(self) -> bool:
        """Whether standard output is a table's alone."""
        return self.as_json or self.csv == STANDARD_OUTPUT

    def write(self, rows: Sequence[Mapping[str, Any]], one: str, of: str = "") -> None:
        """The files; ``one`` row and what they are ``of`` are said."""
        from flat_plugin.report.export import csv_text, write_csv, write_parquet

        if self.csv == STANDARD_OUTPUT:
            refuse_given("with --csv -", {"--json": self.as_json or None})
            say(csv_text(rows).rstrip("\n"))
        for path, write in ((self.csv, write_csv), (self.parquet, write_parquet)):
            if path and path != STANDARD_OUTPUT:
                write(rows, path)
                say(f"{path}: {counted(len(rows), one)}{of}", err=self.piped)


def _explored(folder: Path, written: Written, output: Path | None) -> None:
    """The page of an exploration, or its chips as a table."""
    from flat_plugin.batch.exploration_file import read_exploration
    from flat_plugin.report.write import exploration_rows, write_exploration_page

    document = read_exploration(folder)
    rows = exploration_rows(document)
    if written.asked:
        written.write(rows, "chip")
        if written.as_json:
            print_json(rows)
    page = output or (None if written.asked else folder / "report.html")
    if page:
        write_exploration_page(document, page, f"flat explore: {folder.resolve().name}")
        say(f"{page}: {counted(len(rows), 'chip')}", err=written.as_json)


@dataclass(frozen=True)
class Sums:
    """What ``--by`` and the options beside it ask for."""

    by: list[str]
    metric: str
    weight: str | None
    pivot: str | None
    stat: str
    sort: str | None
    top: int | None


def _print_sums(
    results: Results, asked: Sums, baseline: Baseline | None, table: str, written: Written
) -> None:
    from flat_plugin.report.analysis.aggregate import aggregate, left_out
    from flat_plugin.report.analysis.arrange import in_order, rows_of, spread, uneven
    from flat_plugin.report.analysis.baseline import gains
    from flat_plugin.report.analysis.columns import ALIASES
    from flat_plugin.report.terminal.groups import gain_table, group_table
    from flat_plugin.report.write import table_rows

    rows = table_rows(results, table, baseline)
    by = listed(",".join(ALIASES.get(name, name) for name in asked.by), "--by")
    groups = rows_of(aggregate(rows, asked.by, asked.metric, asked.weight))
    results.check_any_run()
    found = gains(rows, by) if baseline else []
    note = uneven(groups) if asked.pivot is not None else ""
    if asked.pivot is not None:
        groups = spread(groups, asked.pivot, asked.stat)
        by.remove(ALIASES.get(asked.pivot, asked.pivot))
    groups = in_order(groups, asked.sort, asked.top)
    metric = ALIASES.get(asked.metric, asked.metric)
    written.write(groups, "group")
    if without := left_out(rows, asked.metric, asked.weight):
        what = f"{metric} or {asked.weight}" if asked.weight else metric
        said = f"{counted(without, 'row')} of {len(rows):,} without {what} left out"
        say(said, err=written.piped)
    if written.as_json:
        named = [{f"{metric}_{k}" if k in STATISTICS else k: v for k, v in row.items()} for row in groups]
        print_json({"groups": named, "gains": [gain.to_dict() for gain in found]} if baseline else named)
    elif not written.piped:
        show(group_table(groups, by, metric, asked.weight, asked.stat if asked.pivot else None))
        if baseline:
            show(gain_table(found, str(baseline)))
    if note:
        say(note, err=written.piped)


def _export(results: Results, baseline: Baseline | None, table: str, written: Written) -> None:
    from flat_plugin.report.write import table_rows

    rows = table_rows(results, table, baseline)
    written.write(rows, "row", f" of {table}")
    if written.as_json:
        print_json(rows)


def _draw(results: Results, figures: Path, baseline: Baseline | None, as_json: bool) -> None:
    from flat_plugin.report.write import write_figures

    with working("drawing figures"):
        written = write_figures(results, figures, baseline)
    if written:
        say(f"{figures}: {counted(len(written), 'file')}", err=as_json)
