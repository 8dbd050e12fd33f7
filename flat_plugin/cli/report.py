"""``flat report``: a batch as a page, tables and figures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flat_plugin.cli.options import AsJson, print_json, refuse_given, say, show, split, working
from flat_plugin.wording import counted

if TYPE_CHECKING:
    from flat_plugin.report.analysis.baseline import Baseline
    from flat_plugin.report.read.results import Results

Folders = Annotated[list[Path], typer.Argument(help="Folders of runs; a batch may still be running.")]
Output = Annotated[
    Path | None,
    typer.Option("-o", "--output", help="The page; DIR/report.html if nothing else is asked for."),
]
By = Annotated[str | None, typer.Option("--by", help="Columns to group by, such as model,arch.")]
Metric = Annotated[
    str | None, typer.Option("--metric", help="The column that --by adds up; energy_pj if not given.")
]
Weight = Annotated[str | None, typer.Option("--weight", help="A column to multiply by, such as layers.")]
BaselineName = Annotated[
    str | None, typer.Option("--baseline", help="What speed-ups are against: base, or architecture=edge.")
]
TableName = Annotated[
    str | None,
    typer.Option(
        "--table",
        help="runs (if not given), levels, energy or traffic; of sums and exports.",
    ),
]
Csv = Annotated[Path | None, typer.Option("--csv", help="Write the table to this file.")]
Parquet = Annotated[Path | None, typer.Option("--parquet", help="Write the table to this file.")]
Figures = Annotated[
    Path | None, typer.Option("--figures", help="Write every chart to this folder: PNG, SVG, PDF.")
]


def report(
    folders: Folders,
    output: Output = None,
    by: By = None,
    metric: Metric = None,
    weight: Weight = None,
    baseline: BaselineName = None,
    table: TableName = None,
    csv: Csv = None,
    parquet: Parquet = None,
    figures: Figures = None,
    as_json: AsJson = False,
) -> None:
    """A batch as a page, a table, figures or sums.

    The table is CSV, JSON or Parquet; the sums are printed in the terminal.
    """
    from flat_plugin.report.analysis.baseline import Baseline
    from flat_plugin.report.export import write_csv, write_parquet
    from flat_plugin.report.read.results import read_results
    from flat_plugin.report.write import table_rows, write_figures, write_page

    if by is None:
        refuse_given("without --by", {"--metric": metric, "--weight": weight})
    if by is None and not (csv or parquet or as_json):
        refuse_given("without --by, --csv, --parquet or --json", {"--table": table})
    table = table or "runs"
    with working("reading results"):
        results = read_results(folders)
    for failure in results.damaged:
        say(f"left out, its result is damaged: {failure.folder}: {failure.message}", err=True)
    against = Baseline.parse(baseline) if baseline else None
    if by is not None:
        _sums(results, split(by) or [], metric or "energy_pj", weight, against, table, as_json)
    for path, write in ((csv, write_csv), (parquet, write_parquet)):
        if path:
            rows = table_rows(results, table, against)
            write(rows, path)
            say(f"{path}: {counted(len(rows), 'row')} of {table}", err=as_json)
    written: list[Path] = []
    if figures:
        with working("drawing figures"):
            written = write_figures(results, figures, against)
    if as_json and by is None:
        print_json(table_rows(results, table, against))
    asked = as_json or by is not None or csv or parquet or figures
    page = output or (None if asked else folders[0] / "report.html")
    if page:
        with working("writing the page"):
            write_page(results, page, against)
        say(f"{page}: {results.tally}", err=as_json)
    if written:
        say(f"{figures}: {counted(len(written), 'file')}", err=as_json)


def _sums(
    results: Results,
    by: list[str],
    metric: str,
    weight: str | None,
    baseline: Baseline | None,
    table: str,
    as_json: bool,
) -> None:
    from flat_plugin.report.analysis.aggregate import aggregate, left_out
    from flat_plugin.report.analysis.baseline import gains
    from flat_plugin.report.analysis.columns import ALIASES
    from flat_plugin.report.terminal.tables import gain_table, group_table
    from flat_plugin.report.write import table_rows

    rows = table_rows(results, table, baseline)
    groups = aggregate(rows, by, metric, weight)
    results.check_any_run()
    found = gains(rows, [ALIASES.get(name, name) for name in by]) if baseline else []
    metric = ALIASES.get(metric, metric)
    if without := left_out(rows, metric, weight):
        what = f"{metric} or {weight}" if weight else metric
        say(f"{counted(without, 'row')} of {len(rows):,} without {what} left out", err=as_json)
    if as_json:
        sums = [group.to_dict(metric) for group in groups]
        print_json({"groups": sums, "gains": [gain.to_dict() for gain in found]} if baseline else sums)
        return
    show(group_table(groups, metric, weight))
    if baseline:
        show(gain_table(found, str(baseline)))
