"""Energy and area without Accelergy: what it answers, recorded or worked out as it does.

Memories come from a grid of recorded answers, interpolated where need be, or from cited figures. Registers
and integer arithmetic come from the tables that Accelergy's Aladdin plug-in reads, at the architecture's
clock. Other technology nodes are scaled from those that are recorded, and say so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from math import inf

from flat_plugin.architecture.component import as_number, positive
from flat_plugin.architecture.energy_table import ComponentEnergy, EnergyTable
from flat_plugin.architecture.given_energy import GIVEN, given_energy
from flat_plugin.architecture.hardware import Architecture, Compute, Memory
from flat_plugin.architecture.read import technology_name
from flat_plugin.architecture.vocabulary import DEPTH
from flat_plugin.energy.dram import CITED_DRAMS, UNCITED_DRAMS
from flat_plugin.energy.grid import (
    RECORDED_CYCLE_SECONDS,
    UNITS,
    Answer,
    Record,
    describe,
    look_up,
    recorded_kinds,
    records,
)
from flat_plugin.energy.plug_in.flat_arithmetic import (
    REFERENCE_NM,
    Part,
    adder,
    multiplier,
    multiply_accumulate,
    nanometres,
    register_file,
)
from flat_plugin.energy.scaling import (
    SCALED,
    SRAM_NODES_NM,
    check_node,
    scaled_from,
    scaled_sram,
    sram_scaled_from,
)
from flat_plugin.energy.smartbuffer import (
    SMART_REGISTERS,
    SMART_SRAM,
    address_adder,
    smart_registers,
    with_addresses,
)
from flat_plugin.energy.softmax import softmax_energy
from flat_plugin.errors import FlatError, raise_all

INSTEAD = "or run Accelergy, or give an ERT file"
_ALADDIN_NM = (40.0, REFERENCE_NM)  # Accelergy's plug-in gives the same answers for both
_ARITHMETIC: dict[str, Callable[[float, float], Part]] = {
    "intadder": adder,
    "intmac": multiply_accumulate,
    "intmultiplier": multiplier,
}
_TOOLS = {"CactiSRAM": "CACTI", "CactiDRAM": "CACTI DRAM table", "Aladdin_table": "Aladdin"}
RECORDED = "recorded Accelergy 0.4 estimates (CACTI, Aladdin)"
_PORTS = {"n_rw_ports": 1, "n_rdwr_ports": 1, "n_rd_ports": 0, "n_wr_ports": 0}
_ACCESSES = ("read", "write", "update")
_CITED = frozenset(dram.source for dram in CITED_DRAMS.values())
_GENERIC = "storage"  # which Timeloop takes for an SRAM


class RecordedEstimator:
    """Always here."""

    name = "recorded"

    def estimate(self, architecture: Architecture) -> EnergyTable:
        """What is recorded; raises outside of it."""
        return recorded_table(architecture)


def recorded_table(architecture: Architecture) -> EnergyTable:
    """The energy table of an architecture, of what is recorded.

    pJ per action of the full width; ``leak`` is per cycle of this architecture.

    Raises:
        FlatError: what is outside of it; all components together.
    """
    components, errors = {}, []
    for part in architecture.parts:
        try:
            components[part.name] = given_energy(part) or recorded_component(part, architecture)
        except FlatError as error:
            errors.append(error)
    if (unit := architecture.softmax) is not None:
        try:
            components[unit.name] = softmax_energy(unit, architecture)
        except FlatError as error:
            errors.append(error)
    raise_all(errors)
    return EnergyTable(components, _source(components))


def _source(components: Mapping[str, ComponentEnergy]) -> str:
    """What is recorded, and which components are not as they were recorded."""
    others = {
        "scaled": [name for name, each in components.items() if SCALED in each.estimator],
        "cited": [name for name, each in components.items() if each.estimator in _CITED],
        "given": [name for name, each in components.items() if each.estimator == GIVEN],
    }
    return "; ".join((RECORDED, *(f"{how}: {', '.join(names)}" for how, names in others.items() if names)))


def recorded_component(part: Memory | Compute, architecture: Architecture) -> ComponentEnergy:
    """The entry of one memory, or of the compute units.

    Raises:
        FlatError: nothing is recorded for it.
    """
    return _compute(part, architecture) if isinstance(part, Compute) else _memory(part, architecture)


def _memory(memory: Memory, architecture: Architecture) -> ComponentEnergy:
    width = float(memory.word_bits * memory.block_size * memory.cluster_size)
    if memory.kind == "DRAM":
        return _dram(memory, width, architecture)
    if memory.kind == "regfile":
        return _aladdin(
            register_file(_depth(memory), architecture.cycle_seconds), _ACCESSES, memory, architecture
        )
    if memory.kind in (SMART_SRAM, SMART_REGISTERS):
        return _smart(memory, width, architecture)
    if memory.kind in ("SRAM", _GENERIC):
        return _sram(memory, width, architecture)
    raise _nothing(memory)


def _smart(memory: Memory, width: float, architecture: Architecture) -> ComponentEnergy:
    depth, cycle = _depth(memory), architecture.cycle_seconds
    if memory.kind == SMART_SRAM:
        storage = _sram(memory, width, architecture, banks=1)  # its definition hands no banks on
    else:
        _check_ports(memory)
        storage = _aladdin(smart_registers(width, depth, cycle), _ACCESSES, memory, architecture)
    node = _nanometres(memory, architecture)
    return with_addresses(storage, address_adder(depth, cycle).at_node(node))


def _sram(
    memory: Memory, width: float, architecture: Architecture, banks: float | None = None
) -> ComponentEnergy:
    _check_ports(memory)
    wanted = {
        "width_bits": width,
        "kilobytes": _depth(memory) * width / 8 / 1024,
        "n_banks": float(banks or positive(memory.attributes, "n_banks", "num_banks") or 1),
    }
    node = _nanometres(memory, architecture)
    if node in SRAM_NODES_NM:
        return component_energy(_answer(memory, "SRAM", node, wanted), architecture.cycle_seconds)
    answers = {}
    for base in SRAM_NODES_NM:
        if answer := look_up(records("SRAM", f"{base:g}nm"), wanted):
            answers[base] = answer
    scaled = scaled_sram({base: answer.record for base, answer in answers.items()}, node)
    if scaled is None:
        raise _outside(memory, records("SRAM", f"{SRAM_NODES_NM[0]:g}nm"), f"SRAM at {node:g} nm", wanted)
    notes = dict.fromkeys(note for answer in answers.values() for note in answer.between)
    found = component_energy(Answer(scaled, tuple(notes)), architecture.cycle_seconds)
    return replace(found, estimator=f"{found.estimator}, {sram_scaled_from(node)}")


def _dram(memory: Memory, width: float, architecture: Architecture) -> ComponentEnergy:
    types = {variant for kind, _, variant in recorded_kinds() if kind == "DRAM"}
    variant = str(memory.attributes.get("type") or "")
    if variant in CITED_DRAMS:
        return CITED_DRAMS[variant].component(width)
    if variant not in types:
        said = f"type {variant}" if variant else "that says no type"
        why = f", for {UNCITED_DRAMS[variant]}" if variant in UNCITED_DRAMS else ""
        raise FlatError(
            f"{memory.name}: no energy is recorded for a DRAM {said}{why}",
            expected=f"type {' or '.join(sorted({*types, *CITED_DRAMS}))}; {INSTEAD}",
        )
    grid, wanted = records("DRAM", "", variant), {"width_bits": width}
    answer = look_up(grid, wanted)
    if answer is None:
        raise _outside(memory, grid, f"DRAM {variant}", wanted)
    return component_energy(answer, architecture.cycle_seconds)


def _compute(compute: Compute, architecture: Architecture) -> ComponentEnergy:
    width = float(positive(compute.attributes, "width") or compute.word_bits)
    if arithmetic := _ARITHMETIC.get(compute.kind):
        return _aladdin(arithmetic(width, architecture.cycle_seconds), ("compute",), compute, architecture)
    node = _nanometres(compute, architecture)
    return component_energy(
        _answer(compute, compute.kind, node, {"width_bits": width}), architecture.cycle_seconds
    )


def _aladdin(
    part: Part, actions: tuple[str, ...], component: Memory | Compute, architecture: Architecture
) -> ComponentEnergy:
    """A 45 nm unit of Aladdin's tables, at the component's node."""
    node = _nanometres(component, architecture)
    who = "Aladdin"
    if node not in _ALADDIN_NM:
        part, who = part.at_node(node), f"Aladdin, {scaled_from(node)}"
    energies = {**dict.fromkeys(actions, part.energy_pj), "leak": part.leak_pj}
    return ComponentEnergy(energies, part.area_um2, who)


def _answer(part: Memory | Compute, kind: str, node: float, wanted: Mapping[str, float]) -> Answer:
    grid = records(kind, f"{node:g}nm")
    if not grid:
        raise _nothing(part, node)
    answer = look_up(grid, wanted)
    if answer is None:
        raise _outside(part, grid, f"{kind} at {node:g} nm", wanted)
    return answer


def _nothing(part: Memory | Compute, node: float | None = None) -> FlatError:
    kinds = dict.fromkeys(f"{k} {t}".strip() for k, t, _ in recorded_kinds())
    known = ", ".join((*kinds, SMART_SRAM, SMART_REGISTERS))
    at = f" at {node:g} nm" if node is not None else ""
    return FlatError(
        f"{part.name}: no energy is recorded for class {part.kind}{at}", expected=f"one of {known}; {INSTEAD}"
    )


def _outside(
    part: Memory | Compute, grid: tuple[Record, ...], what: str, wanted: Mapping[str, float]
) -> FlatError:
    size = ", ".join(f"{value:g} {UNITS[axis]}" for axis, value in wanted.items())
    return FlatError(
        f"{part.name}: outside what is recorded for {what} ({size})",
        expected=f"{describe(grid)} (not every combination); {INSTEAD}",
    )


def component_energy(answer: Answer, cycle_seconds: float) -> ComponentEnergy:
    """A recorded answer at another cycle time: leakage per cycle grows with the cycle."""
    actions = dict(answer.record.actions)
    if "leak" in actions:
        actions["leak"] *= cycle_seconds / RECORDED_CYCLE_SECONDS
    tool = _TOOLS.get(answer.record.estimator, answer.record.estimator)
    if answer.between:
        tool += f", interpolated between {', '.join(answer.between)}"
    return ComponentEnergy(actions, answer.record.area_um2, tool)


def _nanometres(component: Memory | Compute, architecture: Architecture) -> float:
    node = nanometres(technology_name(component.attributes.get("technology", architecture.technology)))
    check_node(node, component.name, INSTEAD)
    return node


def _depth(memory: Memory) -> float:
    """Rows of one instance: as the file says, unless the capacity has been changed since."""
    if memory.capacity == inf:
        raise FlatError(
            f"{memory.name}: an unbounded {memory.kind} has no energy",
            expected=f"its depth, entries or sizeKB; {INSTEAD}",
        )
    rounding = memory.multiple_buffering / memory.block_size
    rows = memory.capacity * rounding
    written = positive(memory.attributes, *DEPTH)
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
