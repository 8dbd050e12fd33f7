"""DRAM types that Accelergy's table does not have: cited or measured energy per bit.

Device and interface; a controller on the chip is not in it, but for HBM3, which is measured from outside.
"""

from __future__ import annotations

from dataclasses import dataclass

from flat_plugin.architecture.energy_table import ComponentEnergy


@dataclass(frozen=True)
class CitedDram:
    """pJ per bit read and written, and where the figures are from."""

    read_pj_per_bit: float
    write_pj_per_bit: float
    source: str

    def component(self, width_bits: float) -> ComponentEnergy:
        """An access of the full width; no leakage is known, and the area is off chip."""
        write = self.write_pj_per_bit * width_bits
        actions = {"read": self.read_pj_per_bit * width_bits, "write": write, "update": write, "leak": 0.0}
        return ComponentEnergy(actions, 0.0, self.source)


_MICRON = "Micron, GDDR6X ultra-bandwidth brief, 2020: average device power"
_LPDDR4 = 8.0  # pJ/bit of Accelergy's table
_SAVED = 0.2  # at least, against LPDDR4X: Micron's announcement of the first LPDDR5, 6 February 2020

CITED_DRAMS = {
    "GDDR6": CitedDram(7.5, 7.5, _MICRON),
    "HBM2E": CitedDram(6.0, 6.0, _MICRON),
    "HBM3": CitedDram(85 / 8, 62 / 8, "measured on an H100: 85 pJ/B read, 62 pJ/B written"),
    "LPDDR5": CitedDram(
        _LPDDR4 * (1 - _SAVED),
        _LPDDR4 * (1 - _SAVED),
        "scaled from LPDDR4 by the 20 % less that Micron announced (6 Feb 2020, against LPDDR4X)",
    ),
}
# Types that are asked for and have no figure here, and why.
UNCITED_DRAMS = {
    "DDR5": "no maker states its energy per bit, and simulators that have it repeat the currents of DDR4",
}
