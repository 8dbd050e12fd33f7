"""Cores that a mapping leaves without work."""

from __future__ import annotations

from math import prod

from flat_plugin.architecture.hardware import Architecture
from flat_plugin.mapping.fused import FusedMapping


def idle_notes(mapping: FusedMapping, architecture: Architecture) -> list[str]:
    """One note for each memory, of those down to the cores' own, of which instances have no work."""
    notes = []
    for level in range(1, max(mapping.scores, architecture.softmax_level) + 1):
        memory = architecture.memories[level]
        used = {
            name: prod(n for entry in operator.levels[:level] for _, n in entry.spatial_x + entry.spatial_y)
            for name, operator in mapping.operators
        }
        for count in sorted(set(used.values())):
            if count < memory.instances:
                names = [name for name, number in used.items() if number == count]
                of = "" if len(names) == len(used) else f" in {' and '.join(names)}"
                notes.append(
                    f"{memory.instances - count} of {memory.instances} {memory.name} have no work{of}"
                )
    return notes
