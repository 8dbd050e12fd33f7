"""The full squares whose lengths tiles divide: the layer's own, and longer ones with more divisors.

A mapping of a longer square is cut to the rows and keys that there are, and its last tiles are smaller. So
lengths that little divides have tiles as good as others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import lcm

from flat_plugin.architecture.hardware import Architecture
from flat_plugin.mapping.dataflow import Dataflow
from flat_plugin.mapspace.family import Family, families_of
from flat_plugin.mapspace.masked.iterations import without_rows_that_differ
from flat_plugin.mapspace.outer_tilings import MOST_TILINGS, Shared, count_of
from flat_plugin.mapspace.structure import divisors, structure_of
from flat_plugin.model.widths import unlike, widths_of
from flat_plugin.workload.attention import Attention
from flat_plugin.workload.mask import FULL

_PART = 16  # what a length is rounded up to a multiple of is at most such a part of it
_SHORT, _SHORT_PART = 256, 4  # up to so many queries and keys, of such a part as well
_ODD = (5, 7, 1)  # times a power of two
_QUICK = 400_000  # tilings of an operator that take a few seconds


def has_longer(attention: Attention, architecture: Architecture) -> bool:
    """Whether any tiles of a layer are those of longer squares: where rows need other keys than others, where
    words have several widths, and where V is a part of K, none of which the other search knows."""
    attention = without_rows_that_differ(attention)
    return not attention.dense or attention.joint or bool(unlike(widths_of(attention), architecture))


def families_and_squares(
    dataflow: Dataflow, attention: Attention, architecture: Architecture
) -> list[tuple[Family, Attention]]:
    """A dataflow's families of the layer's own square, and before them those of longer ones that do not take
    long to search."""
    *longer, own = squares_of(dataflow, attention, architecture)
    sizes = {square: _tilings(dataflow, square) for square in longer}
    quick = [square for square, size in sizes.items() if size <= _QUICK]
    least = [square for square in sorted(sizes, key=sizes.__getitem__)[:1] if sizes[square] <= MOST_TILINGS]
    return [
        (family, square) for square in (*(quick or least), own) for family in families_of(dataflow, square)
    ]


def _tilings(dataflow: Dataflow, square: Attention) -> int:
    """Tilings of the larger operator."""
    return max(
        count_of(structure_of(einsum), choices_of(family, square))
        for family in families_of(dataflow, square)
        for einsum in square.einsums()
    )


def choices_of(family: Family, square: Attention) -> Sequence[Shared]:
    """Those of the shared loops; unfused operators go over the same tiles of rows, of every height."""
    if family.fused:
        return family.shared
    return [Shared((("M", trips),)) for trips in divisors(square.queries)]


def squares_of(dataflow: Dataflow, attention: Attention, architecture: Architecture) -> list[Attention]:
    """The dense layers whose tiles a family has: longer ones, and last the layer itself, which is alone with
    perfect factors."""
    square = replace(attention, mask=FULL)
    if dataflow.factors != "imperfect" or not has_longer(attention, architecture):
        return [square]
    grains = [*_grains(square, architecture), (1, 1)]
    if dataflow.rows is not None:
        grains = [(_said(dataflow.rows, square.queries, rows), keys) for rows, keys in grains]
    lengths = [(up(square.queries, rows), up(square.keys, keys)) for rows, keys in grains]
    own = lengths[-1]
    longer = dict.fromkeys(each for each in lengths if each != own)
    return [replace(square, queries=rows, keys=keys) for rows, keys in (*longer, own)]


def _said(tall: int, queries: int, grain: int) -> int:
    """What rows are rounded up to multiples of, of which a tile has so many: itself, and where one tile has
    all of them nothing that is taller."""
    if tall < queries:
        return tall
    return grain if up(queries, grain) <= tall else 1


def up(length: int, grain: int) -> int:
    """The least multiple of a grain that is no shorter."""
    return -(-length // grain) * grain


def _grains(square: Attention, architecture: Architecture) -> list[tuple[int, int]]:
    """What rows and keys are rounded up to multiples of: powers of two times an odd number, those of the
    array's extents and of all of them together among them."""
    extents = [extent for fanout in architecture.fanouts for extent in fanout]
    odd = dict.fromkeys((*_ODD, *(extent // (extent & -extent) for extent in (*extents, lcm(*extents)))))
    short = max(square.queries, square.keys) <= _SHORT
    parts = (_PART, _SHORT_PART) if short else (_PART,)
    return [
        (_grain(square.queries, part, each), _grain(square.keys, part, each))
        for part in parts
        for each in odd
    ]


def _grain(length: int, part: int, odd: int) -> int:
    """A power of two times an odd number that is at most a part of the length, or 1."""
    times = length // part // odd
    return odd << (times.bit_length() - 1) if times else 1
