"""The declared map space of a family: which loops, factors, orders and axes, and how many mappings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import factorial, isinf, prod

from flat_plugin.mapspace.family import Family
from flat_plugin.mapspace.limits import Spread
from flat_plugin.mapspace.operator_side import Side
from flat_plugin.mapspace.optimum import Search, Tally
from flat_plugin.mapspace.outer_tilings import Shared
from flat_plugin.mapspace.structure import divisors

_AXES = {"x": " on x", "y": " on y", "xy": ""}


@dataclass(frozen=True)
class Space:
    """What was searched, and what became of it.

    ``size`` counts mappings as a mapper's map space does: every factorisation, order of loops, axis
    and set of kept tensors, whether it fits or not. ``evaluated`` of them had their figures computed,
    ``pruned`` could not be better, for the ``reasons`` given.
    """

    declaration: tuple[str, ...]
    size: int
    evaluated: int
    reasons: tuple[str, ...]

    @property
    def pruned(self) -> int:
        return self.size - self.evaluated

    def to_dict(self) -> dict[str, object]:
        return {
            "declaration": list(self.declaration),
            "size": self.size,
            "evaluated": self.evaluated,
            "pruned": self.pruned,
            "reasons": list(self.reasons),
        }


UNCOUNTED = Space((), 0, 0, ())  # of a search that was interrupted before it was made


def space_of(searches: list[Search]) -> Space:
    """The space of several families together."""
    tally = sum((search.tally for search in searches), Tally())
    size = sum(_size(search) for search in searches)
    evaluated = min(size, tally.points + tally.pairs)
    return Space(tuple(_declaration(searches)), size, evaluated, _reasons(searches, tally))


def _declaration(searches: Sequence[Search]) -> list[str]:
    """A line for each family and operator; those of lengths that are rounded up differ in these alone."""
    choices = Counter[str]()
    for search in searches:
        choices[_family_text(search.family)] += len(search.family.shared)
    rounded = any(search.lengths for search in searches)
    factors = "factors" if rounded else "perfect factors"
    operators = (_operator_text(side, factors) for search in searches for side in search.sides)
    return [
        *(text.format(count=count) for text, count in choices.items()),
        *([_lengths_text(searches)] if rounded else []),
        *dict.fromkeys(operators),
    ]


def _lengths_text(searches: Sequence[Search]) -> str:
    """Rows and keys that tiles divide: the layer's own, and those that are rounded up."""
    *texts, last = (f"{rows:,} × {keys:,}" for rows, keys in sorted(set(map(_lengths, searches))))
    either = " or ".join([", ".join(texts), last] if texts else [last])
    return f"tiles divide m × n = {either}, and are cut where that is longer than the layer"


def _lengths(search: Search) -> tuple[int, int]:
    structure = search.sides[0].structure
    sizes = dict(zip(structure.core, structure.sizes, strict=True))
    return sizes["M"], sizes["N"]


def _operator_text(side: Side, factors: str) -> str:
    memories = [memory.name for memory in side.architecture.memories]
    core = ", ".join(d.lower() for d in side.structure.core)
    units = bool(side.below.fabric.registers)
    return (
        f"{side.structure.einsum.name}: {factors} of {core} at {memories[0]}, {memories[1]}"
        + (f" and {memories[-1]}" if units else "")
        + f", every order of them; {_unrolled_text(side, memories)}; "
        + (_kept_text(side, memories) if units else f"all kept in {memories[1]}")
    )


def _unrolled_text(side: Side, memories: list[str]) -> str:
    core = side.structure.core
    fanned = [level for level, fan in enumerate(side.below.fabric.fanouts) if fan != (1, 1)]
    spreads = [(level, side.below.limits.spread(level, len(core))) for level in fanned]
    return unrolled_text(core, spreads, memories) or "nothing unrolled"


def unrolled_text(core: Sequence[str], spreads: Sequence[tuple[int, Spread]], memories: Sequence[str]) -> str:
    """What may be unrolled below some memories."""
    texts = []
    for level, spread in spreads:
        names = [
            d.lower() + _bounds_text(spread.least[i], spread.most[i]) + _AXES[spread.axes[i]]
            for i, d in enumerate(core)
            if spread.most[i] > 1
        ]
        either = "" if any(" on " in name for name in names) else ", on x or y"
        texts.append(f"{', '.join(names) or 'nothing'} unrolled below {memories[level]}{either}")
    return "; ".join(texts)


def _bounds_text(least: int, most: float) -> str:
    if least == most:
        return f"={least}"
    return "" if isinf(most) else f"<={most:.0f}"


def _kept_text(side: Side, memories: list[str]) -> str:
    return kept_text(side.structure.names, side.below.limits.keep, memories[-1])


def kept_text(names: Sequence[str], keep: Sequence[bool | None], memory: str) -> str:
    """What the units' memory keeps; ``keep`` is empty where nothing is said."""
    said = dict(zip(names, keep, strict=False))
    free = [name for name in names if said.get(name) is None]
    held = [name for name, kept in said.items() if kept]
    parts = [", ".join(held), f"any of {', '.join(free)}" if free else ""]
    return f"{' and '.join(filter(None, parts)) or 'nothing'} kept in {memory}"


def _family_text(family: Family) -> str:
    """With a place for how many choices of shared loops there are."""
    name = family.dataflow.name
    if not family.fused:
        rows = family.shared[0].trips
        same = "the same tiles of rows in both operators, in {count} choices of them"
        shared = same if rows else "no shared loops"
        return f"{name}: {shared}, heads one after the other"
    dimensions = ", ".join(d.lower() for d, _ in family.shared[0].trips) or "none"
    held = {None: "", True: ", K held, and V as a part of it", False: ", K not held, and V fetched apart"}
    staged = f"each tensor staged or not{held[family.held]}"
    return f"{name}: shared loops over {dimensions} in {{count}} choices of their tiles; {staged}"


def _reasons(searches: list[Search], tally: Tally) -> tuple[str, ...]:
    outer, buffer = (memory.name for memory in searches[0].sides[0].architecture.memories[:2])
    looked = tally.tilings - tally.unfit - tally.outbid
    return (
        f"{tally.unfit:,} of {tally.tilings:,} tilings of {outer}'s loops do not fit {buffer}",
        f"{tally.outbid:,} move words and take steps that bound them above what was found",
        f"{looked:,} were evaluated with every choice below {buffer} that another one of the same steps "
        "does not beat",
        "orders that differ in loops that move every tensor cost the same; sharing fewer head loops "
        "costs no less and needs more of the buffer",
        *dict.fromkeys(text for search in searches for text in search.left_out),
    )


def _size(search: Search) -> int:
    if search.family.held:
        return 0  # counted with those where K is not held
    return sum(prod(_operator_size(side, shared) for side in search.sides) for shared in search.family.shared)


def _operator_size(side: Side, shared: Shared) -> int:
    """Mappings of one operator inside these shared loops."""
    structure, limits, fabric = side.structure, side.below.limits, side.below.fabric
    fanned = [level for level, fan in enumerate(fabric.fanouts) if fan != (1, 1)]
    spreads = [limits.spread(level, len(structure.core)) for level in fanned]
    temporal = 2 if fabric.registers else 1  # the buffer and the registers
    ways = 1
    for i, (dimension, size) in enumerate(zip(structure.core, structure.sizes, strict=True)):
        trips = shared[dimension]
        places = tuple((spread.least[i], spread.most[i], len(spread.axes[i])) for spread in spreads)
        ways *= _splits(size // trips, temporal + (trips == 1), places)
    own = sum(shared[d] == 1 for d in structure.core)
    free = sum(said is None for said in limits.keep) if limits.keep else len(structure.missing)
    keeps = 2**free if fabric.registers else 1
    return ways * factorial(own) * factorial(len(structure.core)) * keeps


@cache
def _splits(number: int, temporal: int, places: tuple[tuple[int, float, int], ...]) -> int:
    """Ways to write a number as a product of this many loops and of a factor at each place: at least
    and at most so large, on one of so many axes."""
    if temporal:
        if temporal == 1 and not places:
            return 1
        return sum(_splits(number // d, temporal - 1, places) for d in divisors(number))
    if not places:
        return int(number == 1)
    (least, most, axes), *others = places
    factors = (d for d in divisors(number) if least <= d <= most)
    return sum((1 if d == 1 else axes) * _splits(number // d, 0, tuple(others)) for d in factors)
