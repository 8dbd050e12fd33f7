"""Who answers for energy and area: shipped tables, Accelergy, hwcomponents, recorded answers."""

from __future__ import annotations

from flat_plugin.energy.area import area_um2
from flat_plugin.energy.choose import ESTIMATORS, energy_for, find_estimator, preset_table
from flat_plugin.energy.compare import Difference, differences
from flat_plugin.energy.estimator import Estimator
from flat_plugin.energy.recorded import recorded_table
from flat_plugin.energy.softmax import softmax_energy
from flat_plugin.energy.tables import read_art, read_ert, with_areas, write_art, write_ert

__all__ = [
    "ESTIMATORS",
    "Difference",
    "Estimator",
    "area_um2",
    "differences",
    "energy_for",
    "find_estimator",
    "preset_table",
    "read_art",
    "read_ert",
    "recorded_table",
    "softmax_energy",
    "with_areas",
    "write_art",
    "write_ert",
]
