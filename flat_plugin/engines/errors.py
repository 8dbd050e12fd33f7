"""Errors of an outside engine: those of any program, and three more."""

from __future__ import annotations

from flat_plugin.errors import InvalidMapping
from flat_plugin.programs.errors import ProgramError, UnreadableOutput


class NoValidMapping(ProgramError):
    """The mapper found no mapping that the hardware can run, within its limits."""


class DoesNotFit(ProgramError, InvalidMapping):
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


class UnderflowEnergy(UnreadableOutput):
    """Counts or energies that no such mapping can have: an unsigned number ran below zero."""
