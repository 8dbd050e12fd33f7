"""Smart buffers: storage with an adder for the addresses of reads and one for those of writes.

As the components of Accelergy's public exercises (2024) define them: a read (a write, an update) is one of
the storage and one addition; leakage and area are those of the storage and of both adders. A
``smartbuffer_RF`` scales a register file of at least 32 bits × 64 rows down to its size. Neither hands on
``n_banks``: the storage is of one bank.
"""

from __future__ import annotations

from math import ceil, log2

from flat_plugin.architecture.energy_table import ComponentEnergy
from flat_plugin.energy.plug_in.flat_arithmetic import Part, adder, register_file

SMART_SRAM, SMART_REGISTERS = "smartbuffer_SRAM", "smartbuffer_RF"
_LEAST_WIDTH, _LEAST_DEPTH = 32, 64
_DEPTH_EXPONENT = 1.56 / 2  # of dynamic energy: CACTI's twofold depth costs 1.56 times


def address_adder(depth: float, cycle_seconds: float) -> Part:
    """One of the two adders, at 45 nm."""
    return adder(max(1, ceil(log2(depth))), cycle_seconds)


def with_addresses(storage: ComponentEnergy, generator: Part) -> ComponentEnergy:
    """A storage (read, write, leak) with two address generators at its node."""
    read, write = (storage.actions[action] + generator.energy_pj for action in ("read", "write"))
    leak = storage.actions.get("leak", 0.0) + 2 * generator.leak_pj
    area = (storage.area_um2 or 0.0) + 2 * generator.area_um2
    actions = {"read": read, "write": write, "update": write, "leak": leak}
    return ComponentEnergy(actions, area, f"{storage.estimator}, with two address adders by Aladdin")


def smart_registers(width: float, depth: float, cycle_seconds: float) -> Part:
    """The storage of a ``smartbuffer_RF`` at 45 nm."""
    wide, deep = width / max(_LEAST_WIDTH, width), depth / max(_LEAST_DEPTH, depth)
    whole = register_file(max(_LEAST_DEPTH, depth), cycle_seconds)
    dynamic, static = wide * deep**_DEPTH_EXPONENT, wide * deep
    return Part(whole.energy_pj * dynamic, whole.leak_pj * static, whole.area_um2 * static)
