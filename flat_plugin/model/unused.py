"""What a mapping leaves unused: memory levels, instances of them (cores, arrays), softmax units."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from flat_plugin.architecture.hardware import Architecture
from flat_plugin.mapping.fused import FusedMapping
from flat_plugin.mapping.nest import OperatorMapping
from flat_plugin.model.operator import OperatorResult
from flat_plugin.model.operator_work import Work


def unused_notes(
    architecture: Architecture,
    mapping: FusedMapping,
    results: Sequence[OperatorResult],
    works: Sequence[Work],
) -> list[str]:
    """A sentence for each thing; nothing where all is used."""
    return [
        *_empty(architecture, results),
        *_without_work(architecture, mapping),
        *_softmax(architecture, mapping, works),
    ]


def _empty(architecture: Architecture, results: Sequence[OperatorResult]) -> list[str]:
    """Memories in which no operator keeps anything."""
    names = [m.name for m in architecture.memories if not any(result[m.name].tensors for result in results)]
    return [f"{', '.join(names)}: not used, no operator keeps anything there"] if names else []


def _without_work(architecture: Architecture, mapping: FusedMapping) -> list[str]:
    """Instances that lie idle, where more of them do than follows from the level above."""
    notes = []
    parts = architecture.parts
    for level in range(1, len(parts)):
        here, above = parts[level].instances, parts[level - 1].instances
        used = {name: _used(nest, level) for name, nest in mapping.operators}
        idle = {
            name: here - count
            for name, count in used.items()
            if count * above < here * _used(mapping[name], level - 1)
        }
        for count in sorted(set(idle.values())):
            names = [name for name, number in idle.items() if number == count]
            notes.append(f"{count:,} of {here:,} {parts[level].name} have no work in {' and '.join(names)}")
    return notes


def _used(nest: OperatorMapping, level: int) -> int:
    """Instances of a part that the loops unrolled above it reach."""
    unrolled = (entry.spatial_x + entry.spatial_y for entry in nest.levels[:level])
    return prod(factor for factors in unrolled for _, factor in factors)


def _softmax(architecture: Architecture, mapping: FusedMapping, works: Sequence[Work]) -> list[str]:
    unit = architecture.softmax
    if unit is None:
        return []
    if not any(unit.name in work.busy for work in works):
        return [f"{unit.name}: not used by softmax"]
    staged = architecture.memories[mapping.scores] if mapping.dataflow.fused else None
    if staged is not None and staged.instances < unit.instances:
        units = unit.instances // staged.instances
        together = f"{units:,} units count as one of {units * unit.lanes:,} lanes"
        return [f"{unit.name}: {together}, for the scores are in {staged.name}"]
    return []
