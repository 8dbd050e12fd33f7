"""Where softmax finds the scores: which memory, and how much of the layer its busiest instance has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from flat_plugin.architecture.hardware import Architecture, Memory
from flat_plugin.errors import FlatError
from flat_plugin.mapping.fused import FusedMapping
from flat_plugin.model.operator import OperatorResult
from flat_plugin.model.scores import Number, Scores, least
from flat_plugin.model.widths import share


@dataclass(frozen=True)
class Place:
    """A memory (0 = outermost), and what its busiest instance has of the scores over the whole layer, or over
    each kind of its iterations: ``rows`` of all heads and batch elements, ``keys`` of each. ``used``
    instances are along x and y."""

    level: int
    rows: Number
    keys: Number
    used: tuple[int, int] = (1, 1)


@dataclass(frozen=True)
class Site:
    """Where softmax works.

    Attributes:
        scores: the memory whose words it reads and writes.
        output: the one in which attend accumulates its rows, the same or further out.
        key_tiles: parts of a row's keys that come one after the other, or lie in instances side by
            side, all together; None where rows are whole.
        busiest_tiles: of these, those of one row in one instance.
        beside: instances that have different keys of one row.
        fork: the memory below which they are, if there are several.
    """

    scores: Place
    output: Place
    key_tiles: Number | None = None
    busiest_tiles: Number = 1
    beside: int = 1
    fork: Place | None = None


def fused_site(attention: Scores, mapping: FusedMapping) -> Site:
    """Where the scores of a fused mapping are staged.

    Raises:
        FlatError: keys are unrolled below more than one memory.
    """
    level, keys = mapping.scores, attention.keys
    forks = [i for i in range(level) if dict(mapping.at(i).spatial).get("N", 1) > 1]
    if len(forks) > 1:
        raise FlatError(
            "keys unrolled below several memories are not modelled",
            path="fused_mapping.shared",
            value=", ".join(mapping.levels[i] for i in forks),
            expected="keys unrolled below one memory",
        )
    attend = mapping["attend"].levels
    output = max(i for i in range(level + 1) if "O" not in attend[i].bypass)
    tiles = counted_of(keys, _loops(mapping, "N", level, TIME, SPACE))
    return Site(
        _place(attention, mapping, level),
        _place(attention, mapping, output),
        key_tiles=tiles if mapping.dataflow.online else None,
        busiest_tiles=counted_of(keys, _loops(mapping, "N", level, TIME)),
        beside=mapping.unrolled("N"),
        fork=_place(attention, mapping, forks[0]) if forks else None,
    )


def unfused_site(attention: Scores, architecture: Architecture) -> Site:
    """Softmax as an operator of its own works at the unit's memory. Where two copies of a row do not
    fit there it works at the next memory outwards where they do; where none does, at the unit's."""
    own = architecture.softmax_level
    fitting = [i for i in range(1, own + 1) if np.all(rows_fit(attention, architecture.memories[i]))]
    level = max(fitting, default=own)
    memory = architecture.memories[level]
    rows = attention.score_rows
    used = memory.mesh_x, memory.mesh_y
    place = Place(level, -(-rows // memory.instances), attention.keys, used)
    return Site(place, place)


def rows_fit(attention: Scores, memory: Memory) -> Number:
    """Whether two copies of a row of scores fit a memory: a truth value, or one for each kind."""
    return 2 * attention.keys * share(attention.widths.S, memory) <= memory.capacity


def check_joined(
    site: Site,
    softmax: str,
    mapping: FusedMapping,
    architecture: Architecture,
    results: Sequence[OperatorResult],
) -> None:
    """Parts of one row in several instances can be added only where they have one maximum.

    On the array they are brought to it before they are added up, if every compute unit has its own scores.
    On lanes every core keeps its own until the end, so its part of O must stay with it, whole, till then.

    Args:
        results: of logit and attend.

    Raises:
        FlatError: the mapping adds what does not belong together.
    """
    if site.fork is None:
        return
    names, level = mapping.levels, site.scores.level
    if softmax == "array":
        if architecture.memories[level].instances != architecture.compute.instances:
            raise FlatError(
                "keys in several cores are not modelled with softmax on the array",
                path="fused_mapping.shared",
                value=f"N unrolled below {names[site.fork.level]}, S in {names[level]}",
                expected="S in a memory of each compute unit, or softmax on lanes",
            )
        return
    attend = results[-1]
    returned = [name for name in names[:level] if (o := attend[name].tensors.get("O")) and o.reads]
    moving = [
        f"{d}={n} at {names[i]}"
        for i, entry in enumerate(mapping["attend"].levels[:level])
        for d, n in entry.temporal
        if n > 1 and d != "N" and d not in dict(mapping.at(i).temporal)
    ]
    if site.output.level != level or returned or moving:
        raise FlatError(
            f"keys in several cores, yet their parts of O leave {names[level]} before the row is done",
            path="fused_mapping.operators.attend",
            value=", ".join(moving) or f"O in {', '.join(returned) or names[site.output.level]}",
            expected=f"O whole in {names[level]} for every row, until the last of its keys",
        )


def _place(attention: Scores, mapping: FusedMapping, level: int) -> Place:
    counts = {
        d: counted_of(size, _loops(mapping, d, level, TIME, OWN)) for d, size in attention.score_sizes.items()
    }
    levels = mapping["logit"].levels[:level]
    x, y = (prod(n for entry in levels for _, n in getattr(entry, f"spatial_{axis}")) for axis in "xy")
    return Place(level, prod(n for d, n in counts.items() if d != "N"), counts["N"], (x, y))


TIME, SPACE, OWN = "shared in time", "shared in space", "own"


def _loops(mapping: FusedMapping, dimension: str, place: int, *counted: str) -> list[tuple[int, bool]]:
    """(trips, whether of a kind that is counted) of logit's loops over a dimension, outermost first, without
    those of one trip; loops are shared in space as the memory ``place`` sees them if they are outside it."""
    found: list[tuple[int, bool]] = []
    for i, level in enumerate(mapping["logit"].levels):
        shared = {d for d, n in mapping.at(i).temporal if n > 1}
        kinds = [(n, TIME if d in shared else OWN) for d, n in level.temporal if d == dimension]
        unrolled = level.spatial_x + level.spatial_y
        kinds += [(n, SPACE if i < place else OWN) for d, n in unrolled if d == dimension]
        found += [(n, kind in counted) for n, kind in kinds if n > 1]
    return found


def counted_of(size: Number, loops: Sequence[tuple[int, bool]]) -> Number:
    """Iterations of the loops that are counted; of the others the first is taken, which has no fewer.

    All iterations but the last are full (a last tile may be smaller).
    """
    if not loops:
        return size
    (_, counted), *inner = loops
    stride = prod(n for n, _ in inner)
    if not counted:
        return counted_of(least(size, stride), inner)
    full = size // stride
    rest = size - full * stride  # NumPy takes longer for a remainder
    return full * counted_of(stride, inner) + counted_of(rest, inner)
