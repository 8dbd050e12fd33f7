"""A cache of the menus of recent operators, for later searches."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from math import inf, isfinite
from typing import Any

from flat_plugin.architecture.energy_table import ComponentEnergy, EnergyTable
from flat_plugin.architecture.hardware import Architecture, Memory
from flat_plugin.mapspace.below_buffer import Below
from flat_plugin.mapspace.limits import FREE, Limits
from flat_plugin.mapspace.structure import Structure

Actions = tuple[tuple[str, tuple[tuple[str, float], ...]], ...]  # pJ of each action, by component


def below_of(
    structure: Structure,
    architecture: Architecture,
    energies: EnergyTable,
    spanned: int = 1,
    limits: Limits = FREE,
) -> Below:
    """As :class:`Below`. What it keeps serves other families and objectives, and any outermost memory,
    softmax unit, and size and bandwidth of the buffer at the same energies, for menus depend on none of
    these."""
    return _below(structure, *what_decides(architecture, energies), spanned, limits)


def what_decides(architecture: Architecture, energies: EnergyTable) -> tuple[Architecture, Actions]:
    """What of a chip menus depend on: chips that are equal in it share them."""
    outer, buffer, *rest = architecture.memories
    buffer = _of_any_size(buffer) if rest else buffer
    inner = Architecture(
        "", (Memory(outer.name, outer.kind, outer.word_bits), buffer, *rest), architecture.compute
    )
    names = {part.name for part in (*inner.memories, inner.compute)}
    actions = tuple(
        (name, tuple(each.actions.items()))
        for name, each in sorted(energies.components.items())
        if name in names
    )
    return inner, actions


def _of_any_size(buffer: Memory) -> Memory:
    """A buffer of which only whether a bandwidth is limited is known."""
    ports = ("shared_bandwidth", "read_bandwidth", "write_bandwidth")
    limited: dict[str, Any] = {name: 1.0 for name in ports if isfinite(getattr(buffer, name))}
    return replace(buffer, capacity=inf, **limited)


@lru_cache(maxsize=16)
def _below(
    structure: Structure, architecture: Architecture, actions: Actions, spanned: int, limits: Limits
) -> Below:
    energies = EnergyTable({name: ComponentEnergy(dict(each)) for name, each in actions})
    return Below(structure, architecture, energies, spanned, limits)


def forget_menus() -> None:
    """Keep nothing of earlier searches."""
    _below.cache_clear()
