"""``flat check``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flat_plugin import defaults
from flat_plugin.cli.completion import named
from flat_plugin.cli.options import (
    AsJson,
    Batch,
    ByHand,
    Changes,
    Config,
    Ert,
    EstimatorName,
    MaskText,
    ModelName,
    Queries,
    Seq,
    chosen_architecture,
    chosen_workload,
    print_json,
    read_changes,
    show,
)


def check(
    certificate: Annotated[
        Path, typer.Argument(metavar="FILE", help="Written by flat search --certificate.")
    ],
    model: ModelName = None,
    config: Config = None,
    attention: ByHand = None,
    seq: Seq = None,
    queries: Queries = None,
    mask: MaskText = None,
    batch: Batch = defaults.BATCH,
    arch: Annotated[
        str | None,
        typer.Option(
            "--arch",
            metavar="NAME|FILE",
            autocompletion=named("architectures"),
            help="The architecture that it must be for; if not given, whichever it names.",
        ),
    ] = None,
    changes: Changes = None,
    ert: Ert = None,
    estimator: EstimatorName = defaults.ESTIMATOR,
    tolerance: Annotated[
        float, typer.Option("--tolerance", metavar="SHARE", help="The largest gap to accept, such as 0.01.")
    ] = 1.0,
    as_json: AsJson = False,
) -> None:
    """Whether a certificate of a search holds; exit code 1 if not.

    The mapping is evaluated, and every bound is worked out anew.
    """
    from flat_plugin import api

    given = model or config or attention
    found = api.check(
        certificate,
        chosen_workload(model, config, attention, queries) if given else None,
        chosen_architecture(arch, changes) if arch else None,
        seq=seq,
        queries=None if given else queries,
        mask=mask,
        batch=batch,
        set=None if arch else read_changes(changes),
        ert=ert,
        estimator=estimator,
        tolerance=tolerance,
    )
    if as_json:
        print_json(found.to_dict())
    else:
        from flat_plugin.report.terminal.certificate import verdict_text

        show(verdict_text(found))
    if not found.holds:
        raise typer.Exit(1)
