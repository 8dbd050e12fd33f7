"""An operator's skeletons that may be part of something better: those that keep the same together, then one
by one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from flat_plugin.mapspace.search.alike import Alike, alike_among
from flat_plugin.mapspace.search.parts import Part
from flat_plugin.mapspace.search.shared_loops import ByLoops

if TYPE_CHECKING:
    from flat_plugin.mapspace.search.side import Side


def alike_of(side: Side, energy: float) -> Iterator[Alike]:
    """The skeletons of at most so many pJ, and what those that keep the same cost at least."""
    kinds = side.kinds
    walked = tuple(sorted({d for along in side.walked for d in along}))
    for numbers in alike_among(kinds, np.flatnonzero(side.floors <= energy)):
        asked, stays = kinds.insides[kinds.inside[numbers[0]]]
        menu = side.operator.menu(side.operator.parents(asked), stays, side.limits, walked)
        if not menu.empty:
            table = side.priced.table_of_alike(kinds, numbers, side.axes, menu, side.memories)
            if table.promising(energy) and (least := float(table.cheapest()[0])) <= energy:
                yield Alike(numbers, menu, least)


def parts_of(side: Side, alike: Sequence[Alike], energy: float) -> Iterator[Part]:
    """The tables of skeletons of at most so many pJ, of those that keep the same."""
    kinds = side.kinds
    for each in alike:
        for i in each.numbers[side.floors[each.numbers] <= energy].tolist():
            skeleton = kinds.skeletons[i]
            ways = tuple(every[which] for every, which in zip(kinds.ways, kinds.way[:, i], strict=True))
            table = side.priced.table(skeleton, ways, side.axes, each.menu, side.memories)
            if table.promising(energy):
                loops = ByLoops(side.shared, side.needs, side.shares, table)
                yield Part(skeleton, ways, table, each.menu, loops.energy, loops.words)
