"""From how a run of Timeloop ended and what it printed to the error that it is."""

from __future__ import annotations

import re
import signal

from flat_plugin.engines.errors import (
    DoesNotFit,
    EngineCrashed,
    EngineError,
    EngineMissing,
    EngineTimeout,
    NoValidMapping,
    UnreadableOutput,
)
from flat_plugin.engines.process import Finished

_NUMBERS = re.compile(r"couldn't map level (?P<level>.+?): .*?(?P<tile>\d+) exceeds .*?(?P<capacity>\d+)")
_REFUSED = re.compile(r"couldn't map level (?P<level>.+?): .*")
_GAVE_UP = re.compile(r"STATEMENT: (\d+ invalid mappings .*?) found")
_TELLING = re.compile(r"error|assert|what\(\)|terminate|fail|not found|exception|fault", re.IGNORECASE)
_SHELL_NOT_FOUND = 127
_SHELL_SIGNAL = 128  # a shell in between reports signal n as 128 + n
_LONGEST_REASON = 300


def failure(run: Finished, tool: str, has_stats: bool) -> EngineError | None:
    """The error of a run; None if it ended well and wrote statistics."""
    if run.returncode is None:
        return EngineTimeout(f"{tool} did not end within {run.time_limit:g} s{_saying(run)}")
    if "no valid mappings found" in run.log:
        return NoValidMapping(f"{tool} found no valid mapping{_threads(run.log)}")
    if refused := _REFUSED.search(run.log):
        return _refusal(refused[0])
    if run.returncode == _SHELL_NOT_FOUND:
        return EngineMissing(f"{tool} calls a program that is not on PATH{_saying(run)}")
    if run.returncode:
        return EngineCrashed(f"{tool} {_ending(run.returncode)}{_saying(run)}")
    if not has_stats:
        return UnreadableOutput(f"{tool} ended with exit code 0 but wrote no statistics{_saying(run)}")
    return None


def reason_in(log: str) -> str:
    """The last line of a log that tells of an error, else its last line; in one short line."""
    lines = [text for line in log.splitlines() if (text := _plain(line))]
    telling = [line for line in lines if _TELLING.search(line)]
    line = (telling or lines or [""])[-1]
    return line if len(line) <= _LONGEST_REASON else line[: _LONGEST_REASON - 1] + "…"


def _saying(run: Finished) -> str:
    reason = reason_in(run.log)
    return f": {reason}" if reason else "; it printed nothing"


def _refusal(line: str) -> DoesNotFit:
    numbers = _NUMBERS.search(line)
    if numbers is None:
        match = _REFUSED.search(line)
        return DoesNotFit(_plain(line), level=match["level"] if match else None)
    return DoesNotFit(
        _plain(line),
        level=numbers["level"],
        tile=int(numbers["tile"]),
        capacity=int(numbers["capacity"]),
    )


def _threads(log: str) -> str:
    """Why the search threads gave up: ``: 10000 invalid mappings (9266 fanout, 734 capacity)``."""
    statements = dict.fromkeys(_GAVE_UP.findall(log))
    return ": " + "; ".join(statements) if statements else ""


def _ending(returncode: int) -> str:
    number = -returncode if returncode < 0 else returncode - _SHELL_SIGNAL
    if number > 0:
        try:
            return f"was killed by {signal.Signals(number).name}"
        except ValueError:
            pass
    return f"ended with exit code {returncode}"


def _plain(line: str) -> str:
    return "".join(c if c.isprintable() else " " for c in line).strip()
