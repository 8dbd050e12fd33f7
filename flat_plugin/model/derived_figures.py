"""Figures that are no counts of a nest, as products: computation, leakage, softmax and busy time."""

from __future__ import annotations

from dataclasses import dataclass

from flat_plugin.architecture.energy_table import EnergyTable
from flat_plugin.architecture.hardware import Architecture, Memory
from flat_plugin.model.cost import action_energy
from flat_plugin.model.operator import OperatorResult
from flat_plugin.model.operator_work import Traffic, Work, port_cycles, port_words
from flat_plugin.model.widths import mac_energy, share
from flat_plugin.workload.einsum import Einsum


@dataclass(frozen=True)
class Product:
    """What it is of (a component, and what it does), the factors (number, of what), value and unit.

    A factor counts in the denominator where its name begins with ``/``.
    """

    of: str
    factors: tuple[tuple[float, str], ...]
    value: float
    unit: str  # pJ or cycles

    @property
    def line(self) -> str:
        """The product in words and numbers."""
        text = "".join(_factor(number, what) for number, what in self.factors).removeprefix(" × ")
        total = f"{self.value / 1e6:,.3f} µJ" if self.unit == "pJ" else f"{self.value:,.0f} {self.unit}"
        return f"{self.of}: {text} = {total}"


def _factor(number: float, what: str) -> str:
    """`` × 1 instance``, `` / 32 lanes``"""
    sign, name = ("/", what[1:]) if what.startswith("/") else ("×", what)
    first, *others = name.split(" ")
    one = first.removesuffix("s") if number == 1 else first
    return f" {sign} {_number(number)} {' '.join([one, *others])}"


def operator_products(
    einsum: Einsum, result: OperatorResult, work: Work, architecture: Architecture, energies: EnergyTable
) -> list[Product]:
    """Computation, leakage and busy time of an operator, of which ``work`` is the chain's view."""
    compute = architecture.compute.name
    each = mac_energy(einsum, architecture.compute, energies)
    found = [
        Product(
            f"{compute} compute",
            ((float(result.computes), "multiply-accumulates"), (each, "pJ")),
            work.energy[compute, "compute"],
            "pJ",
        )
    ]
    cycles = result.cycles - sum(memory.network_latency for memory in architecture.memories)
    for memory in architecture.memories:
        leak = work.energy[memory.name, "leak"]
        if leak:
            each = action_energy(energies, memory.name, "leak")
            factors = ((float(cycles), "cycles"), (leak / cycles / each, "instances"), (each, "pJ"))
            found.append(Product(f"{memory.name} leak", factors, leak, "pJ"))
    steps = float(result.compute_cycles)
    used = result.computes / steps
    found.append(
        Product(
            f"{compute} busy",
            ((float(result.computes), "multiply-accumulates"), (used, "/units in use")),
            work.busy[compute],
            "cycles",
        )
    )
    for memory in architecture.memories:
        found += _busy(memory, *port_words(result, memory))
    return found


def softmax_products(work: Work, architecture: Architecture, energies: EnergyTable) -> list[Product]:
    """Everything of the softmax: operations, words of every memory, busy time."""
    found = []
    unit, compute = architecture.softmax, architecture.compute
    if unit is not None and unit.name in work.busy:
        spent, cycles = work.energy[unit.name, "compute"], work.busy[unit.name]
        each = unit.energy_pj or action_energy(energies, unit.name, "compute")
        found += _operations(unit.name, each, spent)
        whose = "operations" if unit.instances == 1 else "operations of the busiest unit"
        busy = (cycles * unit.lanes, whose), (float(unit.lanes), "/lanes")
        found.append(Product(f"{unit.name} busy", busy, cycles, "cycles"))
    if compute.name in work.busy:
        spent, cycles = work.energy[compute.name, "compute"], work.busy[compute.name]
        each = action_energy(energies, compute.name, "compute")
        found += _operations(f"{compute.name} softmax", each, spent)
        found.append(Product(f"{compute.name} busy", ((cycles, "steps"),), cycles, "cycles"))
    for tensor, words in work.traffic.items():
        for level, memory in enumerate(architecture.memories):
            found += _accesses(memory, tensor, words, level, energies)
    for level, memory in enumerate(architecture.memories):
        if memory.name in work.busy:
            taken = [_taken(words, level, memory) for words in work.traffic.values()]
            reads, writes = (sum(words) for words in zip(*taken, strict=True))
            found += _busy_share(memory, reads, writes, work.busy[memory.name])
    return found


def _operations(name: str, each: float, spent: float) -> list[Product]:
    if not each:
        return []
    return [Product(f"{name} compute", ((spent / each, "operations"), (each, "pJ")), spent, "pJ")]


def overflow_products(work: Work, architecture: Architecture, energies: EnergyTable) -> list[Product]:
    """The scores that did not fit, out and back."""
    outer, words = architecture.memories[0], work.traffic["S"]
    found = _accesses(outer, "S", words, 0, energies)
    return found + _busy(outer, *_taken(words, 0, outer))


def choosing_products(work: Work, architecture: Architecture, energies: EnergyTable) -> list[Product]:
    """What chooses keys, over all its tiles: energies of compute units and memories, and busy times."""
    found = []
    for (component, what), spent in work.energy.items():
        if what == "compute":
            each = action_energy(energies, component, "compute")
            found += _operations(component, each, spent)
        elif what == "leak" and spent:
            found.append(Product(f"{component} leak", ((spent, "pJ over all tiles"),), spent, "pJ"))
        elif what != "leak":
            level = [memory.name for memory in architecture.memories].index(component)
            moved = work.traffic.get(what) or work.traffic[f"{work.name}.{what}"]
            if words := float(sum(moved.level(level))):
                factors = ((words, "words"), (spent / words, "pJ on average"))
                found.append(Product(f"{component} ↔ {what}", factors, spent, "pJ"))
    busy = ((name, cycles) for name, cycles in work.busy.items() if cycles)
    whole = "cycles over all tiles"
    return found + [Product(f"{name} busy", ((each, whole),), each, "cycles") for name, each in busy]


def _taken(words: Traffic, level: int, memory: Memory) -> tuple[float, float]:
    """(read, written): words of the memory."""
    reads, writes = words.level(level)
    each = share(words.bits, memory)
    return reads * each, writes * each


def _accesses(
    memory: Memory, tensor: str, traffic: Traffic, level: int, energies: EnergyTable
) -> list[Product]:
    found = []
    taken = share(traffic.bits, memory)
    for action, words in zip(("read", "update"), traffic.level(level), strict=True):
        if words:
            each = action_energy(energies, memory.name, action)
            wide = ((taken, "of the memory's words"),) if taken != 1 else ()
            row = ((float(memory.block_size), "/words a row"),) if memory.block_size > 1 else ()
            factors = ((float(words), "words"), *wide, *row, (each, "pJ"))
            value = words * taken / memory.block_size * each
            found.append(Product(f"{memory.name} ↔ {tensor} {action}", factors, value, "pJ"))
    return found


def _busy(memory: Memory, reads: float, writes: float) -> list[Product]:
    """The port of a memory that is busy longest; none where bandwidth is unlimited."""
    cycles = port_cycles(memory, reads, writes)
    for kind, words, width in memory.ports(reads, writes):
        if cycles and words / width == cycles:
            factors = ((float(words), kind), (width, "/words/cycle"))
            return [Product(f"{memory.name} busy", factors, cycles, "cycles")]
    return []


def _busy_share(memory: Memory, reads: float, writes: float, cycles: float) -> list[Product]:
    """The port of a memory's busiest instance that is busy longest."""
    if not cycles:
        return []
    every = [(words / width, kind, words, width) for kind, words, width in memory.ports(reads, writes)]
    longest, kind, words, width = max(every, key=lambda port: port[0])
    share = cycles / longest
    part = ((share, "of them at the busiest instance"),) if abs(share - 1) > 1e-12 else ()
    factors = ((float(words), kind), *part, (width, "/words/cycle"))
    return [Product(f"{memory.name} busy", factors, cycles, "cycles")]


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == round(value) else f"{value:,g}"
