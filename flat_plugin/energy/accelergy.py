"""Energy and area from Accelergy itself: the program ``accelergy`` (0.4) with its plug-ins.

Ours for the softmax unit is handed to it on the command line, so it need not be installed with it.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from flat_plugin.architecture.energy_table import EnergyTable
from flat_plugin.architecture.hardware import Architecture
from flat_plugin.energy.accelergy_output import accelergy_failure, accelergy_table
from flat_plugin.energy.accelergy_version import accelergy_version
from flat_plugin.energy.softmax import SOFTMAX_ACTIONS, with_given_softmax
from flat_plugin.energy.tables import component_names
from flat_plugin.errors import FlatError
from flat_plugin.programs.errors import ProgramError, ProgramMissing
from flat_plugin.programs.find import find_program
from flat_plugin.programs.limits import ESTIMATOR_SECONDS
from flat_plugin.programs.process import run_program, scratch_folder
from flat_plugin.timeloop.components import binary_components, softmax_component
from flat_plugin.timeloop.render import render
from flat_plugin.timeloop.write import write_files

GET_ACCELERGY = "pip install git+https://github.com/Accelergy-Project/accelergy.git, and its plug-ins"
PLUG_IN = Path(__file__).with_name("plug_in") / "flat_softmax.py"
_PROGRAM = "accelergy"
_OUTPUTS = ("ERT", "ERT_summary", "ART", "ART_summary")


class AccelergyEstimator:
    """Runs ``accelergy`` from PATH, in a folder of its own.

    Args:
        folder: where its input, output and log are kept; a temporary folder if not given.
        time_limit: seconds, after which its processes are killed.

    Raises:
        ProgramMissing: it is not on PATH.
    """

    name = "accelergy"

    def __init__(self, *, folder: Path | None = None, time_limit: float = ESTIMATOR_SECONDS) -> None:
        program = find_program(_PROGRAM)
        if program is None:
            raise ProgramMissing(f"accelergy is not on PATH; get it: {GET_ACCELERGY}")
        self._program = program
        self._folder = folder
        self._time_limit = time_limit

    def estimate(self, architecture: Architecture) -> EnergyTable:
        """Accelergy's answers. An architecture that was estimated already is not estimated again."""
        text = architecture_text(architecture)
        names = component_names(architecture)
        if self._folder is not None:
            table = _run(self._program, text, names, self._folder, self._time_limit)
        else:
            table = _run_once(self._program, text, names, self._time_limit)
        return with_given_softmax(table, architecture)


def architecture_text(architecture: Architecture) -> str:
    """The architecture as Accelergy reads it: with the softmax unit."""
    components = binary_components(architecture)
    if architecture.softmax is not None:
        components = (
            *components,
            softmax_component(architecture.softmax, architecture, SOFTMAX_ACTIONS),
        )
    return render(
        "architecture.yaml.j2",
        architecture=architecture,
        components=components,
        title=f"{architecture.name} for Accelergy",
    )


@lru_cache(maxsize=64)
def _run_once(program: str, text: str, names: tuple[str, ...], time_limit: float) -> EnergyTable:
    with scratch_folder("flat-accelergy-") as place:
        try:
            return _run(program, text, names, place, time_limit)
        except ProgramError as error:
            error.folder = None  # it is gone
            raise


def _run(program: str, text: str, names: tuple[str, ...], folder: Path, time_limit: float) -> EnergyTable:
    command = [program, "architecture.yaml", "-o", ".", "-f", *_OUTPUTS, "-e", str(PLUG_IN)]
    outputs = {name: folder / f"{name}.yaml" for name in _OUTPUTS}
    log = ""
    write_files({"architecture.yaml": text}, folder)
    try:
        for path in outputs.values():  # of an earlier run
            path.unlink(missing_ok=True)
        done = run_program(command, folder, time_limit, folder / "accelergy.log")
        log = (folder / "accelergy.log").read_text(encoding="utf-8", errors="replace")
        if error := accelergy_failure(done, outputs):
            raise error
        return accelergy_table(outputs, log, names, *accelergy_version(program, log))
    except ProgramError as error:
        raise error.describing(command=tuple(command), log=log, folder=folder) from error.__cause__
    except OSError as error:
        raise FlatError(f"cannot be written: {error}", file=folder) from error
