"""Menus of earlier searches, kept for the next ones."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import replace
from math import inf

from flat_plugin.architecture.energy_table import EnergyTable
from flat_plugin.architecture.hardware import Architecture
from flat_plugin.mapspace.below import Below
from flat_plugin.mapspace.limits import FREE, Limits
from flat_plugin.mapspace.structure import Structure

_KEPT = 8  # operators
_kept: OrderedDict[Hashable, Below] = OrderedDict()


def below_of(
    structure: Structure,
    architecture: Architecture,
    energies: EnergyTable,
    spanned: int = 1,
    limits: Limits = FREE,
) -> Below:
    """As :class:`Below`, but the menus of the last few operators are kept: they serve other families and
    objectives, and any outermost memory and size of the buffer at the same energies."""
    outer, buffer, *rest = architecture.memories
    room = buffer.capacity if not rest else inf
    inner = (outer.name, replace(buffer, capacity=room), *rest, architecture.compute)
    actions = tuple((name, *sorted(c.actions.items())) for name, c in sorted(energies.components.items()))
    key = structure, inner, actions, spanned, limits
    if key not in _kept:
        _kept[key] = Below(structure, architecture, energies, spanned, limits)
    _kept.move_to_end(key)
    while len(_kept) > _KEPT:
        _kept.popitem(last=False)
    return _kept[key]


def forget_menus() -> None:
    """Keep nothing of earlier searches."""
    _kept.clear()
