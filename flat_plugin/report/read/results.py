"""The results of a batch: every ``result.json`` below a folder, read while the batch may still run."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypedDict

from flat_plugin.arguments import checked
from flat_plugin.batch.folder import INPUTS, RESULT
from flat_plugin.batch.result_file import read_document
from flat_plugin.batch.run import key_of
from flat_plugin.errors import FlatError
from flat_plugin.paths import is_file, is_folder
from flat_plugin.report.read.order import Place, place
from flat_plugin.report.read.parts import Part, cycles_around, dram_bytes, dram_words, parts_of
from flat_plugin.schema import Positive, check
from flat_plugin.shown import Shown
from flat_plugin.wording import counted
from flat_plugin.workload import find_model

DAMAGED = "damaged"


@dataclass(frozen=True, repr=False)
class Run(Shown):
    """One run that succeeded. ``document`` is its ``result.json``, whose numbers are never changed."""

    folder: Path
    document: Mapping[str, Any]

    @property
    def name(self) -> str:
        return str(self.document["run"])

    @property
    def inputs(self) -> Mapping[str, Any]:
        return self.document["inputs"]

    @property
    def estimate(self) -> Mapping[str, Any]:
        return self.document["estimate"]

    @property
    def architecture(self) -> Mapping[str, Any]:
        return self.document["architecture"]

    @property
    def outer(self) -> Mapping[str, Any]:
        """The outermost memory: DRAM."""
        return self.architecture["memories"][0]

    @property
    def buffer(self) -> Mapping[str, Any]:
        """The memory below DRAM, where fused operators meet."""
        memories = self.architecture["memories"]
        return memories[min(1, len(memories) - 1)]

    @property
    def seconds(self) -> float:
        return float(self.estimate["seconds"])

    @property
    def joules(self) -> float | None:
        """None where there are no energies."""
        picojoules = self.estimate["energy_pj"]
        return None if picojoules is None else float(picojoules) * 1e-12

    @property
    def tokens(self) -> int:
        """Tokens that the run processes: query tokens (all of a sequence but in decoding) × sequences."""
        return int(self.inputs["queries"]) * int(self.inputs["batch"])

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """Operators, cut into components and tensors."""
        return tuple(parts_of(self.estimate))

    @property
    def macs(self) -> int:
        return sum(operator["computes"] for operator in self.estimate["operators"].values())

    @property
    def dram_words(self) -> float:
        return dram_words(self.estimate["tensors"])

    @property
    def dram_bytes(self) -> float:
        return dram_bytes(self.estimate["tensors"], self.outer["word_bits"])

    @property
    def word_bytes(self) -> float:
        return float(self.outer["word_bits"]) / 8

    @property
    def layers(self) -> int | None:
        """Layers of the model: of a named one, else from the run's own inputs, where they are kept."""
        try:
            return find_model(self.inputs["model"]).layers
        except FlatError:
            return self._layers_of_inputs

    @cached_property
    def _layers_of_inputs(self) -> int | None:
        try:
            document = json.loads((self.folder / INPUTS).read_text(encoding="utf-8"))
            workload = check(_InputsFile, document)["workload"]
        except (OSError, ValueError, RecursionError, FlatError):
            return None
        if key_of(document) != self.name:
            return None  # it was changed, or is another run's
        return workload["layers"] if workload["block"] else None

    @property
    def attention_cycles(self) -> float:
        """Cycles of the attention part: what the operators around it, which run alone, leave over."""
        cycles = {name: work["cycles"] for name, work in self.estimate["operators"].items()}
        return float(self.estimate["cycles"]) - cycles_around(cycles)


class _Workload(TypedDict):
    layers: Positive
    block: Mapping[str, Any] | None


class _InputsFile(TypedDict):
    """What is needed of a run's ``inputs.json``."""

    workload: _Workload


@dataclass(frozen=True)
class Failure:
    """A run without an estimate, and why: it ``failed``, its dataflow does not fit (``unfit``), or its
    result is ``damaged``.
    """

    folder: Path
    name: str
    inputs: Mapping[str, Any]
    status: str
    kind: str
    message: str
    log_tail: str = ""

    def to_dict(self) -> dict[str, object]:
        return {
            "run": self.name,
            "inputs": dict(self.inputs),
            "status": self.status,
            "kind": self.kind,
            "message": self.message,
            "log_tail": self.log_tail,
        }


@dataclass(frozen=True, repr=False)
class Results(Shown):
    """All that was found below the folders: what succeeded and what did not."""

    folders: tuple[Path, ...]
    runs: tuple[Run, ...]
    failures: tuple[Failure, ...]

    @property
    def tally(self) -> str:
        """``18 runs, 4 do not fit: flat-h ×4, 1 damaged``: how they ended."""
        flows = Counter(f.inputs["dataflow"] for f in self.failures if f.status == "unfit")
        unfit = ", ".join(f"{flow} ×{count}" for flow, count in flows.items())
        said = {"unfit": f"do not fit: {unfit}", "failed": "failed", DAMAGED: DAMAGED}
        ended = [failure.status for failure in self.failures]
        counts = [f"{ended.count(status)} {text}" for status, text in said.items() if status in ended]
        return ", ".join([counted(len(self.runs), "run"), *counts])

    @property
    def damaged(self) -> list[Failure]:
        """The runs whose results cannot be read: no table has them."""
        return [failure for failure in self.failures if failure.status == DAMAGED]

    def check_any_run(self) -> None:
        """Raises: FlatError: no run succeeded; with the reason of the first that failed."""
        if not self.runs:
            first = f"; the first failure is: {self.failures[0].message}" if self.failures else ""
            raise FlatError(f"no run succeeded{first}", file=next(iter(self.folders), None))


@checked
def read_results(folders: str | Path | Sequence[str | Path]) -> Results:
    """Read every ``result.json`` below one or several folders; folders without one are not done yet.

    The same run found twice counts once. Runs come in the order of their inputs, so that the order
    in which they finished does not show.

    Raises:
        FlatError: a folder is not there, or there is no result below any of them.
    """
    places = tuple(map(Path, [folders] if isinstance(folders, str | Path) else folders))
    if not places:
        raise FlatError("no folder", path="folders", expected="what `flat run -o` wrote")
    runs: dict[str, Run] = {}
    failures: dict[str, Failure] = {}
    for path in _files(places):
        entry = _read(path)
        if isinstance(entry, Run):
            runs.setdefault(entry.name, entry)
        elif entry is not None:
            failures.setdefault(entry.name, entry)
    left = [failure for failure in failures.values() if failure.name not in runs]
    if not runs and not left:
        raise FlatError("no result yet", file=places[0], expected=f"a {RESULT} in a folder below")
    return Results(
        places,
        tuple(sorted(runs.values(), key=lambda run: (_order(run.inputs), run.name))),
        tuple(sorted(left, key=lambda failure: (_order(failure.inputs), failure.name))),
    )


@checked
def read_run(path: str | Path) -> Run:
    """One result: its ``result.json``, or the folder that holds it.

    Raises:
        FlatError: it is not there, not readable, or the run failed.
    """
    path = Path(path)
    file = path / RESULT if is_folder(path) else path
    if not is_file(file):
        raise FlatError("no result here", file=file, expected=f"a {RESULT}, or the folder of a run")
    entry = _read(file)
    if isinstance(entry, Run):
        return entry
    reason = entry.message if entry else "it vanished while it was read"
    raise FlatError(f"this run has no estimate: {reason}", file=file)


def _files(folders: Iterable[Path]) -> Iterable[Path]:
    for folder in folders:
        if is_file(folder):
            yield folder
        elif is_folder(folder):
            yield from sorted(
                Path(place) / RESULT for place, _, files in os.walk(folder) if RESULT in files
            )  # a folder that vanishes meanwhile is none
        else:
            raise FlatError("no such folder", file=folder, expected="what `flat run -o` wrote")


def _read(path: Path) -> Run | Failure | None:
    try:
        document = read_document(path)
    except FileNotFoundError:
        return None  # a batch that runs may replace it
    except FlatError as error:
        return Failure(path.parent, path.parent.name, {}, DAMAGED, DAMAGED, str(error))
    if document["status"] == "ok":
        return Run(path.parent, document)
    reason = document["error"]
    return Failure(
        path.parent,
        document["run"],
        document["inputs"],
        document["status"],
        reason["kind"],
        reason["message"],
        reason["log_tail"] or "",
    )


_SORTED = (
    "model",
    "seq",
    "batch",
    "level",
    "architecture",
    "overrides",
    "softmax",
    "stage",
    "space",
    "mapper",
    "dataflow",
)


def _order(inputs: Mapping[str, Any]) -> tuple[Place, ...]:
    return tuple(place(inputs.get(key)) for key in _SORTED)
