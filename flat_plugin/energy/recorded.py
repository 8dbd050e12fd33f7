"""Energy and area without Accelergy: what it answers, recorded or worked out as it does.

Memories come from a grid of recorded answers, interpolated where need be. Registers and integer
arithmetic come from the tables that Accelergy's Aladdin plug-in reads, at the architecture's clock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import inf

from flat_plugin.architecture.component import as_number
from flat_plugin.architecture.energy_table import ComponentEnergy, EnergyTable
from flat_plugin.architecture.hardware import Architecture, Compute, Memory
from flat_plugin.architecture.read import technology_name
from flat_plugin.architecture.vocabulary import DEPTH
from flat_plugin.energy.grid import (
    RECORDED_CYCLE_SECONDS,
    Answer,
    describe,
    look_up,
    recorded_kinds,
    records,
)
from flat_plugin.energy.plug_in.flat_arithmetic import (
    Part,
    adder,
    multiplier,
    multiply_accumulate,
    register_file,
)
from flat_plugin.energy.softmax import softmax_energy
from flat_plugin.errors import FlatError

INSTEAD = "or run Accelergy, or give an ERT file"
_ALADDIN_NODES = ("40nm", "45nm")  # Accelergy's plug-in gives the same answers for both
_ARITHMETIC: dict[str, Callable[[float, float], Part]] = {
    "intadder": adder,
    "intmac": multiply_accumulate,
    "intmultiplier": multiplier,
}
_TOOLS = {"CactiSRAM": "CACTI", "CactiDRAM": "CACTI DRAM table", "Aladdin_table": "Aladdin"}
RECORDED = "recorded Accelergy 0.4 estimates (CACTI, Aladdin)"
_PORTS = {"n_rw_ports": 1, "n_rdwr_ports": 1, "n_rd_ports": 0, "n_wr_ports": 0}


class RecordedEstimator:
    """Always here."""

    name = "recorded"

    def estimate(self, architecture: Architecture) -> EnergyTable:
        """What is recorded; raises outside of it."""
        return recorded_table(architecture)


def recorded_table(architecture: Architecture) -> EnergyTable:
    """The energy table of an architecture from the recorded grid; raises outside of it.

    pJ per action of the full width; ``leak`` is per cycle of this architecture.
    """
    components = {}
    for memory in architecture.memories:
        components[memory.name] = _memory(memory, architecture)
    components[architecture.compute.name] = _compute(architecture.compute, architecture)
    if architecture.softmax is not None:
        unit = architecture.softmax
        components[unit.name] = softmax_energy(unit, architecture)
    return EnergyTable(components, RECORDED)


def _memory(memory: Memory, architecture: Architecture) -> ComponentEnergy:
    attributes = memory.attributes
    width = float(memory.word_bits * memory.block_size * memory.cluster_size)
    wanted = {"width_bits": width}
    if memory.kind == "DRAM":
        return _dram(memory, wanted, architecture)
    depth = _depth(memory)
    if memory.kind == "regfile" and _technology(memory, architecture) in _ALADDIN_NODES:
        return _aladdin(register_file(depth, architecture.cycle_seconds), ("read", "write", "update"))
    _check_ports(memory)
    wanted["kilobytes"] = depth * width / 8 / 1024
    wanted["n_banks"] = float(_attribute(attributes, ("n_banks", "num_banks")) or 1)
    return _estimate(memory.name, memory.kind, "", wanted, memory, architecture)


def _dram(memory: Memory, wanted: dict[str, float], architecture: Architecture) -> ComponentEnergy:
    types = sorted({variant for kind, _, variant in recorded_kinds() if kind == "DRAM"})
    variant = memory.attributes.get("type")
    if variant not in types:
        raise FlatError(
            f"{memory.name}: no energy is recorded for this type of DRAM",
            value=variant,
            expected=f"type {' or '.join(types)}; {INSTEAD}",
        )
    return _estimate(memory.name, "DRAM", str(variant), wanted, memory, architecture)


def _compute(compute: Compute, architecture: Architecture) -> ComponentEnergy:
    width = float(_attribute(compute.attributes, ("width",)) or compute.word_bits)
    arithmetic = _ARITHMETIC.get(compute.kind)
    if arithmetic is not None and _technology(compute, architecture) in _ALADDIN_NODES:
        return _aladdin(arithmetic(width, architecture.cycle_seconds), ("compute",))
    wanted = {"width_bits": width}
    return _estimate(compute.name, compute.kind, "", wanted, compute, architecture)


def _aladdin(part: Part, actions: tuple[str, ...]) -> ComponentEnergy:
    energies = {**dict.fromkeys(actions, part.energy_pj), "leak": part.leak_pj}
    return ComponentEnergy(energies, part.area_um2, "Aladdin")


def _estimate(
    name: str,
    kind: str,
    variant: str,
    wanted: Mapping[str, float],
    component: Memory | Compute,
    architecture: Architecture,
) -> ComponentEnergy:
    technology = "" if kind == "DRAM" else _technology(component, architecture)
    grid = records(kind, technology, variant)
    if not grid:
        known = ", ".join(dict.fromkeys(f"{k} {t}".strip() for k, t, _ in recorded_kinds()))
        raise FlatError(
            f"{name}: no energy is recorded for class {kind} at {technology or 'any technology'}",
            value=dict(component.attributes),
            expected=f"one of {known}; {INSTEAD}",
        )
    answer = look_up(grid, wanted)
    if answer is None:
        raise FlatError(
            f"{name}: outside what is recorded for {kind} {variant or technology}",
            value={axis: round(value, 3) for axis, value in wanted.items()},
            expected=f"{describe(grid)} (not every combination); {INSTEAD}",
        )
    return component_energy(answer, architecture.cycle_seconds)


def component_energy(answer: Answer, cycle_seconds: float) -> ComponentEnergy:
    """A recorded answer at another cycle time: leakage per cycle grows with the cycle."""
    actions = dict(answer.record.actions)
    if "leak" in actions:
        actions["leak"] *= cycle_seconds / RECORDED_CYCLE_SECONDS
    tool = _TOOLS.get(answer.record.estimator, answer.record.estimator)
    if answer.between:
        tool += f", interpolated between {', '.join(answer.between)}"
    return ComponentEnergy(actions, answer.record.area_um2, tool)


def _technology(component: Memory | Compute, architecture: Architecture) -> str:
    return technology_name(component.attributes.get("technology", architecture.technology))


def _depth(memory: Memory) -> float:
    """Rows of one instance: as the file says, unless the capacity has been changed since."""
    if memory.capacity == inf:
        raise FlatError(
            f"{memory.name}: an unbounded {memory.kind} has no energy",
            expected=f"its depth, entries or sizeKB; {INSTEAD}",
        )
    rounding = memory.multiple_buffering / memory.block_size
    rows = memory.capacity * rounding
    written = _attribute(memory.attributes, DEPTH)
    return float(written) if written and 0 <= written - rows < rounding else rows


def _check_ports(memory: Memory) -> None:
    for key, recorded in _PORTS.items():
        value = memory.attributes.get(key)
        if value is not None and as_number(value) != recorded:
            raise FlatError(
                f"{memory.name}: only memories with one port for reads and writes are recorded",
                value={key: value},
                expected=f"{key} {recorded}; {INSTEAD}",
            )


def _attribute(attributes: Mapping[str, object], keys: tuple[str, ...]) -> float | int | None:
    for key in keys:
        if attributes.get(key) is not None:
            number = as_number(attributes[key])
            if number is None or not number > 0:
                raise FlatError(f"bad {key}", value=attributes[key], expected="a number above 0")
            return number
    return None
