"""What an operator's chains cost under each skeleton, and its tables of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from flat_plugin.mapspace.search.alike import ways_of
from flat_plugin.mapspace.search.axes import Axis
from flat_plugin.mapspace.search.kinds import Kinds, Way
from flat_plugin.mapspace.search.menu import Menu
from flat_plugin.mapspace.search.operator import Operator
from flat_plugin.mapspace.search.skeleton import OUTSIDE, Skeleton
from flat_plugin.mapspace.search.tables import Chains, Figures, Room, Table
from flat_plugin.model.mapping_batch import Array


@dataclass(frozen=True)
class Memories:
    """What the shared memories have room for.

    Attributes:
        capacity: words of each shared memory.
        meeting: the memory that holds the scores; 0 where none does.
        held: of each axis, [chains] words that the scores take there, at least.
    """

    capacity: tuple[float, ...]
    meeting: int
    held: tuple[Array, ...]


class Priced:
    """The tables of one operator. What skeletons have in common is worked out once."""

    def __init__(self, operator: Operator) -> None:
        self.operator = operator
        self._chains: dict[object, Chains] = {}
        self._kept_rooms: dict[object, tuple[Room, ...]] = {}

    def cheapest(self, t: int, axis: Axis, way: Way) -> float:
        """pJ that a tensor's tiles cost at least outside the units."""
        return self._priced(t, axis, np.zeros(len(axis)), way, None).cheapest

    def forget(self) -> None:
        """Drop what is remembered of chains: their menus are about to be made anew."""
        self._chains.clear()

    def table(
        self,
        skeleton: Skeleton,
        ways: Sequence[Way],
        axes: Sequence[Axis],
        menu: Menu,
        memories: Memories,
        *about: object,
    ) -> Table:
        """One skeleton's tiles and what they cost at least.

        Args:
            ways: of each tensor under it.
            axes: the chains of each tensor's axis.
            menu: the choices inside.
            about: what tells these axes from others of the operator.
        """
        place = skeleton.staying()
        a, b, c = (
            self._one_way(
                t, way, axis, memories.held[t], (menu, place) if t == skeleton.stays else None, about
            )
            for t, (way, axis) in enumerate(zip(ways, axes, strict=True))
        )
        rooms = self._rooms(skeleton.keep, memories)
        return Table((a, b, c), (*rooms, *self._in_units(skeleton)), *_anyway(skeleton, menu))

    def table_of_alike(
        self,
        kinds: Kinds,
        numbers: Array,
        axes: Sequence[Axis],
        menu: Menu,
        memories: Memories,
    ) -> Table:
        """Tiles of skeletons that keep the same, and what these cost at least under any of them."""
        first = kinds.skeletons[numbers[0]]
        a, b, c = (
            self._cheapest_chains(
                t, ways_of(kinds, numbers, t), axis, memories.held[t], menu if t == first.stays else None
            )
            for t, axis in enumerate(axes)
        )
        return Table((a, b, c), self._rooms(first.keep, memories), *_anyway(first, menu))

    def _one_way(
        self,
        t: int,
        way: Way,
        axis: Axis,
        held: Array,
        inside: tuple[Menu, int] | None,
        about: object = None,
    ) -> Chains:
        """What the chains of one axis cost; the same where skeletons differ elsewhere.

        Args:
            inside: where the tensor stays in the units, the choices there and the place that it stays for.
        """
        key = t, way, inside, about
        if key not in self._chains:
            self._chains[key] = self._priced(t, axis, held, way, inside)
        return self._chains[key]

    def _cheapest_chains(
        self, t: int, ways: frozenset[tuple[Way, int]], axis: Axis, held: Array, menu: Menu | None
    ) -> Chains:
        """The chains of one axis with what they cost at least under any of these ways."""
        key = t, ways, menu
        if key not in self._chains:
            energy, words = np.full((2, len(axis)), np.inf)
            for way, place in ways:
                one = self._one_way(t, way, axis, held, (menu, place) if menu else None)
                for least, found in ((energy, one.figures.energy), (words, one.figures.words)):
                    least[one.columns] = np.minimum(least[one.columns], found)
            columns = np.flatnonzero(np.isfinite(energy))
            figures = Figures(energy[columns], words[columns], held[columns])
            self._chains[key] = Chains(axis.take(columns), columns, figures, np.zeros(len(columns)))
        return self._chains[key]

    def _priced(
        self,
        t: int,
        axis: Axis,
        held: Array,
        way: Way,
        inside: tuple[Menu, int] | None,
    ) -> Chains:
        fits = np.ones(len(axis), dtype=bool)
        for place, allowed in enumerate(way.free):
            if not allowed:
                fits &= (axis.trips[place] == 1).all(axis=0)
        for place in way.turning:  # or else other loops are innermost there, which is another skeleton
            fits &= (axis.trips[place] > 1).any(axis=0)
        columns = np.flatnonzero(fits)
        chosen = axis.take(columns)
        figures, always = [np.zeros(len(chosen)), np.zeros(len(chosen))], [0.0, 0.0]
        for move in way.moves:
            self._boundary(t, move, chosen, figures, always)
        within = np.zeros(len(chosen))
        if inside is not None:
            menu, place = inside
            count = changes_of(chosen, place)
            within = menu.least + menu.rough.word * count
            figures[0] += within
            figures[1] += menu.rough.word_moved * count + menu.rough.moved
        made = Figures(figures[0] + always[0], figures[1] + always[1], held[columns])
        return Chains(chosen, columns, made, within)

    def _boundary(
        self, t: int, move: tuple[int, int, int], axis: Axis, figures: list[Array], always: list[float]
    ) -> None:
        """What a tensor's way into a memory costs."""
        level, parent, place = move
        if parent < 0:
            return
        op, prices, count = self.operator, self.operator.prices, changes_of(axis, place)
        words, output = op.words[t], t == op.structure.output
        fill = prices.write[level] * op.copies_at(t, level)
        read, update = (p[parent] * op.copies_at(t, parent) for p in (prices.read, prices.update))
        figures[0] += words * count * (read + fill + (update if output else 0.0))
        if output:
            always[0] -= words * (read + fill)
        if parent == 0:
            figures[1] += words * count * (2.0 if output else 1.0)
            always[1] -= words if output else 0.0

    def _in_units(self, skeleton: Skeleton) -> list[Room]:
        """The room of all units together, if they hold the whole tile of what stays."""
        if not skeleton.whole:
            return []
        op = self.operator
        words = op.units.words_in_units(skeleton.stays)
        copies = [1.0 if t == skeleton.stays else 0.0 for t in range(len(op.structure.missing))]
        return [Room(len(op.places) - 1, words, (copies[0], copies[1], copies[2]))]

    def _rooms(self, keep: tuple[tuple[bool, ...], ...], memories: Memories) -> tuple[Room, ...]:
        key = keep, memories.meeting
        if key not in self._kept_rooms:
            rooms = (
                self._room(keep[level - 1], level, words, memories.meeting)
                for level, words in enumerate(memories.capacity, start=1)
            )
            self._kept_rooms[key] = tuple(room for room in rooms if room is not None)
        return self._kept_rooms[key]

    def _room(self, keep: tuple[bool, ...], level: int, words: float, meeting: int) -> Room | None:
        op = self.operator
        copies = [op.role.copies[level - 1][t] * kept for t, kept in enumerate(keep)]
        copies = [c * op.spread.batch_inside(level) for c in copies]
        if not any(copies) and level != meeting:
            return None
        return Room(op.place_outside(level), words, (copies[0], copies[1], copies[2]), level == meeting)


def _anyway(skeleton: Skeleton, menu: Menu) -> tuple[float, float]:
    """pJ and words of the outermost memory that the choices inside take, whatever the tiles."""
    return (menu.least, menu.rough.moved) if skeleton.stays < 0 else (0.0, 0.0)


def changes_of(axis: Axis, place: int) -> Array:
    """[chains] how often a tile comes anew that loops up to a place bring."""
    return np.ones(len(axis)) if place == OUTSIDE else axis.count[place].astype(float)
