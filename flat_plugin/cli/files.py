"""``flat generate`` and ``flat model``: Timeloop files out and in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flat_plugin import defaults
from flat_plugin.cli.options import (
    Arch,
    AsJson,
    Batch,
    Bits,
    ByHand,
    Changes,
    Config,
    Ert,
    EstimatorName,
    Factors,
    MappingFile,
    MaskText,
    ModelName,
    Part,
    Queries,
    Seq,
    Stage,
    chosen_architecture,
    chosen_workload,
    flows_or,
    print_json,
    read_changes,
    say,
    show,
    split,
)

FLOWS = ",".join(defaults.WRITTEN)


def generate(
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder to write to.")],
    model: ModelName = None,
    config: Config = None,
    part: Part = None,
    attention: ByHand = None,
    seq: Seq = None,
    queries: Queries = None,
    mask: MaskText = None,
    batch: Batch = defaults.BATCH,
    bits: Bits = None,
    arch: Arch = defaults.ARCHITECTURE,
    changes: Changes = None,
    dataflow: Annotated[
        list[str] | None,
        typer.Option("--dataflow", help=f"Comma separated, or repeated; {FLOWS} if not given."),
    ] = None,
    stage: Stage = None,
    overflow: Annotated[
        str | None,
        typer.Option(
            "--overflow",
            help="reject, or spill what does not fit together; if not given, a note is made.",
        ),
    ] = None,
    ert: Ert = None,
    estimator: EstimatorName = defaults.ESTIMATOR,
    templates: Annotated[
        Path | None, typer.Option("--templates", help="Your templates, before the package's.")
    ] = None,
    mapper: Annotated[
        list[str] | None,
        typer.Option("--mapper", help="For mapper.yaml: search_size=2000, algorithm=random, …; repeatable."),
    ] = None,
    mapping: MappingFile = None,
    factors: Factors = None,
    as_json: AsJson = False,
) -> None:
    """Timeloop v0.4 files, one folder per dataflow and operator."""
    from flat_plugin import api
    from flat_plugin.timeloop.settings import MapperSettings

    settings = read_changes(mapper, "--mapper")
    written = api.generate(
        chosen_workload(model, config, attention, queries, part, mask, bits),
        chosen_architecture(arch, changes),
        [flow for flow in flows_or(FLOWS, dataflow, mapping) if flow],
        output,
        seq=seq,
        batch=batch,
        stage=split(stage),
        overflow=overflow,
        ert=ert,
        estimator=estimator,
        templates=templates,
        mapper=None if settings is None else MapperSettings.of(settings),
        mapping=mapping,
        factors=factors,
    )
    _say_notes(written.notes)
    if as_json:
        print_json([str(folder) for folder in written.folders])
    else:
        say("\n".join(str(folder) for folder in written.folders))


def _say_notes(notes: tuple[str, ...]) -> None:
    from flat_plugin.report.terminal.hanging import hanging, terminal_width

    for note in notes:
        say(hanging("flat: note: ", note, terminal_width()), err=True)


def evaluate_model(
    architecture: Annotated[Path, typer.Argument(help="Architecture, v0.4.")],
    problem: Annotated[Path, typer.Argument(help="Problem.")],
    mapping: Annotated[Path, typer.Argument(help="Mapping.")],
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="ERT (the estimator's energies if not given), ART, constraints, variables."),
    ] = None,
    estimator: EstimatorName = defaults.ESTIMATOR,
    changes: Changes = None,
    as_json: AsJson = False,
) -> None:
    """What timeloop-model would print for these files."""
    from flat_plugin import api

    changed = read_changes(changes)
    result = api.evaluate_mapping(architecture, problem, mapping, None, estimator, files or (), set=changed)
    _say_notes(result.notes)
    if as_json:
        print_json(result.to_dict())
    else:
        from flat_plugin.report.terminal.tables import operator

        show(operator(result))
