"""``flat generate`` and ``flat model``: Timeloop files out and in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flat_plugin import defaults
from flat_plugin.cli.choices import OVERFLOWS
from flat_plugin.cli.options import (
    AsJson,
    Changes,
    EstimatorName,
    Factors,
    MappingFile,
    Skip,
    Stage,
    choice,
    file,
    flows_or,
    name,
    note,
    print_json,
    read_changes,
    say,
    show,
    split,
)
from flat_plugin.cli.question_options import MachineOptions, WorkloadOptions
from flat_plugin.cli.waiting import searching_for
from flat_plugin.option_groups import spread

FLOWS = ",".join(defaults.WRITTEN)
_FLOWS = f"Comma separated, or repeated; {FLOWS} if not given."


@spread
def generate(
    *,
    asked: WorkloadOptions,
    machine: MachineOptions,
    dataflow: Annotated[list[str] | None, name("--dataflow", "dataflows", _FLOWS, "NAME|FILE,…")] = None,
    mapping: MappingFile = None,
    factors: Factors = None,
    stage: Stage = None,
    overflow: Annotated[
        str | None,
        choice(
            "--overflow",
            OVERFLOWS,
            "What to do with tiles that do not fit; if not given, they are only noted.",
        ),
    ] = None,
    skip: Skip = defaults.SKIP,
    templates: Annotated[
        Path | None,
        file("--templates", metavar="FOLDER", help="Your own templates, which come before the package's."),
    ] = None,
    mapper: Annotated[
        list[str] | None,
        typer.Option(
            "--mapper",
            metavar="KEY=VALUE",
            help="For mapper.yaml: search_size=2000, algorithm=random, …; repeatable.",
        ),
    ] = None,
    output: Annotated[Path, file("-o", "--output", metavar="FOLDER", help="Where the files go.")],
    as_json: AsJson = False,
) -> None:
    """Timeloop v0.4 files, one folder per dataflow and operator."""
    from flat_plugin import api
    from flat_plugin.timeloop.settings import MapperSettings

    settings = read_changes(mapper, "--mapper")
    flows = [flow for flow in flows_or(FLOWS, dataflow, mapping) if flow]
    with searching_for(*flows):
        written = api.generate(
            asked.chosen(),
            machine.platform(),
            flows,
            output,
            seq=asked.seq,
            batch=asked.batch,
            stage=split(stage),
            overflow=overflow,
            templates=templates,
            mapper=None if settings is None else MapperSettings.of(settings),
            mapping=mapping,
            factors=factors,
            skip=skip,
        )
    for each in written.notes:
        note(each)
    if as_json:
        print_json([str(folder) for folder in written.folders])
    else:
        say("\n".join(str(folder) for folder in written.folders))


def evaluate_model(
    architecture: Annotated[Path, typer.Argument(metavar="ARCH", help="Architecture, v0.4.")],
    problem: Annotated[Path, typer.Argument(metavar="PROBLEM", help="Problem.")],
    mapping: Annotated[Path, typer.Argument(metavar="MAPPING", help="Mapping.")],
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="FILE",
            help="ERT (the estimator's energies if not given), ART, constraints, variables.",
        ),
    ] = None,
    bits: Annotated[
        str | None,
        typer.Option(
            "--bits", metavar="NAME=BITS,…", help="Widths of words of the problem's data spaces: Weights=4."
        ),
    ] = None,
    changes: Changes = None,
    estimator: EstimatorName = defaults.ESTIMATOR,
    as_json: AsJson = False,
) -> None:
    """What timeloop-model would print for these files."""
    from flat_plugin import api

    changed = read_changes(changes)
    beside = files or ()
    result = api.evaluate_mapping(
        architecture, problem, mapping, None, estimator, beside, set=changed, bits=bits
    )
    for each in result.notes:
        note(each)
    if as_json:
        print_json(result.to_dict())
    else:
        from flat_plugin.report.terminal.tables import operator

        show(operator(result))
