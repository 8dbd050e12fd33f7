"""Energy and area from hwcomponents (with -cacti and -library), Accelergy's successor on PyPI.

It runs in a process of its own, in this Python or in the one that ``FLAT_HWCOMPONENTS_PYTHON`` names,
because it needs Python 3.12.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from flat_plugin.architecture.energy_table import EnergyTable
from flat_plugin.architecture.hardware import Architecture
from flat_plugin.energy.estimator import NoEstimate
from flat_plugin.energy.hwcomponents_models import Answer, Query, requests
from flat_plugin.extras import install_command
from flat_plugin.programs.errors import ProgramError, ProgramMissing, UnreadableOutput
from flat_plugin.programs.failures import bad_ending, plain, shortened
from flat_plugin.programs.find import python_with
from flat_plugin.programs.limits import ESTIMATOR_SECONDS
from flat_plugin.programs.process import run_program, scratch_folder

PYTHON_VARIABLE = "FLAT_HWCOMPONENTS_PYTHON"
_SCRIPT = "hwcomponents_call.py"
_RAISED = re.compile(r"^[| ]*((?:\w+Error|\w*Exception): .+)$", re.MULTILINE)
_BUILD_CACTI = "pip install --no-cache-dir --no-binary hwcomponents-cacti hwcomponents-cacti"
_OLD_LIBC = f"; if it needs a newer GLIBC, build it: {_BUILD_CACTI}"


def hwcomponents_python() -> str | None:
    """The Python that has hwcomponents: the one in ``FLAT_HWCOMPONENTS_PYTHON``, else ours if it does."""
    return python_with("hwcomponents", PYTHON_VARIABLE)


def how_to_get() -> str:
    """The command that installs it."""
    return f"{install_command('energy')} (Python 3.12 or later)"


class HwcomponentsEstimator:
    """Asks hwcomponents' models.

    Args:
        time_limit: seconds, after which its processes are killed.

    Raises:
        ProgramMissing: it is not installed.
    """

    name = "hwcomponents"

    def __init__(self, *, time_limit: float = ESTIMATOR_SECONDS) -> None:
        python = hwcomponents_python()
        if python is None:
            missing = f"hwcomponents is not installed here, nor named by {PYTHON_VARIABLE}"
            raise ProgramMissing(f"{missing}; get it: {how_to_get()}")
        self._python = python
        self._time_limit = time_limit

    def estimate(self, architecture: Architecture) -> EnergyTable:
        """hwcomponents' answers. An architecture that was estimated already is not estimated again."""
        wanted = requests(architecture)
        queries = [query for request in wanted for query in request.queries]
        text = json.dumps([vars(query) for query in queries], sort_keys=True)
        versions, answers = _ask(self._python, text, self._time_limit)
        remaining = iter(answers)
        components = {}
        for request in wanted:
            parts = [_answer(request.name, query, next(remaining)) for query in request.queries]
            components[request.name] = request.put_together(parts, architecture.cycle_seconds)
        return EnergyTable(components, f"hwcomponents {versions['hwcomponents']}", _tools(versions))

    def troubles(self) -> tuple[str, ...]:
        """Why it cannot answer for an adder or a small memory, though it is installed; empty if it can."""
        node = {"tech_node": 45e-9, "width": 64}
        queries = [Query("adder", node, ("add",)), Query("sram", {**node, "size": 2**16}, ("read",))]
        found = []
        for query in queries:
            try:
                _, (answer,) = _ask(self._python, json.dumps([vars(query)]), self._time_limit)
                _answer("on trial", query, answer)
            except ProgramError as error:
                found.append(str(error))
        return tuple(found)


@lru_cache(maxsize=64)
def _ask(python: str, queries: str, time_limit: float) -> tuple[dict[str, str], list[dict[str, Any]]]:
    with scratch_folder("flat-hwcomponents-") as place:
        (place / _SCRIPT).write_bytes(Path(__file__).with_name(_SCRIPT).read_bytes())
        (place / "queries.json").write_text(queries, encoding="utf-8")
        command = [python, _SCRIPT, "queries.json", "answers.json"]
        done = run_program(command, place, time_limit, place / "log")
        if error := bad_ending(done, "hwcomponents"):
            raise error.describing(command=done.command, log=done.log, folder=None)
        try:
            result = json.loads((place / "answers.json").read_text(encoding="utf-8"))
            versions, answers = result["versions"], result["answers"]
            if "hwcomponents" not in versions or len(answers) != len(json.loads(queries)):
                raise ValueError("an answer is missing")
            return versions, answers
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise UnreadableOutput(f"hwcomponents gave no answer that can be read: {error}") from error


def _answer(name: str, query: Query, given: Mapping[str, Any]) -> Answer:
    if (text := given.get("error")) is not None:
        raised = _RAISED.findall(text)
        reason = shortened(plain(raised[-1] if raised else text))
        hint = _OLD_LIBC if "CACTI failed" in reason else ""
        raise NoEstimate(f"{name}: hwcomponents has no estimate for {query.model}: {reason}{hint}")
    return Answer(given["energy_pj"], given["leak_watts"], given["area_um2"], given["class"])


def _tools(versions: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(f"{name} {version}" for name, version in versions.items() if name != "hwcomponents")
