"""What each component of an architecture is to hwcomponents: which of its models, with what attributes.

Register files and the softmax unit, which it does not have, are put together from its registers,
comparators, adders and multipliers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil, isfinite, log2

from flat_plugin.architecture.component import as_number, positive
from flat_plugin.architecture.energy_table import ComponentEnergy
from flat_plugin.architecture.hardware import Architecture, Compute, Memory, SoftmaxUnit
from flat_plugin.architecture.read import technology_name
from flat_plugin.energy.plug_in.flat_arithmetic import Part, nanometres
from flat_plugin.energy.plug_in.flat_softmax_energy import composed
from flat_plugin.energy.softmax import softmax_component, word_bits
from flat_plugin.errors import FlatError
from flat_plugin.timeloop.components import binary_components


@dataclass(frozen=True)
class Query:
    """One model: its name, its attributes (SI units), and the actions to ask for."""

    model: str
    attributes: Mapping[str, object]
    actions: Sequence[str]
    arguments: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """pJ per action, watts, µm²; ``model`` is the package and the class that answered."""

    energy_pj: Mapping[str, float]
    leak_watts: float
    area_um2: float
    model: str

    def part(self, action: str, cycle_seconds: float) -> Part:
        return Part(self.energy_pj[action], self.leak_watts * cycle_seconds * 1e12, self.area_um2)


@dataclass(frozen=True)
class Request:
    """A component as one of hwcomponents' models, or more."""

    name: str
    queries: tuple[Query, ...]

    def put_together(self, answers: Sequence[Answer], cycle_seconds: float) -> ComponentEnergy:
        """The component's entry from the answers to its queries, in their order."""
        answer = answers[0]
        actions = dict(answer.energy_pj)
        if "write" in actions:
            actions["update"] = actions["write"]
        actions["leak"] = answer.leak_watts * cycle_seconds * 1e12
        return ComponentEnergy(actions, answer.area_um2, answer.model)


@dataclass(frozen=True)
class _RegisterFile(Request):
    """Rows of registers, each with a comparator of its address."""

    depth: float

    def put_together(self, answers: Sequence[Answer], cycle_seconds: float) -> ComponentEnergy:
        register, compare = answers[0], answers[1].part("compare", cycle_seconds) * self.depth
        row = register.part("read", cycle_seconds)
        energies = {name: energy + compare.energy_pj for name, energy in register.energy_pj.items()}
        return ComponentEnergy(
            {**energies, "update": energies["write"], "leak": row.leak_pj * self.depth + compare.leak_pj},
            row.area_um2 * self.depth + compare.area_um2,
            f"{register.model} and comparators",
        )


@dataclass(frozen=True)
class _Softmax(Request):
    unit: SoftmaxUnit

    def put_together(self, answers: Sequence[Answer], cycle_seconds: float) -> ComponentEnergy:
        parts = [
            answer.part(query.actions[0], cycle_seconds)
            for answer, query in zip(answers, self.queries, strict=True)
        ]
        unit = composed(parts, self.unit.lanes)
        made_of = "comparators, adders and multipliers of hwcomponents_library"
        return softmax_component(self.unit, unit, made_of)


def requests(architecture: Architecture) -> list[Request]:
    """One a component: memories, compute, softmax unit."""
    attributes = {part.name: part.attributes for part in binary_components(architecture)}
    found = [_memory(part, architecture, attributes[part.name]) for part in architecture.memories]
    found.append(_compute(architecture.compute, architecture, attributes[architecture.compute.name]))
    if architecture.softmax is not None:
        found.append(_softmax(architecture.softmax, architecture))
    return found


def _memory(memory: Memory, architecture: Architecture, attributes: Mapping[str, object]) -> Request:
    node = _node(memory.attributes, architecture)
    bits = memory.word_bits * memory.block_size * memory.cluster_size
    actions = ("read", "write")
    if memory.kind == "DRAM":
        model = f"dram_{str(memory.attributes.get('type')).lower()}"
        return Request(memory.name, (Query(model, {}, actions, {"bits_per_action": bits}),))
    if not isfinite(memory.capacity):
        raise FlatError(f"{memory.name}: an unbounded {memory.kind} has no energy", expected="its depth")
    depth = attributes.get("depth")
    if not isinstance(depth, int):
        raise FlatError(
            f"{memory.name}: hwcomponents knows memories of whole rows only",
            value=f"{memory.capacity:g} words",
            expected=f"a multiple of {memory.block_size}",
        )
    if memory.kind == "regfile":
        address = {**node, "width": max(1, ceil(log2(depth)))}
        queries = (
            Query("register", {**node, "width": bits}, actions, {"bits_per_action": bits}),
            Query("comparator", address, ("compare",)),
        )
        return _RegisterFile(memory.name, queries, depth)
    if memory.kind == "SRAM":
        # Its size and not its depth: hwcomponents-cacti 1.0.40 fails when it is given the depth.
        own = {**node, "width": bits, "size": bits * depth, **_banks_and_ports(memory)}
        return Request(memory.name, (Query("sram", own, actions),))
    return Request(memory.name, (Query(memory.kind.lower(), {**_plain(attributes), **node}, actions),))


def _compute(compute: Compute, architecture: Architecture, attributes: Mapping[str, object]) -> Request:
    node = _node(compute.attributes, architecture)
    if compute.kind == "intmac":
        bits = positive(attributes, "width")
        widths = {"adder_width": bits, "multiplier_width": bits}
        return Request(compute.name, (Query("intmac", {**node, **widths}, ("compute",)),))
    query = Query(compute.kind.lower(), {**_plain(attributes), **node}, ("compute",))
    return Request(compute.name, (query,))


def _softmax(unit: SoftmaxUnit, architecture: Architecture) -> Request:
    own = {**_node(unit.attributes, architecture), "width": word_bits(unit, architecture)}
    parts = (("comparator", "compare"), ("adder", "add"), ("multiplier", "multiply"))
    return _Softmax(unit.name, tuple(Query(model, own, (action,)) for model, action in parts), unit)


def _node(attributes: Mapping[str, object], architecture: Architecture) -> dict[str, float]:
    given = attributes.get("technology", architecture.technology)
    return {"tech_node": nanometres(technology_name(given)) * 1e-9}


def _banks_and_ports(memory: Memory) -> dict[str, object]:
    for key in ("n_rd_ports", "n_wr_ports"):
        if as_number(memory.attributes.get(key, 0)) != 0:
            raise FlatError(
                f"{memory.name}: hwcomponents knows ports for reads and writes together only",
                value={key: memory.attributes[key]},
                expected="n_rdwr_ports",
            )
    spellings = {"n_banks": ("n_banks", "num_banks"), "n_rw_ports": ("n_rw_ports", "n_rdwr_ports")}
    found: dict[str, object] = {}
    for name, keys in spellings.items():
        for key in keys:
            if memory.attributes.get(key) is not None:
                found[name] = memory.attributes[key]
    return found


def _plain(attributes: Mapping[str, object]) -> dict[str, object]:
    """What can go through JSON, for a model of the class's own name."""
    return {
        key: value
        for key, value in attributes.items()
        if isinstance(value, str | int) or (isinstance(value, float) and isfinite(value))
    }
