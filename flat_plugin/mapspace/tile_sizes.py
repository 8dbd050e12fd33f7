"""How a length is cut into tiles that are equal, but for the last one."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from math import ceil, prod

from flat_plugin.mapspace.structure import divisors

_MANY = 4096  # children along an axis, up to which every number of them is tried
_FINE = 24  # up to so many trips all are tried; beyond, each is longer than the last by this share of it


def trips_of(length: int, *, exact: bool) -> tuple[int, ...]:
    """Numbers of tiles, ascending: the divisors; and, unless ``exact``, every number up to 24 and a few
    of the larger ones, those of which give the same tile as a smaller number left out."""
    if exact:
        return divisors(length)
    tried = {*divisors(length), *range(1, min(length, _FINE) + 1)}
    trips = _FINE
    while trips < length:
        tried.add(trips)
        trips += max(1, trips // _FINE * 4)
    return tuple(sorted({ceil(length / ceil(length / n)) for n in tried}))


def children_of(length: int, most: int, *, exact: bool) -> int:
    """How many of a length to unroll over at most so many children: the largest divisor, if ``exact``;
    else the fewest that need no more turns than all of them would."""
    if exact:
        return max(n for n in divisors(length) if n <= most)
    return ceil(length / ceil(length / most))


@lru_cache(maxsize=1 << 16)
def side_by_side(lengths: tuple[tuple[int, int, bool], ...], most: int) -> tuple[int, ...]:
    """How many of each of some lengths to unroll over at most so many children together: what leaves the
    fewest turns, and of that the most of the first.

    Args:
        lengths: a length, how many children it may have, and whether it is to be divided exactly.
    """
    if not lengths:
        return ()
    (length, few, exact), *others = lengths
    found: dict[tuple[int, ...], int] = {}
    limit = min(most, few, length)
    while limit and (others or not found):
        children = children_of(length, limit, exact=exact)
        picked = (children, *side_by_side(tuple(others), most // children))
        found[picked] = _turns(lengths, picked)
        limit = min(children - 1, limit - limit // _MANY)  # fewer children than those, which need more turns
    return min(found, key=found.__getitem__)


def _turns(lengths: Iterable[tuple[int, int, bool]], children: Iterable[int]) -> int:
    return prod(ceil(length / n) for (length, _, _), n in zip(lengths, children, strict=True))


def heights_of(rows: int, extents: tuple[int, ...], *, exact: bool) -> tuple[int, ...]:
    """Rows of a tile, descending: the divisors of all rows; and, unless ``exact``, up to eight, the eighths
    and divisors of the array's extents, and their multiples, the smallest of those that give the same
    number of tiles."""
    heights = set(divisors(rows))
    for extent in () if exact else extents:
        small = {*range(1, 9), *divisors(extent), *range(max(1, extent // 8), extent, max(1, extent // 8))}
        heights |= {tall for tall in small if tall < rows}
        multiples = range(extent, rows, extent) if extent > 1 else ()
        heights |= set({ceil(rows / tall): tall for tall in reversed(multiples)}.values())
    return tuple(sorted(heights, reverse=True))
