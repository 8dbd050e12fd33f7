"""The form of ``result.json``, and how one is read: as it is declared here, or not at all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from math import isclose
from pathlib import Path
from typing import Annotated, Any, Literal, NotRequired, TypedDict, TypeVar

from flat_plugin.batch.folder import RESULT, FolderError
from flat_plugin.batch.run import FORMAT
from flat_plugin.errors import FlatError
from flat_plugin.schema import Above0, Amount, Check, Count, Positive, Range, Whole, check

LARGEST_FILE = 64 * 2**20  # bytes
_CLOSE = 1e-6  # relative: how far a total may be from the sum of its parts, which are rounded in a file

Ratio = Annotated[float, Range(0, 1.0 + _CLOSE)]
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


class Capacity(TypedDict):
    """Words of the buffer that are live together, and what it has (null: no bound)."""

    words: Whole
    available: Amount | None
    inequality: str


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

    dataflow: str
    shared: Mapping[str, Positive] | Mapping[str, SharedLoops]
    stage: list[str] | Mapping[str, str]
    operators: Mapping[str, list[Directive]]


class MappingFile(TypedDict):
    """What ``flat estimate --mapping`` reads."""

    fused_mapping: FusedMapping


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
    error: None


class NoResult(_Result):
    """A run that gave none: it failed, or its dataflow does not fit."""

    status: Literal["failed", "unfit"]
    estimate: None
    error: Error


def read_document(path: Path) -> Result | NoResult:
    """The ``result.json`` at a path.

    Raises:
        FileNotFoundError: it is not there (a batch that runs may just replace it).
        FlatError: it cannot be read, is of another version, or is not of the form: by hand, perhaps.
    """
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise FlatError("too large for a result", file=path, expected=f"at most {LARGEST_FILE:,} bytes")
        document = json.loads(path.read_text(encoding="utf-8"), parse_constant=_no_number)
    except (FileNotFoundError, NotADirectoryError):
        raise FileNotFoundError(path) from None
    except OSError as error:
        raise FolderError(f"cannot be read: {error.strerror}", file=path) from None
    except (ValueError, RecursionError) as error:  # bad JSON or UTF-8; bottomless nesting
        raise FlatError(f"not JSON, and so not a result of `flat run` ({error})", file=path) from None
    return checked(document, path)


def read_result(folder: Path) -> Result | NoResult | None:
    """The result of a run; None if there is none, or none that is whole and the run's own.

    Raises:
        FolderError: it cannot be read.
    """
    try:
        document = read_document(folder / RESULT)
    except FolderError:
        raise
    except (FileNotFoundError, FlatError):
        return None
    return document if document["run"] == folder.name else None


def checked(document: Any, path: Path) -> Result | NoResult:
    """A document that is what a result is.

    Raises:
        FlatError: it is not.
    """
    found = document.get("format") if isinstance(document, dict) else type(document).__name__
    if found != FORMAT:
        raise FlatError(f"format {found!r}; this version reads format {FORMAT}", file=path)
    try:
        if document.get("status") != "ok":
            return _as_written(check(NoResult, document))
        result = _as_written(check(Result, document))
        estimate, clock = result["estimate"], result["architecture"]["cycle_seconds"]
        if not isclose(estimate["seconds"], estimate["cycles"] * clock, rel_tol=_CLOSE):
            raise FlatError(
                "not the cycles of this clock", path="estimate.seconds", value=estimate["seconds"]
            )
        return result
    except FlatError as error:
        raise error.located(path) from None


def sealed(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document with a digest of its content, so that a change to any field shows."""
    return {**document, "sha256": _digest(document)}


def _digest(document: Mapping[str, Any]) -> str:
    content = {key: value for key, value in document.items() if key != "sha256"}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


T = TypeVar("T", Result, NoResult)


def _as_written(document: T) -> T:
    if document["sha256"] != _digest(document):
        raise FlatError(
            "changed since it was written: its content is not that of its digest",
            path="sha256",
            value=document["sha256"],
            expected="the file as `flat run` wrote it",
        )
    return document


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is not a number")


def _adds_up(total: float | None, parts: Any) -> bool:
    """Whether a total is the sum; null, as energies are without a table, where a part is."""
    terms = list(parts)
    if total is None or None in terms:
        return total is None and None in terms
    return isclose(total, sum(terms), rel_tol=_CLOSE, abs_tol=_CLOSE)
