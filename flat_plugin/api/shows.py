"""``show``: an architecture as it was understood."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from flat_plugin import defaults
from flat_plugin.api.inputs import hardware_of
from flat_plugin.architecture import Architecture, EnergyTable
from flat_plugin.architecture.overview import Overview, overview
from flat_plugin.arguments import checked
from flat_plugin.documents import Source
from flat_plugin.energy import ESTIMATORS, energy_for
from flat_plugin.errors import check_choice


@checked
def show(
    architecture: Architecture | str | Path = defaults.ARCHITECTURE,
    *,
    set: Mapping[str, object] | None = None,
    ert: Source | EnergyTable | None = None,
    estimator: str = defaults.ESTIMATOR,
) -> Overview:
    """Levels, instances and meshes, sizes, bandwidths, energies (and who answers) and softmax units.

    Args:
        architecture: an architecture, a preset's name or a v0.4 file.
        set: changes to it, such as ``{"buffer_kb": 1024}``.
        ert: a table of energies or its file; the estimator's if not given.
        estimator: as for :func:`estimate`; without an answer the energies are None.

    Raises:
        FlatError: bad input.
    """
    check_choice("estimator", estimator, ESTIMATORS)
    hardware = hardware_of(architecture, set)
    return overview(hardware, energy_for(hardware, ert, estimator))
