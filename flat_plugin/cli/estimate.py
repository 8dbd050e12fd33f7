"""``flat estimate`` and ``flat explain``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

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
    ExpertsHit,
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
    flows_or,
    name,
    note,
    print_json,
    show,
    split,
)
from flat_plugin.errors import FlatError

if TYPE_CHECKING:
    from flat_plugin.model.estimate import Estimate

FLOWS, FLOW = ",".join(defaults.COMPARED), defaults.EXPLAINED
_HELP = "Comma separated, or repeated, such as flat-r64; {} if not given."
Several = Annotated[list[str] | None, name("--dataflow", "dataflows", _HELP.format(FLOWS), "NAME|FILE,…")]
Explained = Annotated[list[str] | None, name("--dataflow", "dataflows", _HELP.format(FLOW), "NAME|FILE,…")]


def estimate(
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
    dataflow: Several = None,
    mapping: MappingFile = None,
    space: SpaceName = None,
    factors: Factors = None,
    stage: Stage = None,
    softmax: Softmax = defaults.SOFTMAX,
    overflow: Overflow = defaults.OVERFLOW,
    skip: Skip = defaults.SKIP,
    level: Level = defaults.LEVEL,
    experts: ExpertsHit = defaults.EXPERTS,
    latent: LatentForm = None,
    engine: EngineName = defaults.ENGINE,
    time_limit: TimeLimit = None,
    as_json: AsJson = False,
) -> None:
    """Cycles, energy and traffic of dataflows, side by side.

    Unfused and FLAT dataflows alike.
    """
    from flat_plugin import api
    from flat_plugin.api.inputs import is_searched
    from flat_plugin.engines.choose import choose_engine
    from flat_plugin.errors import InvalidMapping

    flows = flows_or(FLOWS, dataflow, mapping)
    if mask is None and attention is None and any(map(is_searched, flows)):
        mask = "full"  # what a search counts, so that all of them do
    workload = chosen_workload(model, config, attention, queries, part, mask, bits)
    hardware = chosen_architecture(arch, changes)
    if time_limit is not None and engine == "native":
        raise FlatError("the native engine has no time limit", path="--time-limit", value=time_limit)
    limit: dict[str, Any] = {} if time_limit is None else {"time_limit": time_limit}
    runner = choose_engine(engine, **limit)
    if engine == "auto":
        note(f"auto took the {runner.name} engine")
    options: dict[str, Any] = {
        "seq": seq,
        "batch": batch,
        "level": level,
        "experts": experts,
        "stage": split(stage),
        "softmax": softmax,
        "overflow": overflow,
        "skip": skip,
        "ert": ert,
        "estimator": estimator,
        "space": space,
        "factors": factors,
        "latent": latent,
        "engine": runner,
    }
    answers: list[Estimate | tuple[str, str]] = []  # or a dataflow, and why it does not fit
    for flow in flows:
        try:
            answers.append(api.estimate(workload, hardware, flow, mapping=mapping, **options))
        except InvalidMapping as error:
            answers.append((flow or str(mapping), str(error)))
    if all(isinstance(answer, tuple) for answer in answers):
        raise FlatError("; ".join(answer[1] for answer in answers if isinstance(answer, tuple)))
    if as_json:
        print_json([_answer_dict(answer) for answer in answers])
        return
    from flat_plugin.report.terminal.tables import comparison

    show(comparison(answers))


def explain(
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
    dataflow: Explained = None,
    mapping: MappingFile = None,
    space: SpaceName = None,
    factors: Factors = None,
    stage: Stage = None,
    softmax: Softmax = defaults.SOFTMAX,
    overflow: Overflow = defaults.OVERFLOW,
    skip: Skip = defaults.SKIP,
    latent: LatentForm = None,
    as_json: AsJson = False,
) -> None:
    """The fused loop nest, and where every number comes from."""
    from flat_plugin import api
    from flat_plugin.report.terminal.tables import explanation

    answers = [
        api.explain(
            chosen_workload(model, config, attention, queries, part, mask, bits),
            chosen_architecture(arch, changes),
            flow,
            seq=seq,
            batch=batch,
            stage=split(stage),
            softmax=softmax,
            overflow=overflow,
            skip=skip,
            space=space,
            factors=factors,
            latent=latent,
            ert=ert,
            estimator=estimator,
            mapping=mapping,
        )
        for flow in flows_or(FLOW, dataflow, mapping)
    ]
    if as_json:
        print_json([answer.to_dict() for answer in answers])
        return
    for answer in answers:
        show(explanation(answer))


def _answer_dict(answer: Estimate | tuple[str, str]) -> dict[str, object]:
    if isinstance(answer, tuple):
        return {"dataflow": answer[0], "fits": False, "reason": answer[1]}
    return answer.to_dict()
