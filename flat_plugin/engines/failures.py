"""Turns how a Timeloop run ended, and what it printed, into an error."""

from __future__ import annotations

import re

from flat_plugin.engines.errors import DoesNotFit, NoValidMapping
from flat_plugin.programs.errors import ProgramError, ProgramTimeout, UnreadableOutput
from flat_plugin.programs.failures import bad_ending, plain, saying
from flat_plugin.programs.process import Finished

_NUMBERS = re.compile(r"couldn't map level (?P<level>.+?): .*?(?P<tile>\d+) exceeds .*?(?P<capacity>\d+)")
_REFUSED = re.compile(r"couldn't map level (?P<level>.+?): .*")
_GAVE_UP = re.compile(r"STATEMENT: (\d+ invalid mappings .*?) found")


def failure(run: Finished, tool: str, has_stats: bool) -> ProgramError | None:
    """The error of a run; None if it ended well and wrote statistics."""
    ending = bad_ending(run, tool)
    if isinstance(ending, ProgramTimeout):
        return ending
    if "no valid mappings found" in run.log:
        return NoValidMapping(f"{tool} found no valid mapping{_threads(run.log)}")
    if refused := _REFUSED.search(run.log):
        return _refusal(refused[0])
    if ending is None and not has_stats:
        return UnreadableOutput(f"{tool} ended with exit code 0 but wrote no statistics{saying(run)}")
    return ending


def _refusal(line: str) -> DoesNotFit:
    numbers = _NUMBERS.search(line)
    if numbers is None:
        match = _REFUSED.search(line)
        return DoesNotFit(plain(line), level=match["level"] if match else None)
    return DoesNotFit(
        plain(line),
        level=numbers["level"],
        tile=int(numbers["tile"]),
        capacity=int(numbers["capacity"]),
    )


def _threads(log: str) -> str:
    """Why the search threads gave up: ``: 10000 invalid mappings (9266 fanout, 734 capacity)``."""
    statements = dict.fromkeys(_GAVE_UP.findall(log))
    return ": " + "; ".join(statements) if statements else ""
