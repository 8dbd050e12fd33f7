"""Levels that hold nothing: they only spread or order loops, and a chip is the same without them."""

from __future__ import annotations

import re
from dataclasses import replace

from flat_plugin.architecture.hardware import Architecture, Compute, Memory

_DUMMY = re.compile(r"inter_(?P<array>.+)_spatial")


def without_dummies(architecture: Architecture) -> Architecture:
    """The architecture without levels that hold nothing; what they fan out to hangs below the level above.

    Their names stay as names of that fan-out, for constraints and mappings.
    """
    parts: list[Memory | Compute] = []
    waiting: tuple[str, ...] = ()
    left_out, fan_outs = [], 0
    for part, fan_out in zip(architecture.parts, architecture.fanouts, strict=True):
        fan_outs += fan_out != (1, 1)
        if isinstance(part, Memory) and part.holds_nothing:
            left_out.append(part.name)
            waiting += (*part.arrays, dummy_array(part.name) or part.name)
            continue
        if waiting:
            arrays = tuple(dict.fromkeys((*waiting, *part.arrays)))
            part = replace(part, arrays=arrays, merged=arrays if fan_outs > 1 else ())
        waiting, fan_outs = (), 0
        parts.append(part)
    *memories, compute = parts
    if not left_out or not memories:
        return architecture
    names = ", ".join(left_out)
    note = f"{names} hold{'s' if len(left_out) == 1 else ''} nothing and {_are(left_out)} left out"
    return replace(
        architecture,
        memories=tuple(memory for memory in memories if isinstance(memory, Memory)),
        compute=compute if isinstance(compute, Compute) else architecture.compute,
        notes=(*architecture.notes, note),
    )


def dummy_array(name: str) -> str | None:
    """The container that a dummy level of timeloopfe stands for: ``inter_PE_spatial`` is of ``PE``."""
    match = _DUMMY.fullmatch(name)
    return match["array"] if match else None


def _are(names: list[str]) -> str:
    return "is" if len(names) == 1 else "are"
