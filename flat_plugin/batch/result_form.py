"""The form of ``result.json``: a file is read exactly as declared here, or refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import isclose
from typing import Annotated, Any, Literal, NotRequired, TypedDict

from flat_plugin.batch.run import FORMAT
from flat_plugin.mapping.named import DataflowForm
from flat_plugin.schema import Above0, Amount, Check, Count, Positive, Range, Whole

CLOSE = 1e-6  # relative: how far a total may be from the sum of its parts, which are rounded in a file

Ratio = Annotated[float, Range(0, 1.0 + CLOSE)]
Level = Literal["attention", "block", "model"]
Softmax = Literal["free", "serial", "overlapped", "array"]


class Inputs(TypedDict):
    """What tells the runs of a sweep apart, in the sweep's words."""

    model: str
    seq: Positive
    queries: Positive
    batch: Positive
    bits: NotRequired[str | None]
    architecture: str
    overrides: Mapping[str, Any]
    dataflow: str
    level: Level
    softmax: Softmax
    overflow: Literal["reject", "spill"]
    mask: NotRequired[str]  # these two not in results of before masks
    skip: NotRequired[Literal["tiles", "none"]]
    elementwise: NotRequired[Literal["unit", "none"]]
    stage: list[str] | None
    space: str | None
    engine: str
    mapper: Mapping[str, Any] | None


class Engine(TypedDict):
    name: str
    tool: str
    calls: Mapping[str, Any]


class Energies(TypedDict):
    source: str


class Memory(TypedDict):
    """Words, words/cycle and µm² of one instance; null is without bound, or not known."""

    name: str
    kind: str
    capacity_words: Whole | None
    instances: Positive
    word_bits: Positive
    read_words_per_cycle: Above0 | None
    write_words_per_cycle: Above0 | None
    shared_words_per_cycle: Above0 | None
    area_um2: Amount | None


class Compute(TypedDict):
    name: str
    kind: str
    instances: Positive
    mesh: list[Positive]
    word_bits: Positive
    area_um2: Amount | None


class SoftmaxUnit(TypedDict):
    """``lanes`` and area of one of its instances."""

    name: str
    lanes: Positive
    instances: Positive
    area_um2: Amount | None


def _some(entries: Any) -> Iterator[tuple[str, str]]:
    if not entries:
        yield "", "empty"


class Architecture(TypedDict):
    """``memories`` from the outermost in."""

    name: str
    cycle_seconds: Above0
    technology: str
    pes: Positive
    memories: Annotated[list[Memory], Check(_some)]
    compute: Compute
    softmax: SoftmaxUnit | None


class LevelWords(TypedDict):
    reads: Count
    writes: Count


class Words(TypedDict):
    """What one tensor moves, over all instances; ``levels`` are all memories by name. ``bits`` are those of
    one of its words, where they are not as wide as the memory's."""

    bits: NotRequired[Above0]
    dram_reads: Count
    dram_writes: Count
    buffer_reads: Count
    buffer_writes: Count
    levels: Mapping[str, LevelWords]


class Component(TypedDict):
    energy_pj: Amount | None
    busy_cycles: Amount


def _operator(work: Operator) -> Iterator[tuple[str, str]]:
    for key in work["energy_by_tensor_pj"]:
        if key.rpartition(".")[0] not in work["components"]:
            yield f"energy_by_tensor_pj.{key}", "of none of the operator's components"
    parts = {
        "energy_by_tensor_pj": work["energy_by_tensor_pj"].values(),
        "components": [component["energy_pj"] for component in work["components"].values()],
    }
    for name, energies in parts.items():
        if not _adds_up(work["energy_pj"], energies):
            yield "energy_pj", f"not the sum of {name}"


class Operator(TypedDict):
    """``energy_by_tensor_pj`` is by ``component.tensor``; its tensors ``leak`` and ``compute`` are none."""

    cycles: Amount
    energy_pj: Amount | None
    computes: Whole
    tensors: Mapping[str, Words]
    components: Annotated[Mapping[str, Component], Check(_some)]
    energy_by_tensor_pj: Mapping[str, Amount | None]


class Scored(TypedDict):
    """Scores that the mask needs, and those that are computed."""

    needed: Whole
    touched: Whole
    ratio: Above0


class Limits(TypedDict):
    compulsory_dram_words: Count
    best_tiling_dram_words: Count
    compulsory_dram_bytes: NotRequired[Amount]
    best_tiling_dram_bytes: NotRequired[Amount]
    cycles: Amount
    energy_pj: Amount | None


class Term(TypedDict):
    """``copies`` of a tile of a tensor, ``extents`` by dimension; ``bits`` of a word (null: the memory's)."""

    tensor: str
    copies: Positive
    extents: Mapping[str, Positive]
    bits: Above0 | None


class LevelCapacity(TypedDict):
    """Words of a memory that are live together, and what it has (null: no bound); ``terms`` are the sum."""

    words: Whole
    available: Amount | None
    inequality: str
    terms: NotRequired[list[Term]]  # not in results of before they were written


class Capacity(LevelCapacity):
    """Of the memory in which the operators meet, and of each that has a bound."""

    levels: NotRequired[Mapping[str, LevelCapacity]]


def _estimate(estimate: Estimate) -> Iterator[tuple[str, str]]:
    operators = estimate["operators"]
    if not _adds_up(estimate["energy_pj"], [work["energy_pj"] for work in operators.values()]):
        yield "energy_pj", "not the sum of the operators'"
    for name in estimate["bound"].split(" + "):
        if name not in estimate["components"]:
            yield "bound", f"{name!r} is none of the components"
    for field in ("dram_reads", "dram_writes"):
        moved = [words[field] for work in operators.values() for words in work["tensors"].values()]
        if not _adds_up(sum(words[field] for words in estimate["tensors"].values()), moved):
            yield "tensors", f"{field} are not the sum of the operators'"


class WorkloadLayers(TypedDict):
    """One kind of layer that attends."""

    times: Positive
    kind: str
    heads: Positive
    kv_heads: Positive
    head_dim: Positive
    value_dim: Positive
    joint: NotRequired[bool]
    latent: NotRequired[str | None]
    hidden: Positive | None
    feed_forward: Positive | None
    gated: bool
    queries: Positive
    keys: Positive
    mask: str
    scores: NotRequired[Whole]  # not in results of before masks
    causal: bool


class Section(TypedDict):
    """What a model computes beside its layers that attend."""

    name: str
    times: Positive


class Workload(TypedDict):
    """What was understood of the workload."""

    name: str
    batch: Positive
    layers: list[WorkloadLayers]
    mask: NotRequired[str]
    scores: NotRequired[Whole]
    beside: NotRequired[list[Section]]
    bits: NotRequired[Mapping[str, Above0]]
    linear_weights: Whole | None


class Kind(TypedDict):
    """One kind of layer of a model, or one section beside them."""

    name: str
    times: Positive
    cycles: Amount
    energy_pj: Amount | None
    computes: Whole
    dram_words: Count


class Estimate(TypedDict):
    """What ``flat estimate --json`` prints; totals are the sums of the operators', latency excepted."""

    model: str
    workload: Workload | None
    architecture: str
    dataflow: str
    level: Level
    softmax: Softmax
    cycles: Above0
    seconds: Above0
    energy_pj: Amount | None
    utilization: Ratio
    bound: str
    fits: bool
    tensors: Mapping[str, Words]
    operators: Annotated[Mapping[str, Annotated[Operator, Check(_operator)]], Check(_some)]
    components: Annotated[Mapping[str, Component], Check(_some)]
    scores: NotRequired[Scored | None]
    limits: Limits
    kinds: NotRequired[list[Kind]]
    elementwise: NotRequired[Mapping[str, Whole]]  # operations of lanes, by operator
    stage: list[str]
    capacity: Capacity
    engine: str
    energy_source: str
    notes: list[str]


class Directive(TypedDict, total=False):
    """One of Timeloop's; of loops only the target is looked at."""

    target: str
    type: str
    keep: list[str]


class SharedLoops(TypedDict, total=False):
    temporal: Mapping[str, Positive]
    spatial: Mapping[str, Positive]


class FusedMapping(TypedDict):
    """``shared`` by dimension, at the outermost memory, or by memory; ``stage`` likewise."""

    dataflow: str | DataflowForm
    shared: Mapping[str, Positive] | Mapping[str, SharedLoops]
    stage: list[str] | Mapping[str, str]
    operators: Mapping[str, list[Directive]]


class MappingFile(TypedDict):
    """What ``flat estimate --mapping`` reads."""

    fused_mapping: FusedMapping


class FrontPoint(TypedDict):
    """One mapping of a front; ``leak_pj`` is the part of its energy that is leakage of what is in use."""

    cycles: Above0
    energy_pj: Amount
    leak_pj: Amount
    mapping: MappingFile


class Error(TypedDict):
    kind: str
    message: str
    log_tail: str | None


class _Result(TypedDict):
    format: Literal[FORMAT]  # type: ignore[valid-type]
    run: str
    inputs: Inputs
    engine: Engine
    energies: Energies
    architecture: Architecture
    area_um2: Mapping[str, Amount]
    seconds: Amount
    finished: str
    sha256: str


class Result(_Result):
    """A run that gave an estimate."""

    status: Literal["ok"]
    estimate: Annotated[Estimate, Check(_estimate)]
    nest: str
    mapping: MappingFile
    front: NotRequired[list[FrontPoint]]  # where a front was asked for
    error: None


class NoResult(_Result):
    """A run that gave none: it failed, or its dataflow does not fit."""

    status: Literal["failed", "unfit"]
    estimate: None
    error: Error


def _adds_up(total: float | None, parts: Any) -> bool:
    """Whether a total is the sum; null, as energies are without a table, where a part is."""
    terms = list(parts)
    if total is None or None in terms:
        return total is None and None in terms
    return isclose(total, sum(terms), rel_tol=CLOSE, abs_tol=CLOSE)
