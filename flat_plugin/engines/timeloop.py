"""The outside engine: one operator through Timeloop itself.

Two ways lead to it, and both write the same files: the programs ``timeloop-model`` and
``timeloop-mapper`` on PATH, and ``pytimeloop.timeloopfe.v4`` (``call_model``, ``call_mapper``),
which transpiles and then calls those programs.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flat_plugin.architecture.energy_table import EnergyTable
from flat_plugin.architecture.hardware import Architecture
from flat_plugin.architecture.platform import Platform
from flat_plugin.energy.files import table_texts
from flat_plugin.engines.failures import failure
from flat_plugin.engines.protocol import EngineRun, Task
from flat_plugin.engines.sanity import check_figures
from flat_plugin.engines.timeloop_calls import Way, find_way
from flat_plugin.errors import FlatError
from flat_plugin.mapping.nest import OperatorMapping
from flat_plugin.model.operator import OperatorResult
from flat_plugin.model.widths import check_one_width
from flat_plugin.programs.errors import ProgramError, UnreadableOutput
from flat_plugin.programs.limits import OPERATOR_SECONDS
from flat_plugin.programs.process import Finished, check_time_limit, run_program
from flat_plugin.timeloop.emit import NOT_WRITTEN, emit_operator, safe_name
from flat_plugin.timeloop.found_mapping import read_found
from flat_plugin.timeloop.settings import MapperSettings
from flat_plugin.timeloop.stats import read_stats
from flat_plugin.timeloop.write import write_files
from flat_plugin.workload.einsum import Einsum

GRACE = 60.0  # seconds in which an interrupted mapper may evaluate and write its best mapping
MODEL, MAPPER = "timeloop-model", "timeloop-mapper"


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


class TimeloopEngine:
    """Evaluates mappings, and searches for them, with the real Timeloop.

    Args:
        via: ``binary`` or ``pytimeloop``; the programs if they are on PATH, else pytimeloop, if
            not given.
        folder: where runs are kept, one sub-folder an operator; temporary folders if not given.
        time_limit: seconds for one operator, after which its processes are killed (a mapper is asked to end,
            and its best mapping so far is the answer); None: no limit.
        mapper: how ``timeloop-mapper`` searches inside the dataflow of a mapping; if not given the mapping
            itself is evaluated, by ``timeloop-model``.

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
        mapper: MapperSettings | None = None,
    ) -> None:
        if time_limit is not None:
            check_time_limit(time_limit)
        self._way: Way = find_way(via)
        self._folder = folder
        self._time_limit = time_limit
        self._mapper = mapper
        self._program = MAPPER if mapper else MODEL

    @property
    def tool(self) -> str:
        """Program and build, such as ``timeloop-model (/usr/bin/timeloop-model, sha256 …)``."""
        return self._way.tool(self._program)

    def identity(self) -> str:
        """What a result depends on besides its inputs: builds, not where they are installed."""
        return self._way.identity(self._program)

    def evaluate(
        self,
        einsum: Einsum,
        architecture: Architecture,
        mapping: OperatorMapping,
        energies: EnergyTable,
    ) -> OperatorResult:
        """The result alone, of the parts of a task."""
        return self.run(Task(einsum, Platform(architecture, energies), mapping)).result

    def run(self, task: Task) -> EngineRun:
        """Evaluate the mapping, or search inside its dataflow.

        Raises:
            DoesNotFit: Timeloop refuses the mapping.
            NoValidMapping: the search found none.
            ProgramError: another of its kinds; Timeloop gave no result.
            FlatError: tensors have words of several widths, and Timeloop has one.
        """
        einsum, hardware = task.einsum, task.platform.architecture
        check_one_width(einsum.bits, hardware, "Timeloop")
        _check_apart(einsum)
        if self._mapper is None:
            files = emit_operator(einsum, hardware, task.mapping)
        else:
            files = emit_operator(
                einsum, hardware, task.mapping, shared=task.shared, mapper=self._mapper, fixed=task.fixed
            )
        folder = self._folder / safe_name(einsum.name) if self._folder else None
        return self._run(task, files, folder)

    def _run(self, task: Task, files: dict[str, str], folder: Path | None) -> EngineRun:
        energies = task.platform.energies.need("Timeloop", "engine")
        if own := [name for name in self._way.reads(self._program) if name not in files]:
            raise FlatError(
                f"{task.einsum.name}: {NOT_WRITTEN[own[0]]}",
                path=f"engine {self.name}",
                value=self._program,
                expected="perfect factors" if self._mapper else "the programs themselves",
            )
        files = {**files, **table_texts(energies, task.platform.architecture), **self._way.files}
        command = self._way.command(self._program)
        grace = GRACE if self._mapper else 0.0
        with _workplace(folder, self._way) as place:
            write_files(files, place)
            for name in _outputs(self._program):  # of an earlier run
                (place / name).unlink(missing_ok=True)
            log = place / f"{self._program}.log"
            done = None
            try:
                done = run_program(command, place, self._time_limit, log, grace)
                return self._answer(task, done, place, folder)
            except ProgramError as error:
                raise error.describing(
                    command=tuple(command), log=done.log if done else "", folder=folder
                ) from error.__cause__

    def _answer(self, task: Task, done: Finished, place: Path, folder: Path | None) -> EngineRun:
        hardware = task.platform.architecture
        stats, found = (place / name for name in _outputs(self._program))
        error = failure(done, self._program, stats.is_file() and stats.stat().st_size > 0)
        if error is not None:
            raise error
        try:
            mapping = task.mapping
            if self._mapper:
                mapping = read_found(_text(found), task.einsum, hardware)
            result = read_stats(_text(stats), task.einsum, hardware, mapping)
        except (FlatError, OSError) as error:
            raise UnreadableOutput(f"{self._program} wrote what cannot be read: {error}") from error
        check_figures(result, task.platform.energies)
        tool = self._way.tool(self._program)
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
