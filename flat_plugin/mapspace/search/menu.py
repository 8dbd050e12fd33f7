"""The choices inside of one kind: bounds of all at once, and those that may be good enough one by one."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from flat_plugin.mapspace.objective import staircase
from flat_plugin.mapspace.search.divided import Divided
from flat_plugin.mapspace.search.extents import Extents, extents_of
from flat_plugin.mapspace.search.inside import Inside
from flat_plugin.mapspace.search.lines import Lines
from flat_plugin.mapspace.search.rough import Bounds, Rough
from flat_plugin.model.mapping_batch import Array

_GROUPS = 24  # of choices with about as many cycles, in an outline
_ROUNDING = 1 + 1e-9
_WIDER = 1.05  # of the pJ that are asked for, so that asking for a little more finds them made


@dataclass(frozen=True)
class Choices:
    """Lines, and their extents."""

    lines: Lines
    extents: Extents


@dataclass(frozen=True, eq=False)
class Menu:
    """Choices inside of so many cycles of the array and pJ at most, for some rows of a shared iteration.
    A menu equals itself alone, so that what is remembered of it is of no other."""

    inside: Inside
    stays: int
    limits: tuple[float, float]
    tile: Divided
    bounds: Bounds
    _made: dict[str, tuple[Array, Choices]] = field(default_factory=dict)

    @cached_property
    def rough(self) -> Rough:
        return self.bounds.of(self.tile.tile, *self.limits)

    @property
    def empty(self) -> bool:
        return not len(self.rough)

    @cached_property
    def least(self) -> float:
        """pJ in any case, at least."""
        return float(self.rough.base.min(initial=np.inf))

    @cached_property
    def outline(self) -> tuple[Array, Array]:
        """Cycles of the array and pJ in any case, at least: a few pairs that no choice beats."""
        found = []
        order = np.argsort(self.rough.steps, kind="stable")
        for near in np.array_split(order, _GROUPS):
            if len(near):
                found.append((self.rough.steps[near[0]], self.rough.base[near].min()))
        pairs = np.array(found).reshape(-1, 2)
        steps, base = pairs[staircase(pairs)].T
        return steps, base

    def choices(self, energy: Array) -> Choices:
        """The choices that cost no more in any case, and maybe some that cost a little more.

        Args:
            energy: pJ at most, for each of the cycles of ``tile.fewest_steps``.
        """
        known, energy = self._made.get("made"), np.minimum(energy, self.limits[1])
        if known is None or (known[0] < energy).any():
            most = np.where(energy > 0, np.minimum(energy * _WIDER, self.limits[1]), energy)
            most = most if known is None else np.maximum(most, known[0])
            lines = self.inside.lines(self.stays, most[self.tile.fewest_steps[1]], self.tile)
            self._made["made"] = most, Choices(lines, extents_of(self._rows(lines), lines))
        return self._made["made"][1]

    def divided(self, tile: Divided, energy: float) -> Menu:
        """The same choices for known rows of a shared iteration, of at most so many pJ."""
        limits = self.limits[0], min(self.limits[1], energy * _ROUNDING)
        return Menu(self.inside, self.stays, limits, tile, self.bounds)

    def _rows(self, lines: Lines) -> Array:
        wide = self.inside.unrolled.wide[:, lines.beside]
        return wide * self.inside.pads[self.stays].extents[:, lines.kept]
