"""What an operator's chains cost under each skeleton, and its tables of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from flat_plugin.mapspace.search.axes import Axis
from flat_plugin.mapspace.search.kinds import Way
from flat_plugin.mapspace.search.menu import Menu
from flat_plugin.mapspace.search.operator import Operator
from flat_plugin.mapspace.search.skeleton import OUTSIDE, Skeleton
from flat_plugin.mapspace.search.tables import Chains, Figures, Room, Table
from flat_plugin.model.mapping_batch import Array


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
        capacity: tuple[float, ...],
        held: Sequence[Array],
        meeting: int,
        *about: object,
    ) -> Table:
        """One skeleton's tiles and what they cost at least.

        Args:
            ways: of each tensor under it.
            axes: the chains of each tensor's axis.
            menu: the choices inside.
            capacity: words of each shared memory.
            held: words that the scores take in memory ``meeting``, by chain of each axis.
            about: what tells these axes from others of the operator.
        """
        a, b, c = (
            self.chains(skeleton, t, way, axis, held[t], menu, about)
            for t, (way, axis) in enumerate(zip(ways, axes, strict=True))
        )
        nothing = (0.0, 0.0)
        if skeleton.stays < 0:
            nothing = menu.least, menu.rough.moved
        rooms = self._rooms(skeleton.keep, capacity, meeting)
        return Table((a, b, c), (*rooms, *self._in_units(skeleton)), *nothing)

    def chains(
        self, skeleton: Skeleton, t: int, way: Way, axis: Axis, held: Array, menu: Menu, about: object = None
    ) -> Chains:
        """What the chains of one axis cost under a skeleton; the same where skeletons differ elsewhere."""
        inside = None
        if skeleton.stays == t:
            inside = menu, skeleton.staying()
        key = t, way, inside, about
        if key not in self._chains:
            self._chains[key] = self._priced(t, axis, held, way, inside)
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

    def _rooms(
        self, keep: tuple[tuple[bool, ...], ...], capacity: tuple[float, ...], meeting: int
    ) -> tuple[Room, ...]:
        key = keep, meeting
        if key not in self._kept_rooms:
            rooms = (
                self._room(keep[level - 1], level, words, meeting)
                for level, words in enumerate(capacity, start=1)
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


def changes_of(axis: Axis, place: int) -> Array:
    """[chains] how often a tile comes anew that loops up to a place bring."""
    return np.ones(len(axis)) if place == OUTSIDE else axis.count[place].astype(float)
