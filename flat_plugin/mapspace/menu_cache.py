"""A cache of the menus of recent operators, for later searches."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from math import inf

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
    """As :class:`Below`. What it keeps serves other families and objectives, and any outermost memory and
    size of the buffer at the same energies, for menus depend on neither."""
    outer, buffer, *rest = architecture.memories
    buffer = replace(buffer, capacity=inf) if rest else buffer
    inner = Architecture(
        "", (Memory(outer.name, outer.kind, outer.word_bits), buffer, *rest), architecture.compute
    )
    actions = tuple((name, tuple(c.actions.items())) for name, c in sorted(energies.components.items()))
    return _below(structure, inner, actions, spanned, limits)


@lru_cache(maxsize=8)
def _below(
    structure: Structure, architecture: Architecture, actions: Actions, spanned: int, limits: Limits
) -> Below:
    energies = EnergyTable({name: ComponentEnergy(dict(each)) for name, each in actions})
    return Below(structure, architecture, energies, spanned, limits)


def forget_menus() -> None:
    """Keep nothing of earlier searches."""
    _below.cache_clear()
