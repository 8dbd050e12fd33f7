"""Timeloop's files of one question: a folder for each operator, the fused mapping beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from flat_plugin.energy.files import table_texts
from flat_plugin.mapping.fused import FusedMapping
from flat_plugin.mapping.nest import OperatorMapping
from flat_plugin.mapspace.constraints.written import directives_of
from flat_plugin.mapspace.dataflow_mapping import joint_requirement
from flat_plugin.model.capacity import Requirement
from flat_plugin.model.iterations import Problem, problems_of
from flat_plugin.model.masked import masked_layer
from flat_plugin.question.question import Question
from flat_plugin.timeloop.emit import NOT_WRITTEN, emit_operator, left_out
from flat_plugin.timeloop.fused_file import fused_text as fused_file
from flat_plugin.timeloop.settings import MapperSettings
from flat_plugin.workload.einsum import Einsum

_WHY_SEVERAL = (
    "Timeloop evaluates dense problems, so there is one for each kind of iteration that the mask leaves, "
    "rows x keys; iterations.yaml says how often each comes. Keys and values that stay in a memory from one "
    "iteration to the next are fetched anew in each of them"
)

_SELECTED = (
    "Timeloop knows no selected keys: the files have tiles of as many keys as are fetched at most, not that "
    "they are gathered by whole rows of the outermost memory, nor the indices, the index and the top-k unit"
)


@dataclass(frozen=True)
class Written:
    """Texts by file by folder, and what a reader of them should know.

    Args:
        operators: a folder for each operator, and of each kind of iteration under a mask.
        beside: the folder around them.
    """

    operators: Mapping[Path, Mapping[str, str]]
    beside: Mapping[str, str]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class FilesOf:
    """Writes the files of a question whose mapping is ``fused``."""

    question: Question
    fused: FusedMapping
    templates: Path | None
    mapper: MapperSettings | None

    @property
    def name(self) -> str:
        return self.fused.dataflow.name

    def need(self) -> Requirement:
        """What the operators need on chip together; Timeloop checks each of them alone."""
        return joint_requirement(self.question.attention, self.question.platform.architecture, self.fused)

    def written(self) -> Written:
        """All files, of every operator.

        Raises:
            FlatError: Timeloop's files cannot say it.
        """
        platform = self.question.platform
        masked = masked_layer(self.question.attention, platform.architecture, self.fused, platform.energies)
        problems = problems_of(masked)
        folders, notes = {}, list[str]()
        for problem in problems:
            for einsum, nest in problem.operators:
                folders[Path(einsum.name) / problem.name] = self._operator(einsum, nest)
                notes += self._left_out(einsum, nest)
        einsums = {einsum.name: einsum for einsum in masked.widest.einsums()}
        beside = {"fused_mapping.yaml": fused_file(self.fused, einsums, platform.architecture)}
        if masked.kinds is not None:
            beside["iterations.yaml"] = _iterations(problems)
            notes.append(f"{self.name}: {_WHY_SEVERAL}")
        if self.question.attention.mask.select:
            notes.append(f"{self.name}: {_SELECTED}")
        return Written(folders, beside, tuple(notes))

    @property
    def _shared(self) -> tuple[str, ...]:
        return tuple(d for d, _ in self.fused.trips) if self.fused.dataflow.fused else ()

    def _operator(self, einsum: Einsum, nest: OperatorMapping) -> dict[str, str]:
        hardware, energies = self.question.platform.architecture, self.question.platform.energies
        fixed = self.question.layer(self.question.attention).constraints_of(einsum.name)
        files = emit_operator(
            einsum,
            hardware,
            nest,
            shared=self._shared,
            templates=self.templates,
            mapper=self.mapper,
            title=f"{einsum.name} of {self.name} on {hardware.name}",
            fixed=directives_of(fixed, einsum, hardware),
        )
        return files | (table_texts(energies, hardware) if energies.known else {})

    def _left_out(self, einsum: Einsum, nest: OperatorMapping) -> list[str]:
        why = dict.fromkeys(NOT_WRITTEN[file] for file in left_out(einsum, nest, self._shared))
        return [f"{self.name}, {einsum.name}: not all files are written: {reason}" for reason in why]


def _iterations(problems: Sequence[Problem]) -> str:
    """How often each problem comes for every head that has keys of its own, as YAML."""
    entries = [{"folder": p.name, "rows": p.rows, "keys": p.keys, "times": p.times} for p in problems]
    return yaml.safe_dump({"iterations": entries}, sort_keys=False, default_flow_style=None)
