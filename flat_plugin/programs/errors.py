"""How an outside program can fail, told apart; each says the log's own reason in a line."""

from __future__ import annotations

from pathlib import Path

from flat_plugin.errors import FlatError


class ProgramError(FlatError):
    """An outside program gave no result.

    Attributes:
        reason: what its log says, in one line.
        command: the command line, as a list of arguments.
        log: the end of what it printed.
        folder: where it ran, if that folder was given and so still exists.
    """

    reason: str = ""
    command: tuple[str, ...] = ()
    log: str = ""
    folder: Path | None = None

    def describing(self, *, command: tuple[str, ...], log: str, folder: Path | None) -> ProgramError:
        """The same error, with the run it came from."""
        self.command, self.log, self.folder = command, log, folder
        return self


class ProgramMissing(ProgramError):
    """The program is not installed; the message says how to get it."""


class ProgramCrashed(ProgramError):
    """It could not be started, was killed by a signal, or ended with an exit code."""


class ProgramTimeout(ProgramError):
    """It did not end within the time limit, and was killed with all its processes."""


class UnreadableOutput(ProgramError):
    """It ended as if all were well, but wrote no results, or none that can be read."""
