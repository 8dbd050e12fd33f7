"""Turns how a run ended, and what it printed, into an error."""

from __future__ import annotations

import re
import signal

from flat_plugin.programs.errors import ProgramCrashed, ProgramError, ProgramMissing, ProgramTimeout
from flat_plugin.programs.process import Finished

_TELLING = re.compile(r"error|assert|what\(\)|terminate|fail|not found|exception|fault", re.IGNORECASE)
_SHELL_NOT_FOUND = 127
_SHELL_SIGNAL = 128  # a shell in between reports signal n as 128 + n
_LONGEST_REASON = 300


def bad_ending(run: Finished, tool: str) -> ProgramError | None:
    """The error of a run that was ended by the time limit, a signal or an exit code; else None."""
    if run.returncode is None:
        return ProgramTimeout(f"{tool} did not end within {run.time_limit:g} s{saying(run)}")
    if run.returncode == _SHELL_NOT_FOUND:
        return ProgramMissing(f"{tool} calls a program that is not on PATH{saying(run)}")
    if run.returncode:
        return ProgramCrashed(f"{tool} {_ending(run.returncode)}{saying(run)}")
    return None


def reason_in(log: str) -> str:
    """The last line of a log that tells of an error, else its last line; in one short line."""
    lines = [text for line in log.splitlines() if (text := plain(line))]
    telling = [line for line in lines if _TELLING.search(line)]
    return shortened((telling or lines or [""])[-1])


def saying(run: Finished) -> str:
    """The reason as the end of a sentence."""
    reason = reason_in(run.log)
    return f": {reason}" if reason else "; it printed nothing"


def plain(line: str) -> str:
    """A line without control characters."""
    return "".join(c if c.isprintable() else " " for c in line).strip()


def shortened(line: str) -> str:
    return line if len(line) <= _LONGEST_REASON else line[: _LONGEST_REASON - 1] + "…"


def _ending(returncode: int) -> str:
    number = -returncode if returncode < 0 else returncode - _SHELL_SIGNAL
    if number > 0:
        try:
            return f"was killed by {signal.Signals(number).name}"
        except ValueError:
            pass
    return f"ended with exit code {returncode}"
