"""``show``: an architecture as it was understood."""

from __future__ import annotations

from pathlib import Path

from flat_plugin.api.inputs import hardware_of, one_of
from flat_plugin.architecture import Architecture, EnergyTable
from flat_plugin.architecture.overview import Overview, overview
from flat_plugin.arguments import checked
from flat_plugin.documents import Source
from flat_plugin.energy import ESTIMATORS, energy_for


@checked
def show(
    architecture: Architecture | str | Path,
    *,
    ert: Source | EnergyTable | None = None,
    estimator: str = "auto",
) -> Overview:
    """Levels, instances and meshes, sizes, bandwidths, energies (and who answers) and softmax units.

    Args:
        architecture: an architecture, a preset's name or a v0.4 file.
        ert: energies; else the estimator's.
        estimator: as for :func:`estimate`; without an answer the energies are None.

    Raises:
        FlatError: bad input.
    """
    one_of("estimator", estimator, ESTIMATORS)
    hardware = hardware_of(architecture)
    return overview(hardware, energy_for(hardware, ert, estimator))
