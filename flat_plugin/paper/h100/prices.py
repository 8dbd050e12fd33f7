"""What a call costs: energy from the calibration's constants, and the time that no kernel beats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from flat_plugin.architecture.hardware import Architecture
from flat_plugin.documents import load
from flat_plugin.paper.h100.nests import HBM, L2, LEVELS, SHARED
from flat_plugin.paper.h100.rows import BYTES
from flat_plugin.paper.h100.traffic import Moved
from flat_plugin.schema import Above0, check


@dataclass(frozen=True)
class Constants:
    """pJ an action or byte, at 1,980 MHz, and the board's idle power in W; see ``energies.yaml``."""

    mac_pj: Above0
    shared_read_pj_per_byte: Above0
    shared_write_pj_per_byte: Above0
    l2_to_sm_pj_per_byte: Above0
    sm_to_l2_pj_per_byte: Above0
    hbm_read_pj_per_byte: Above0
    hbm_write_pj_per_byte: Above0
    exponential_pj: Above0
    idle_w: Above0


@cache
def constants() -> Constants:
    """Those of the calibration."""
    values: dict[str, float] = check(dict[str, Above0], load(Path(__file__).with_name("energies.yaml")))
    return Constants(**values)


def energy_joules(moved: Moved, seconds: float, *, hbm: bool) -> float:
    """Energy of a call in the steady state: what it does, and the idle board for as long as it took.

    Args:
        hbm: whether the working set passes HBM, or stays in L2.
    """
    cost = constants()
    parts = (
        (moved.macs, cost.mac_pj),
        (moved.shared_read, cost.shared_read_pj_per_byte),
        (moved.shared_write, cost.shared_write_pj_per_byte),
        (moved.l2_to_sm, cost.l2_to_sm_pj_per_byte),
        (moved.sm_to_l2, cost.sm_to_l2_pj_per_byte),
        (moved.dram_read * hbm, cost.hbm_read_pj_per_byte),
        (moved.dram_write * hbm, cost.hbm_write_pj_per_byte),
        (moved.exponentials, cost.exponential_pj),
    )
    return sum(amount * pj for amount, pj in parts) * 1e-12 + cost.idle_w * seconds


def least_seconds(kernels: Sequence[Moved], machine: Architecture, *, hbm: bool) -> tuple[float, str]:
    """The time of kernels one after the other, each as long as its busiest resource; and the resource that
    most of it is for."""
    waits: dict[str, float] = {}
    for kernel in kernels:
        busy = _cycles(kernel, machine, hbm)
        name = max(busy, key=lambda name: busy[name])
        waits[name] = waits.get(name, 0.0) + busy[name]
    cycles = sum(waits.values())
    return cycles * machine.cycle_seconds, max(waits, key=lambda name: waits[name])


def _cycles(moved: Moved, machine: Architecture, hbm: bool) -> dict[str, float]:
    """By resource; those of a core are as many as have work."""
    memories = {memory.name: memory for memory in machine.memories}
    cores, unit = memories[SHARED].instances, machine.softmax
    assert unit is not None
    shared = memories[SHARED]
    used = moved.cores
    return {
        HBM: moved.dram * hbm / BYTES / memories[HBM].shared_bandwidth,
        L2: (moved.l2_to_sm + moved.sm_to_l2) / BYTES / memories[L2].shared_bandwidth,
        SHARED: (moved.shared_read + moved.shared_write)
        / BYTES
        / (shared.read_bandwidth + shared.write_bandwidth)
        / used,
        machine.compute.name: moved.macs / (machine.compute.instances // cores) / used,
        unit.name: moved.exponentials / unit.lanes / used,
    }


def l2_bytes(machine: Architecture) -> float:
    """What L2 holds from one call to the next."""
    return machine.memories[LEVELS.index(L2)].capacity * BYTES
