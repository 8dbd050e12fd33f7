"""``timeloop-model.stats.txt`` (and the mapper's) as an :class:`OperatorResult`.

Timeloop prints counts and cycles in full and energies in pJ with two decimals, so that an energy
is exact to 0.005 pJ a line. The total is therefore the sum of the levels, not the summary's µJ.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from math import isfinite

from flat_plugin.architecture.hardware import Architecture
from flat_plugin.errors import FlatError
from flat_plugin.mapping.nest import LevelMapping, OperatorMapping
from flat_plugin.model.mixed_mappings import computes_of
from flat_plugin.model.operator import LevelResult, OperatorResult, TensorCounts
from flat_plugin.workload.einsum import Einsum

# A tensor's lines, and the attribute of TensorCounts that each is.
COUNTS = {
    "Scalar reads (per-instance)": "reads",
    "Scalar fills (per-instance)": "fills",
    "Scalar updates (per-instance)": "updates",
    "Temporal reductions (per-instance)": "temporal_reductions",
    "Utilized instances (max)": "utilized_instances",
    "Utilized capacity": "utilized_capacity",
}
_BLOCK = re.compile(r"^Level \d+\n-+\n", re.MULTILINE)
_TITLE = re.compile(r"^=== (.+) ===\s*$", re.MULTILINE)
_TENSOR = re.compile(r" {4}(\w+):\s*")
_LINE = re.compile(r"\s+(\S.*?)\s*: (\S+)")
_ENERGIES = (
    "Energy (total)",
    "Temporal Reduction Energy (total)",
    "Address Generation Energy (total)",
)
_ROUNDING_UJ = 0.0051  # the summary's energy has two decimals

Entries = dict[str, str]


@dataclass(frozen=True)
class PrintedLevel:
    """One ``=== name ===`` block: its own lines, and those of each tensor, as printed."""

    name: str
    entries: Entries = field(default_factory=dict)
    tensors: dict[str, Entries] = field(default_factory=dict)


@dataclass(frozen=True)
class PrintedStats:
    """A statistics file; levels innermost first. The summary's energy in µJ."""

    levels: dict[str, PrintedLevel]
    cycles: int
    computes: int
    energy_uj: float


def read_stats(
    text: str, einsum: Einsum, architecture: Architecture, mapping: OperatorMapping | None = None
) -> OperatorResult:
    """The result of one operator.

    Args:
        mapping: what was evaluated. Timeloop counts more computes than there are operations where last
            turns are shorter and unrolled; and it prints no level that keeps nothing and does not leak.

    Raises:
        FlatError: the text is no statistics file, is incomplete, belongs to another problem or
            architecture, or its levels do not add up to its total.
    """
    printed = parse_stats(text)
    computes = computes_of(einsum, architecture, mapping) if mapping else einsum.operations
    if printed.computes != computes:
        raise FlatError(
            "statistics of another problem",
            path="Computes",
            value=printed.computes,
            expected=f"the {computes} operations of {einsum.name}",
        )
    compute = _compute(_level(printed, architecture.compute.name))
    memories = []
    for memory in reversed(architecture.memories):
        if memory.name not in printed.levels and mapping is not None and _idle(mapping[memory.name], einsum):
            hidden = LevelResult(memory.name, memory.instances, compute.cycles, 1.0, 0.0, 0.0, {})
            memories.append(hidden)
        else:
            memories.append(_memory(_level(printed, memory.name)))
    levels = (compute, *memories)
    energy_pj = sum(level.energy_pj for level in levels)
    if abs(energy_pj / 1e6 - printed.energy_uj) > _ROUNDING_UJ + 1e-9 * printed.energy_uj:
        raise FlatError(
            "the levels do not add up to the total",
            path="Summary Stats.Energy",
            value=f"{printed.energy_uj} uJ",
            expected=f"{energy_pj / 1e6:.2f} uJ",
        )
    return OperatorResult(
        operator=einsum.name,
        cycles=printed.cycles,
        compute_cycles=compute.cycles,
        energy_pj=energy_pj,
        utilization=printed.computes / architecture.compute.instances / printed.cycles,
        computes=printed.computes,
        levels=levels,
    )


def _idle(level: LevelMapping, einsum: Einsum) -> bool:
    return all(tensor.name in level.bypass for tensor in einsum.tensors)


def parse_stats(text: str) -> PrintedStats:
    """What is printed, by level and tensor."""
    body, mark, summary = text.partition("Summary Stats")
    blocks = _BLOCK.split(body.partition("\nNetworks")[0])[1:]
    if not mark or not blocks:
        raise FlatError("no statistics", value=text.strip()[:80] or "an empty file")
    levels = [_parse_level(block) for block in blocks]
    cycles, computes, energy = (
        _found(summary, pattern)
        for pattern in (r"^Cycles: (\S+)", r"^Computes = (\S+)", r"^Energy: (\S+) uJ")
    )
    return PrintedStats(
        {level.name: level for level in levels},
        _integer("Cycles", cycles, least=1),
        _integer("Computes", computes),
        _number("Energy", energy),
    )


def _found(summary: str, pattern: str) -> str:
    match = re.search(pattern, summary, re.MULTILINE)
    if match is None:
        raise FlatError("an incomplete summary", path="Summary Stats", expected=f"a line {pattern}")
    return match[1]


def _parse_level(block: str) -> PrintedLevel:
    title = _TITLE.search(block)
    if title is None:
        raise FlatError("a level without a name", value=block[:80])
    level = PrintedLevel(title[1])
    current = level.entries
    for line in block.splitlines():
        if tensor := _TENSOR.fullmatch(line):
            current = level.tensors.setdefault(tensor[1], {})
        elif entry := _LINE.match(line):
            current[entry[1]] = entry[2]
    return level


def _level(printed: PrintedStats, name: str) -> PrintedLevel:
    try:
        return printed.levels[name]
    except KeyError:
        raise FlatError("no statistics of a level", path=name, expected=" ".join(printed.levels)) from None


def _compute(level: PrintedLevel) -> LevelResult:
    entries, path = level.entries, level.name
    energy = _number(path, _entry(entries, "Energy (total)", path))
    return LevelResult(path, _count(entries, "Instances", path), _cycles(level), 1.0, energy, 0.0, {})


def _memory(level: PrintedLevel) -> LevelResult:
    entries, path = level.entries, level.name
    leakage = _number(path, _entry(entries, "Leakage energy (total)", path))
    tensors = {name: _tensor(lines, f"{path}.{name}") for name, lines in level.tensors.items()}
    return LevelResult(
        name=path,
        instances=_count(entries, "Instances", path),
        cycles=_cycles(level),
        bandwidth_throttling=_number(path, _entry(entries, "Bandwidth throttling", path)),
        energy_pj=sum(counts.energy_pj for counts in tensors.values()) + leakage,
        leakage_pj=leakage,
        tensors=tensors,
    )


def _cycles(level: PrintedLevel) -> int:
    return _count(level.entries, "Cycles", level.name)


def _tensor(entries: Entries, path: str) -> TensorCounts:
    return TensorCounts(
        **{attribute: _count(entries, label, path) for label, attribute in COUNTS.items()},
        energy_pj=sum(_number(path, _entry(entries, label, path)) for label in _ENERGIES),
    )


def _count(entries: Entries, label: str, path: str) -> int:
    return _integer(f"{path}.{label}", _entry(entries, label, path))


def _entry(entries: Entries, label: str, path: str) -> str:
    try:
        return entries[label]
    except KeyError:
        raise FlatError("a missing line", path=path, expected=label) from None


def _integer(path: str, text: str, least: int = 0) -> int:
    if not text.isdecimal() or int(text) < least:
        raise FlatError("not a count", path=path, value=text)
    return int(text)


def _number(path: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not isfinite(value):
        raise FlatError("not a number", path=path, value=text)
    return value
