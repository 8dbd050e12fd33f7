"""How often tiles come anew across the boundary between a memory and its children.

A dimension's loops are in their last turn whatever those of the others do, so a sum over the visited tiles
is a product of sums over dimensions. A tile stays in place through the loops that do not index its tensor
and lie inside every loop that moves it. A loop with a single iteration in its last turn moves nothing
then: which loops move a tile differs between the last visited one of a dimension and the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from flat_plugin.model.loop_turns import Values, chosen
from flat_plugin.model.visits import Visits

Kind = Mapping[int, bool]  # dimension -> whether it is at its last tile; others may be wherever they are
Sums = Mapping[int, tuple[Values, Values]]  # dimension -> of all tiles but the last visited, and of that


@dataclass(frozen=True)
class Boundary:
    """The children of one level, and the dimensions that index one tensor; ``order`` as in ``Form``."""

    visits: Visits
    order: tuple[tuple[int, ...], ...]
    level: int
    indexing: tuple[int, ...]

    @property
    def free(self) -> tuple[int, ...]:
        """The dimensions that do not index the tensor."""
        return tuple(d for d in sorted(self.order[0]) if d not in self.indexing)

    def words(self, kind: Kind) -> Values:
        """Of all visited tiles of a kind that come anew."""
        sums = {d: self._words(d, kind.get(d)) for d in self.indexing}
        every = multiplied(others + final for others, final in sums.values())
        places = dict.fromkeys(self.free, 0)
        words = every * multiplied(self.runs(0, d, kind.get(d)) for d in self.free)
        for outer, d in self.loops():
            change = self.runs(outer + 1, d, kind.get(d)) - self.runs(outer, d, kind.get(d))
            rest = (self.runs(place, o, kind.get(o)) for o, place in places.items() if o != d)
            words = words + multiplied((change, every - self.held(outer, d, sums), *rest))
            places[d] = outer + 1
        return words

    def loops(self) -> Iterator[tuple[int, int]]:
        """(level, dimension) of the temporal loops that do not index the tensor, outermost first."""
        for outer in range(self.level + 1):
            for d in reversed(self.order[outer]):
                if d not in self.indexing and not self.visits.nest.temporal[outer][d].absent:
                    yield outer, d

    def runs(self, outer: int, d: int, last: bool | None = None) -> Values:
        """How often the tile of a dimension is visited by the loops outside level ``outer``, those inside at
        their first iteration; when it is then the last (or not; or whichever it is)."""
        runs = self.visits.runs(outer, d)
        if last is None:
            return runs
        at_last = self.visits.visited[self.level][d].last * self.visits.still(outer, self.level, d, True)
        return at_last if last else runs - at_last

    def held(self, outer: int, d: int, sums: Sums) -> Values:
        """The sum over tiles that no loop inside that of ``outer`` over ``d`` moves."""
        inner = self.order[outer][: self.order[outer].index(d)]
        parts = []
        for o, (others, final) in sums.items():
            begin = outer if o in inner else outer + 1
            others = others * self.visits.still(begin, self.level, o, False)
            parts.append(others + final * self.visits.still(begin, self.level, o, True))
        return multiplied(parts)

    def _words(self, d: int, last: bool | None) -> tuple[Values, Values]:
        one = self.visits.visited[self.level][d]
        full, short = one.extent * one.children, one.last_extent * one.last_children
        others, final = self.tiles(d, last)
        last_words = chosen(one.last if last is None else last, short, full)
        return others * full, final * last_words

    def tiles(self, d: int, last: bool | None) -> tuple[Values, Values]:
        """Visited tiles but the last visited, and that one; of the last tile or of those that are not."""
        one = self.visits.visited[self.level][d]
        if last is None:
            return one.tiles - 1, 1.0
        return (0.0, one.last) if last else (one.tiles - 1, 1 - one.last)


def multiplied(factors: Iterable[Values]) -> Values:
    total: Values = 1.0
    for factor in factors:
        if not isinstance(factor, float):
            total = factor if isinstance(total, float) and total == 1 else total * factor
        elif factor != 1:
            total = total * factor
    return total
