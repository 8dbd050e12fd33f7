"""Nests of an operator at full size, drawn at random, and drawn again in part; no code of search or bounds.

For an outermost memory, a buffer below it, and memories of the units of the array below that.
"""

from dataclasses import dataclass, field, replace
from math import prod

from flat_plugin.mapping.last_turns import with_last_turns
from flat_plugin.mapping.nest import LevelMapping, OperatorMapping

NAMES = "SP"  # of the scores


def divisors(number):
    return [d for d in range(1, number + 1) if number % d == 0]


def draw(rng, length, most, divides):
    """A number up to ``most``, small ones as often as large ones."""
    if divides:
        return rng.choice([d for d in divisors(length) if d <= most])
    return rng.choice([1, min(length, int(most ** rng.random()) or 1), min(length, most)])


@dataclass(frozen=True)
class Drawn:
    """How each dimension lies in the memories, the orders of loops, and what passes each memory by."""

    wide: dict = field(default_factory=dict)  # dimension -> (axis, units side by side)
    inner: dict = field(default_factory=dict)
    buffer: dict = field(default_factory=dict)
    order: tuple = ()
    within: tuple = ()
    passed: tuple = ()


class Sampler:
    """Nests of one operator.

    Args:
        rows: dimension -> rows of a shared iteration, heads one after the other; None where nothing is fused.
        whole: whether the buffer keeps all that may come to it; ``held`` is what it keeps anyway.
    """

    def __init__(self, einsum, architecture, rng, *, perfect=False, rows=None, whole=False, held=()):
        self.einsum, self.architecture, self.rng = einsum, architecture, rng
        self.perfect, self.rows = perfect, rows or {}
        self.fused = rows is not None
        self.own = [d for d in einsum.dimensions if d not in "BH"]
        names = [t.name for t in einsum.tensors]
        self.scores = {n for n in names if n in NAMES} if self.fused else set()
        self.free = [n for n in names if not whole and n not in self.scores | {*held}], names

    def drawn(self):
        found = Drawn(order=self.shuffled(), within=self.shuffled(), passed=self.bypass())
        for d in self.own:
            found = self.again(found, d)
        return found

    def again(self, drawn, d):
        """With one dimension drawn anew."""
        tile = self.rows.get(d)
        rest, divides = tile or self.einsum.sizes[d], self.perfect or tile is not None
        axis = self.rng.randrange(2)
        others = prod(n for x, (a, n) in drawn.wide.items() if a == axis and x != d)
        wide = draw(self.rng, rest, max(1, self.architecture.fanout(1)[axis] // others), divides)
        rest = -(-rest // wide)
        inner = draw(self.rng, rest, rest if self.rng.random() < 0.3 else min(rest, 8), divides)
        rest = -(-rest // inner)
        return replace(
            drawn,
            wide={**drawn.wide, d: (axis, wide)},
            inner={**drawn.inner, d: inner},
            buffer={**drawn.buffer, d: draw(self.rng, rest, rest, divides)},
        )

    def changed(self, drawn):
        """With something drawn anew."""
        kind = self.rng.randrange(5)
        if kind == 0:
            return replace(drawn, order=self.shuffled())
        if kind == 1:
            return replace(drawn, passed=self.bypass(), within=self.shuffled())
        for d in self.rng.sample(self.own, self.rng.choice([1, 1, 2])):
            drawn = self.again(drawn, d)
        return drawn

    def shuffled(self):
        return tuple(self.rng.sample(self.own, len(self.own)))

    def bypass(self):
        buffer, units = self.free
        levels = len(self.architecture.memories) - 2
        some = [{n for n in units if self.rng.random() < 0.4} for _ in range(levels)]
        return ({n for n in buffer if self.rng.random() < 0.4}, *some)

    def nest(self, drawn):
        """The nest; None where it is none."""
        sizes, names = self.einsum.sizes, [memory.name for memory in self.architecture.memories]
        outer, shared = {}, {d: sizes[d] for d in sizes if d in "BH"}
        for d in self.own:
            tile = self.rows.get(d)
            inside = drawn.wide[d][1] * drawn.inner[d] * drawn.buffer[d]
            outer[d] = -(-(tile or sizes[d]) // inside)
            shared[d] = -(-sizes[d] // tile) if tile else 1
            if outer[d] > 1 and shared[d] > 1 or (tile and outer[d] * inside != tile):
                return None  # a memory has one loop over a dimension
        loops = [(d, outer[d]) for d in drawn.order if outer[d] > 1]
        loops += [(d, shared[d]) for d in "NMGHB" if shared.get(d, 1) > 1]  # innermost first
        x, y = (tuple((d, n) for d, (a, n) in drawn.wide.items() if a == axis and n > 1) for axis in (0, 1))
        last = tuple((d, drawn.inner[d]) for d in drawn.order)
        levels = [
            LevelMapping(names[0], tuple(loops), bypass=frozenset(self.scores)),
            LevelMapping(
                names[1],
                tuple((d, drawn.buffer[d]) for d in drawn.within),
                x,
                y,
                frozenset(drawn.passed[0]),
            ),
        ]
        for name, passed in zip(names[2:], drawn.passed[1:], strict=True):
            levels.append(LevelMapping(name, last if name == names[-1] else (), bypass=frozenset(passed)))
        nest = OperatorMapping(tuple(levels))
        if self.perfect and any(size != covered(nest, d) for d, size in sizes.items()):
            return None
        return with_last_turns(nest, sizes)


def covered(nest, dimension):
    factors = (
        loop for level in nest.levels for loop in (*level.temporal, *level.spatial_x, *level.spatial_y)
    )
    return prod(n for d, n in factors if d == dimension)
