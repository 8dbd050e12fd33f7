"""``flat generate`` and ``flat model``: Timeloop files out and in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flat_plugin.cli.options import (
    Arch,
    AsJson,
    Batch,
    ByHand,
    Config,
    Ert,
    EstimatorName,
    Flows,
    MappingFile,
    ModelName,
    Overflow,
    Seq,
    Stage,
    chosen_workload,
    listed,
    print_json,
    say,
    show,
    split,
)


def generate(
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder to write to.")],
    model: ModelName = None,
    config: Config = None,
    attention: ByHand = None,
    seq: Seq = None,
    batch: Batch = 1,
    arch: Arch = "edge",
    dataflow: Flows = "base,flat-r",
    stage: Stage = None,
    overflow: Overflow = "spill",
    ert: Ert = None,
    estimator: EstimatorName = "auto",
    templates: Annotated[
        Path | None, typer.Option("--templates", help="Your templates, before the package's.")
    ] = None,
    mapping: MappingFile = None,
    as_json: AsJson = False,
) -> None:
    """Timeloop v0.4 files, one folder per dataflow and operator."""
    from flat_plugin import api

    written = api.generate(
        chosen_workload(model, config, attention),
        arch,
        listed(dataflow, "--dataflow"),
        output,
        seq=seq,
        batch=batch,
        stage=split(stage),
        overflow=overflow,
        ert=ert,
        estimator=estimator,
        templates=templates,
        mapping=mapping,
    )
    for note in written.notes:
        say(f"flat: note: {note}", err=True)
    if as_json:
        print_json([str(folder) for folder in written.folders])
    else:
        say("\n".join(str(folder) for folder in written.folders))


def evaluate_model(
    architecture: Annotated[Path, typer.Argument(help="Architecture, v0.4.")],
    problem: Annotated[Path, typer.Argument(help="Problem.")],
    mapping: Annotated[Path, typer.Argument(help="Mapping.")],
    ert: Annotated[Path | None, typer.Argument(help="ERT; the estimator's energies if not given.")] = None,
    estimator: EstimatorName = "auto",
    as_json: AsJson = False,
) -> None:
    """What timeloop-model would print for these files."""
    from flat_plugin import api

    result = api.evaluate_mapping(architecture, problem, mapping, ert, estimator)
    if as_json:
        print_json(result.to_dict())
    else:
        from flat_plugin.report.tables import operator

        show(operator(result))
