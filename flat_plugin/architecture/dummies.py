"""Levels that hold nothing and only spread or order loops: the chip is the same without them."""

from __future__ import annotations

import re
from dataclasses import replace

from flat_plugin.architecture.hardware import Architecture, Compute, FanOut, Memory

_DUMMY = re.compile(r"inter_(?P<array>.+)_spatial")


def without_dummies(architecture: Architecture) -> Architecture:
    """The architecture without levels that hold nothing; what they fan out to hangs below the level above.

    Their names stay as names of that fan-out, for constraints and mappings.
    """
    parts: list[Memory | Compute] = []
    waiting: tuple[str, ...] = ()
    left_out: list[str] = []
    fan_outs: tuple[FanOut, ...] = ()
    above = ""
    for part, (x, y) in zip(architecture.parts, architecture.fanouts, strict=True):
        if above and (x, y) != (1, 1):
            fan_outs += (FanOut((*part.arrays, above), "" if x > 1 and y > 1 else "x" if x > 1 else "y"),)
        above = part.name
        if isinstance(part, Memory) and part.holds_nothing:
            left_out.append(part.name)
            waiting += (*part.arrays, dummy_array(part.name) or part.name)
            continue
        if waiting:
            arrays = tuple(dict.fromkeys((*waiting, *part.arrays)))
            part = replace(part, arrays=arrays, merged=fan_outs if len(fan_outs) > 1 else ())
        waiting, fan_outs = (), ()
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
