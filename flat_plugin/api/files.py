"""``generate``: Timeloop's files of a workload."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Unpack

from flat_plugin import defaults
from flat_plugin.api.inputs import platform_of
from flat_plugin.architecture import Architecture, Platform
from flat_plugin.arguments import checked
from flat_plugin.documents import Source
from flat_plugin.errors import FlatError, InvalidMapping
from flat_plugin.mapping.dataflow import Dataflow
from flat_plugin.mapping.fused import FusedMapping
from flat_plugin.mapspace.layer import chained
from flat_plugin.model.layer import Setting
from flat_plugin.model.widths import written_notes
from flat_plugin.question.answer import mapped, search_notes
from flat_plugin.question.from_user import check_mapping_alone, flow_of, questions
from flat_plugin.question.options import Mapped, MappedOnMachine, sized
from flat_plugin.question.question import Question
from flat_plugin.question.settled import settled
from flat_plugin.question.timeloop_files import FilesOf
from flat_plugin.timeloop.settings import MapperSettings
from flat_plugin.timeloop.write import write_files
from flat_plugin.workload.sized_workload import Sized, Workload


@dataclass(frozen=True)
class Generated:
    """Folders written, one per operator, and what a reader of them should know."""

    folders: tuple[Path, ...]
    notes: tuple[str, ...] = ()


@checked
def generate(
    workload: Workload | str,
    architecture: Architecture | Platform | str | Path,
    dataflows: Iterable[Dataflow | str] | None,
    output: str | Path,
    *,
    overflow: str | None = None,
    skip: str = defaults.SKIP,
    templates: str | Path | None = None,
    mapper: MapperSettings | None = None,
    **asked: Unpack[MappedOnMachine],
) -> Generated:
    """Write Timeloop v0.4 files to ``output/<dataflow>/<operator>/``; nothing if any step fails.

    Timeloop checks each operator alone. A dataflow whose operators fit one by one but not together
    is therefore written too, with a note, unless ``overflow`` is ``reject``. (``spill`` is what an estimate
    would do with it, and refused for dataflows that are searched, which always fit.)

    Under a mask an operator has a folder for each kind of iteration, ``<rows>x<keys>``, and
    ``iterations.yaml`` beside the operators says how often each comes.

    Each folder holds problem, architecture, mapping and constraints (for the programs and, as
    ``*.timeloopfe.yaml``, for timeloopfe), mapper, ERT and ART (where the energies are known; else a note
    says so). Beside the operators lies the fused mapping, which ``flat estimate --mapping`` reads.

    Args:
        dataflows: left out where a mapping is given.
        queries: as for :func:`estimate`, and so are seq, mask, batch, bits, set, stage, ert and estimator.
        mapping: a fused mapping (or its file) of your own, or a search's, instead of the dataflows'.
        factors: as for :func:`estimate`, and so is skip.

    Raises:
        InvalidMapping: a dataflow does not fit.
        FlatError: bad input, no dataflow at all, or the files cannot be written.
    """
    mapping, chosen = asked["mapping"], _flows(dataflows, asked)
    layer = sized(workload, asked)
    platform = platform_of(architecture, asked["set"], asked["ert"], asked["estimator"])
    beside = None if templates is None else Path(templates)
    all_asked = [_question(layer, platform, flow, overflow, skip, mapping) for flow in chosen or (None,)]
    notes = [] if platform.energies.known else [f"ERT and ART are not written: {platform.energies.note}"]
    folders: dict[Path, Mapping[str, str]] = {}
    operators: list[Path] = []
    for question in settled(all_asked, "Timeloop's mapper" if mapper else ""):
        notes += written_notes(list(question.attention.einsums()), platform.architecture)
        of = FilesOf(question, mapped(question, question.attention), beside, mapper)
        notes += [f"{of.name}: {note}" for note in search_notes(question)]
        notes += _fit_notes(of, refuse=overflow == "reject")
        written = of.written()
        notes += written.notes
        root = Path(output) / of.name
        placed = {root / folder: texts for folder, texts in written.operators.items()}
        operators += placed
        folders |= {**placed, root: written.beside}
    for folder, files in folders.items():
        write_files(files, folder)
    return Generated(tuple(operators), tuple(dict.fromkeys(notes)))


def _question(
    layer: Sized,
    platform: Platform,
    flow: Dataflow | None,
    overflow: str | None,
    skip: str,
    mapping: FusedMapping | Source | None,
) -> Question:
    unsaid = "reject" if flow and flow.searched else "spill"
    setting = Setting(chained(platform.architecture), overflow or unsaid, skip)
    return next(questions(layer, platform, flow, setting, level="attention", mapping=mapping))


def _flows(dataflows: Iterable[Dataflow | str] | None, asked: Mapped) -> list[Dataflow]:
    """The dataflows with what they stage; none beside a mapping, which has its own."""
    flows = list(dataflows or [])
    mapping, stage, factors = asked["mapping"], asked["stage"], asked["factors"]
    check_mapping_alone(mapping, dataflows=flows or None, stage=stage, factors=factors)
    if mapping is None and not flows:
        raise FlatError("nothing to write", path="dataflows", expected="a dataflow, or a mapping")
    return [flow_of(flow, stage, factors) for flow in flows]


def _fit_notes(of: FilesOf, *, refuse: bool) -> list[str]:
    """What to say of operators that fit one by one only.

    Raises:
        InvalidMapping: they are to be refused.
    """
    need = of.need()
    if need.fits:
        return []
    if refuse:
        raise InvalidMapping(f"{of.name} does not fit: {need}")
    return [f"{of.name}: its operators fit one by one, not together: {need}"]
