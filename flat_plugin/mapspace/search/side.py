"""One operator of a family under one setting: its skeletons, and what their tiles cost at least."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

import numpy as np

from flat_plugin.mapspace.search.alike import Alike
from flat_plugin.mapspace.search.axes import Axis
from flat_plugin.mapspace.search.fastest import Fastest, fastest_of
from flat_plugin.mapspace.search.floors import floor_of, floors_of
from flat_plugin.mapspace.search.kinds import Kinds, kinds_of
from flat_plugin.mapspace.search.needs import Needs
from flat_plugin.mapspace.search.operator import Operator
from flat_plugin.mapspace.search.parts import Part, outside_of
from flat_plugin.mapspace.search.prepared import alike_of, parts_of
from flat_plugin.mapspace.search.priced import Memories, Priced
from flat_plugin.mapspace.search.shared_loops import Shared
from flat_plugin.mapspace.search.shared_tiles import Tile
from flat_plugin.mapspace.search.tables import WHOLE
from flat_plugin.mapspace.search.units import Units
from flat_plugin.model.mapping_batch import Array

SHARES = np.array([0.25, 0.5, 0.75, 1.0])


class Side:
    """An operator, with the axes along which a family shares loops.

    Args:
        allowed: for every core dimension, the places that may walk it.
        capacity: words of every shared memory.

    Attributes:
        energy: [shares, row tags, key tags] pJ, at least; infinite where the scores do not fit.
        moved: [row tags, key tags] words of the outermost memory, at least.
        least: pJ that nothing goes below, as far as is known.
        alike: skeletons that keep the same, together, that may be part of something better.
        parts: the same skeletons one by one.
        outside: [shares, row tags, key tags] the least pJ of each menu's parts, without what is inside.
    """

    energy: Array
    moved: Array
    least: float

    def __init__(
        self,
        operator: Operator,
        axes: Sequence[Axis],
        allowed: Mapping[int, frozenset[int]],
        shared: Shared,
        needs: Needs,
        capacity: Sequence[float],
    ) -> None:
        self.operator, self.axes, self.allowed = operator, tuple(axes), allowed
        self.shared, self.needs, self.capacity = shared, needs, tuple(capacity)
        self.alike: list[Alike] = []
        self.parts: list[Part] = []
        self.limits = (np.inf, np.inf)
        self.priced, self.outside = Priced(operator), outside_of(self.parts)

    @property
    def units(self) -> Units:
        return self.operator.units

    @cached_property
    def floor(self) -> float:
        """pJ that nothing goes below, before any table is made; infinite where the scores fit nowhere."""
        return floor_of(self.operator, self.kinds) if np.any(self._scores_fit) else np.inf

    @cached_property
    def fewest_steps(self) -> float:
        """Cycles of the array that nothing goes below."""
        return self._fastest.fewest(*self.shared.ranges)

    @cached_property
    def steps(self) -> Array:
        """[row tags, key tags] cycles of the array, at least."""
        return self._fastest.steps(*self.shared.ranges)

    def steps_of(self, rows: Sequence[Tile], keys: Sequence[Tile]) -> Array:
        """[rows, keys] the same with known rows of a shared iteration along each axis; infinite where they
        are more than may be of use."""
        steps = self._fastest.steps_of(rows, keys)
        return np.where(steps <= self.limits[0], steps, np.inf)

    @cached_property
    def _fastest(self) -> Fastest:
        rows, keys = self.walked
        key = self.operator.structure, self.operator.spread.key, rows, keys
        known = self.operator.memory.fastest
        if key not in known:
            known[key] = fastest_of(self.units, rows, keys)
        return known[key]

    @cached_property
    def walked(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Core dimensions that some shared loop walks, of the axes of rows and of keys."""
        index = self.operator.structure.core.index
        rows, keys = (tuple(sorted(map(index, self.shared.walked(axis)))) for axis in (0, 1))
        return rows, keys

    def parts_of(self, dimension: str) -> Array:
        """Rows along a dimension that the choices inside take at once."""
        d = self.operator.structure.core.index(dimension)
        wide = np.unique(self.units.unrolled.wide[d])
        own = [self.units.pads[stays].extents[d] for stays in {part.skeleton.stays for part in self.parts}]
        found = np.multiply.outer(wide, np.unique(np.concatenate([np.ones(1, dtype=np.int64), *own])))
        return np.unique(found[found <= self.units.sizes[d]])

    @cached_property
    def kinds(self) -> Kinds:
        """Every skeleton that may be the best."""
        meeting = self.needs.meeting if self.needs.fused else 0
        return kinds_of(self.operator.roles(self.shared.orders, meeting))

    @cached_property
    def floors(self) -> Array:
        """[skeletons] pJ that nothing goes below, whatever the choices inside."""
        return floors_of(self.priced, self.kinds, self.axes)

    @cached_property
    def memories(self) -> Memories:
        """What the shared memories have room for, with the fewest keys of a shared iteration."""
        keys = min(self.needs.in_iteration(self.needs.keys, ranges) for ranges in self.shared.ranges[1])
        held = self.needs.least_held(self.axes, {}, keys)
        return Memories(self.capacity, self.needs.meeting, tuple(held))

    @property
    def many(self) -> int:
        """Skeletons that were gathered."""
        return sum(len(alike.numbers) for alike in self.alike)

    def begin(self, steps: float) -> None:
        """Leave out choices inside of more cycles of the array, and forget what was found."""
        self.limits, self.least = (steps, np.inf), self.floor
        self.alike, self.parts = [], []
        self.priced.forget()

    def gather(self, energy: float) -> None:
        """Bound skeletons that keep the same together, of at most so many pJ."""
        self.limits = self.limits[0], energy
        self.alike = list(alike_of(self, energy))
        self.rewind()

    def rewind(self) -> None:
        """Be as after gathering: what was left out since may be asked for again."""
        self.least = min((alike.least for alike in self.alike), default=np.inf)

    def prepare(self, energy: float) -> None:
        """Make the tables of those that may cost no more than so many pJ."""
        alike = [each for each in self.alike if each.least <= energy]
        self.parts = list(parts_of(self, alike, energy))
        self.narrow(energy)

    def narrow(self, energy: float) -> None:
        """Leave out the parts that cost more."""
        self.parts = [part for part in self.parts if part.promising(energy)]
        self.outside = outside_of(self.parts)
        shape = (len(self.shares), *self.shared.shape)
        self.energy = np.where(self._scores_fit, _least((p.energy for p in self.parts), shape), np.inf)
        self.moved = _least((p.words for p in self.parts), shape[1:])
        self.least = min((float(part.energy[-1].min()) for part in self.parts), default=np.inf)

    @property
    def shares(self) -> Array:
        """Parts of the room that the scores leave; fused operators have it together."""
        return SHARES if self.needs.fused else WHOLE

    @cached_property
    def _scores_fit(self) -> Array:
        """[row tags, key tags] whether the memory where the operators meet has room for the scores."""
        scores = self.needs.least_scores(self.shared.ranges)
        return scores <= (self.capacity[self.needs.meeting - 1] if self.needs.fused else np.inf)

    def cheapest(self, rows: int, keys: int, energy: Array, moved: float) -> list[Part]:
        """The skeletons whose tiles with these shared loops may cost no more with some share."""
        parts = [p for p in self.parts if (p.energy[:, rows, keys] <= energy).any()]
        return [p for p in parts if p.words[rows, keys] <= moved]


def _least(arrays: Iterable[Array], shape: tuple[int, ...]) -> Array:
    """The least of arrays that are like this shape, one after the other: together they may take gigabytes."""
    found = np.full(shape, np.inf)
    for array in arrays:
        np.minimum(found, array, out=found)
    return found
