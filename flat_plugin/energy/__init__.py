"""Who answers for energy and area: tables, and the recorded estimates of Accelergy."""

from flat_plugin.energy.choose import energy_for, preset_table
from flat_plugin.energy.recorded import recorded_table
from flat_plugin.energy.softmax import MACS_PER_OPERATION, softmax_energy
from flat_plugin.energy.tables import read_art, read_ert, with_areas, write_art, write_ert

__all__ = [
    "MACS_PER_OPERATION",
    "energy_for",
    "preset_table",
    "read_art",
    "read_ert",
    "recorded_table",
    "softmax_energy",
    "with_areas",
    "write_art",
    "write_ert",
]
