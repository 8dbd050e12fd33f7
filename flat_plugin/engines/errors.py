"""What can go wrong with an outside engine, told apart; each says the log's own reason in a line."""

from __future__ import annotations

from pathlib import Path

from flat_plugin.errors import FlatError, InvalidMapping


class EngineError(FlatError):
    """An outside engine gave no result.

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

    def describing(self, *, command: tuple[str, ...], log: str, folder: Path | None) -> EngineError:
        """The same error, with the run it came from."""
        self.command, self.log, self.folder = command, log, folder
        return self


class EngineMissing(EngineError):
    """The program is not installed; the message says how to get it."""


class NoValidMapping(EngineError):
    """The mapper found no mapping that the hardware can run, within its limits."""


class DoesNotFit(EngineError, InvalidMapping):
    """The engine refused the mapping: a tile over a capacity, or loops over the array."""

    def __init__(
        self,
        message: str,
        *,
        level: str | None = None,
        tile: int | None = None,
        capacity: int | None = None,
    ) -> None:
        InvalidMapping.__init__(self, message, level=level, tile=tile, capacity=capacity)


class EngineCrashed(EngineError):
    """It could not be started, was killed by a signal, or ended with an exit code."""


class EngineTimeout(EngineError):
    """It did not end within the time limit, and was killed with all its processes."""


class UnreadableOutput(EngineError):
    """It ended as if all were well, but wrote no statistics, or none that can be read."""


class UnderflowEnergy(UnreadableOutput):
    """Counts or energies that no such mapping can have: an unsigned number ran below zero."""
