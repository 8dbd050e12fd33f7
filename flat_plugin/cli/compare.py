"""``flat compare``: two results and what explains the difference."""

from __future__ import annotations

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
    EngineName,
    Ert,
    EstimatorName,
    Factors,
    LatentForm,
    Level,
    MappingFile,
    MaskText,
    ModelName,
    Overflow,
    Part,
    Queries,
    Seq,
    Skip,
    Softmax,
    SpaceName,
    Stage,
    TimeLimit,
    chosen_architecture,
    chosen_workload,
    name,
    print_json,
    refuse_given,
    show,
    split,
)

_WHAT = "A run's folder or result.json; or a dataflow or an architecture (its name or file), or an engine."


def compare(
    a: Annotated[str, typer.Argument(metavar="A", help=_WHAT)],
    b: Annotated[str, typer.Argument(metavar="B", help="As A.")],
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
    ert: Ert = None,
    estimator: EstimatorName = defaults.ESTIMATOR,
    dataflow: Annotated[
        str | None,
        name("--dataflow", "dataflows", "Of both, where they name none; flat-r if not given."),
    ] = None,
    mapping: MappingFile = None,
    space: SpaceName = None,
    factors: Factors = None,
    stage: Stage = None,
    softmax: Softmax = defaults.SOFTMAX,
    overflow: Overflow = defaults.OVERFLOW,
    skip: Skip = defaults.SKIP,
    level: Level = defaults.LEVEL,
    latent: LatentForm = None,
    engine: EngineName = defaults.ENGINE,
    time_limit: TimeLimit = None,
    causes: Annotated[
        int, typer.Option("--causes", metavar="N", min=1, help="How many causes of a difference.")
    ] = 8,
    as_json: AsJson = False,
) -> None:
    """Two results side by side, and what explains the difference.

    The parts add up to it, largest first.
    """
    from flat_plugin.api.comparisons import compare as public
    from flat_plugin.api.comparisons import kind_of_file
    from flat_plugin.architecture import list_architectures

    workload = None
    if model or config or attention:
        workload = chosen_workload(model, config, attention, queries, part, mask, bits)
    else:
        alone = {
            "--queries": queries,
            "--mask": mask,
            "--part": part,
            "--bits": bits,
            "--set": changes or None,
        }
        refuse_given("without a workload", alone)
    one, other = (
        chosen_architecture(each, changes)
        if each in list_architectures() or kind_of_file(each) == "architecture"
        else each
        for each in (a, b)
    )
    found = public(
        one,
        other,
        workload,
        chosen_architecture(arch, changes),
        dataflow,
        seq=seq,
        batch=batch,
        level=level,
        stage=split(stage),
        softmax=softmax,
        overflow=overflow,
        skip=skip,
        factors=factors,
        latent=latent,
        ert=ert,
        estimator=estimator,
        mapping=mapping,
        space=space,
        engine=engine,
        time_limit=time_limit,
    )
    if as_json:
        print_json(found.to_dict())
        return
    from flat_plugin.report.terminal.tables import difference_table

    show(difference_table(found, causes))
