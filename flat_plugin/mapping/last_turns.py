"""Mappings whose factors need not divide: the last turn of each loop follows from the sizes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from flat_plugin.errors import FlatError
from flat_plugin.mapping.nest import Factors, OperatorMapping


def with_last_turns(mapping: OperatorMapping, sizes: Mapping[str, int]) -> OperatorMapping:
    """The mapping with the last turns that make its loops cover dimensions of these sizes exactly.

    The iterations of the last turns, less 1, are the digits of size − 1, with the trips as radices.

    Raises:
        FlatError: the loops of a dimension cover less than its size.
    """
    rest = {d: size - 1 for d, size in sizes.items()}
    levels = []
    for level in reversed(mapping.levels):
        spatial, temporal = level.spatial_x + level.spatial_y, level.temporal
        last_spatial = _lasts(spatial, rest)
        levels.append(replace(level, last_temporal=_lasts(temporal, rest), last_spatial=last_spatial))
    for d, left in rest.items():
        if left:
            raise FlatError(
                f"the loops over {d} cover less than its size ({mapping.loops_over(d)})",
                path=f"mapping.{d}",
                value=sizes[d],
            )
    return OperatorMapping(tuple(reversed(levels)))


def _lasts(loops: Factors, rest: dict[str, int]) -> Factors:
    """The last turns of loops, innermost first, that are shorter; ``rest`` is divided by the trips."""
    found = []
    for d, trips in loops:
        rest[d], digit = divmod(rest[d], trips)
        if digit + 1 < trips:
            found.append((d, digit + 1))
    return tuple(found)
