"""The interface of estimators of energy and area."""

from __future__ import annotations

from typing import Protocol

from flat_plugin.architecture.energy_table import EnergyTable
from flat_plugin.architecture.hardware import Architecture
from flat_plugin.programs.errors import ProgramError


class NoEstimate(ProgramError):
    """The tool knows no answer for a component, or made one up."""


class Estimator(Protocol):
    """Answers for the energy per action and the area of every component of an architecture."""

    @property
    def name(self) -> str:
        """As ``--estimator`` names it."""

    def estimate(self, architecture: Architecture) -> EnergyTable:
        """pJ per action of the full width (``leak`` per cycle), µm² per instance.

        Raises:
            ProgramError: the tool is missing or failed.
            FlatError: there is no answer for a component.
        """
