"""The outside engine: one operator through Timeloop itself.

Two ways lead to it, and both write the same files: the programs ``timeloop-model`` and
``timeloop-mapper`` on PATH, and ``pytimeloop.timeloopfe.v4`` (``call_model``, ``call_mapper``),
which transpiles and then calls those programs.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flat_plugin.architecture.energy_table import EnergyTable
from flat_plugin.architecture.hardware import Architecture
from flat_plugin.energy.files import table_texts
from flat_plugin.engines.failures import failure
from flat_plugin.engines.sanity import check_figures
from flat_plugin.engines.ways import Way, find_way
from flat_plugin.errors import FlatError
from flat_plugin.mapping.nest import OperatorMapping
from flat_plugin.model.operator import OperatorResult
from flat_plugin.model.widths import check_one_width
from flat_plugin.programs.errors import ProgramError, UnreadableOutput
from flat_plugin.programs.limits import OPERATOR_SECONDS
from flat_plugin.programs.process import Finished, check_time_limit, run_program
from flat_plugin.timeloop.directives import Directive
from flat_plugin.timeloop.emit import NOT_WRITTEN, emit_operator, safe_name
from flat_plugin.timeloop.found import read_found
from flat_plugin.timeloop.settings import MapperSettings
from flat_plugin.timeloop.stats import read_stats
from flat_plugin.timeloop.write import write_files
from flat_plugin.workload.einsum import Einsum

GRACE = 60.0  # seconds in which an interrupted mapper may evaluate and write its best mapping
MODEL, MAPPER = "timeloop-model", "timeloop-mapper"


@dataclass(frozen=True)
class EngineRun:
    """One operator through an outside program.

    ``mapping`` is the one given, or the one that the mapper found. ``tool`` names program and
    build. ``folder`` holds what it read and wrote; None if that was a temporary one.
    ``complete`` is false for a search that the time limit ended: the best mapping so far.
    """

    result: OperatorResult
    mapping: OperatorMapping
    tool: str
    command: tuple[str, ...]
    seconds: float
    folder: Path | None
    complete: bool = True


def _check_apart(einsum: Einsum) -> None:
    """Timeloop counts every tensor by itself.

    Raises:
        FlatError: one is a part of another, and in a memory as such.
    """
    for tensor in einsum.tensors:
        if tensor.inside:
            raise FlatError(
                f"Timeloop does not know that {tensor.name} is a part of {tensor.part_of}",
                path="engine",
                value="timeloop",
                expected="native",
            )


@dataclass(frozen=True)
class _Task:
    program: str
    einsum: Einsum
    architecture: Architecture
    mapping: OperatorMapping
    energies: EnergyTable


class TimeloopEngine:
    """Evaluates mappings, and searches for them, with the real Timeloop.

    Args:
        via: ``binary`` or ``pytimeloop``; the programs if they are on PATH, else pytimeloop, if
            not given.
        folder: where runs are kept, one sub-folder an operator; temporary folders if not given.
        time_limit: seconds for one operator, after which its processes are killed; None: no limit.

    Raises:
        ProgramMissing: neither the programs nor pytimeloop are here.
    """

    name = "timeloop"

    def __init__(
        self,
        via: str | None = None,
        *,
        folder: Path | None = None,
        time_limit: float | None = OPERATOR_SECONDS,
    ) -> None:
        if time_limit is not None:
            check_time_limit(time_limit)
        self._way: Way = find_way(via)
        self._folder = folder
        self._time_limit = time_limit

    @property
    def tool(self) -> str:
        """Program and build, such as ``timeloop-model (/usr/bin/timeloop-model, sha256 …)``."""
        return self._way.tool(MODEL)

    def identity(self, program: str = MODEL) -> str:
        """What a result depends on besides its inputs: builds, not where they are installed."""
        return self._way.identity(program)

    def evaluate(
        self,
        einsum: Einsum,
        architecture: Architecture,
        mapping: OperatorMapping,
        energies: EnergyTable,
    ) -> OperatorResult:
        """The result alone; see :meth:`run`."""
        folder = self._folder / safe_name(einsum.name) if self._folder else None
        return self.run(einsum, architecture, mapping, energies, folder=folder).result

    def run(
        self,
        einsum: Einsum,
        architecture: Architecture,
        mapping: OperatorMapping,
        energies: EnergyTable,
        *,
        folder: Path | None = None,
    ) -> EngineRun:
        """Evaluate an explicit mapping with ``timeloop-model``.

        Raises:
            DoesNotFit: Timeloop refuses the mapping.
            ProgramError: another of its kinds; Timeloop gave no result.
            FlatError: tensors have words of several widths, and Timeloop has one.
        """
        check_one_width(einsum.bits, architecture, "Timeloop")
        _check_apart(einsum)
        task = _Task(MODEL, einsum, architecture, mapping, energies)
        return self._run(task, emit_operator(einsum, architecture, mapping), folder, self._time_limit)

    def search(
        self,
        einsum: Einsum,
        architecture: Architecture,
        mapping: OperatorMapping,
        energies: EnergyTable,
        *,
        shared: tuple[str, ...] = (),
        settings: MapperSettings | None = None,
        fixed: Sequence[Directive] = (),
        time_limit: float | None = None,
        folder: Path | None = None,
    ) -> EngineRun:
        """Search with ``timeloop-mapper`` inside the dataflow of a mapping.

        Args:
            mapping: what it must keep to; see ``constraint_directives``.
            shared: dimensions of the loops that a fused chain shares, which stay as they are.
            settings: how to search.
            fixed: constraints of the user's, which it keeps to besides the dataflow.
            time_limit: seconds, instead of the engine's. When they are over the mapper is asked to
                end, and its best mapping so far is the answer.

        Raises:
            NoValidMapping: none was found.
            ProgramError: another of its kinds; Timeloop gave no result.
            FlatError: tensors have words of several widths, and Timeloop has one.
        """
        check_one_width(einsum.bits, architecture, "Timeloop")
        _check_apart(einsum)
        task = _Task(MAPPER, einsum, architecture, mapping, energies)
        files = emit_operator(einsum, architecture, mapping, shared=shared, mapper=settings, fixed=fixed)
        return self._run(task, files, folder, time_limit or self._time_limit)

    def _run(
        self, task: _Task, files: dict[str, str], folder: Path | None, time_limit: float | None
    ) -> EngineRun:
        energies = task.energies.need("Timeloop", "engine")
        if own := [name for name in self._way.reads(task.program) if name not in files]:
            raise FlatError(
                f"{task.einsum.name}: {NOT_WRITTEN[own[0]]}",
                path=f"engine {self.name}",
                value=task.program,
                expected="perfect factors" if task.program == MAPPER else "the programs themselves",
            )
        files = {**files, **table_texts(energies, task.architecture), **self._way.files}
        command = self._way.command(task.program)
        grace = GRACE if task.program == MAPPER else 0.0
        with _workplace(folder, self._way) as place:
            write_files(files, place)
            for name in _outputs(task.program):  # of an earlier run
                (place / name).unlink(missing_ok=True)
            log = place / f"{task.program}.log"
            done = None
            try:
                done = run_program(command, place, time_limit, log, grace)
                return self._answer(task, done, place, folder)
            except ProgramError as error:
                raise error.describing(
                    command=tuple(command), log=done.log if done else "", folder=folder
                ) from error.__cause__

    def _answer(self, task: _Task, done: Finished, place: Path, folder: Path | None) -> EngineRun:
        stats, found = (place / name for name in _outputs(task.program))
        error = failure(done, task.program, stats.is_file() and stats.stat().st_size > 0)
        if error is not None:
            raise error
        try:
            mapping = task.mapping
            if task.program == MAPPER:
                mapping = read_found(_text(found), task.einsum, task.architecture)
            result = read_stats(_text(stats), task.einsum, task.architecture, mapping)
        except (FlatError, OSError) as error:
            raise UnreadableOutput(f"{task.program} wrote what cannot be read: {error}") from error
        check_figures(result, task.energies)
        tool = self._way.tool(task.program)
        return EngineRun(result, mapping, tool, done.command, done.seconds, folder, done.complete)


def _outputs(program: str) -> tuple[str, str]:
    return f"{program}.stats.txt", f"{program}.map.yaml"


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


@contextmanager
def _workplace(folder: Path | None, way: Way) -> Iterator[Path]:
    """Where to run: the folder given, or a temporary one whose files then move to it.

    timeloopfe puts the folder's name into a shell command, so it always runs in a temporary
    folder with a harmless name.
    """
    try:
        if folder is not None and not way.needs_plain_folder:
            yield folder
            return
        with tempfile.TemporaryDirectory(prefix="flat-", dir=way.scratch()) as name:
            try:
                yield Path(name)
            finally:
                if folder is not None:
                    shutil.copytree(name, folder, dirs_exist_ok=True)
    except OSError as error:
        raise FlatError(f"cannot be written: {error}", file=folder or way.scratch()) from error
