"""What skeletons that keep the same cost at least, whatever the order of their loops.

Memories and units keep their tensors in few ways, and each leaves many orders of loops. The tiles of every
tensor cost at least what the best of these orders makes of them. So one table says whether any skeleton of
its kind is worth a table of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from flat_plugin.distinct import distinct_columns, equal_places
from flat_plugin.mapspace.search.kinds import Kinds, Way
from flat_plugin.mapspace.search.menu import Menu
from flat_plugin.model.mapping_batch import Array


@dataclass(frozen=True)
class Alike:
    """Skeletons of which memories and units keep the same.

    Attributes:
        numbers: which they are of all skeletons.
        menu: their choices inside.
        least: pJ that none of them goes below.
    """

    numbers: Array
    menu: Menu
    least: float


def ways_of(kinds: Kinds, numbers: Array, tensor: int) -> frozenset[tuple[Way, int]]:
    """A tensor's different ways under skeletons of which the same tensor stays, with the places that this
    one stays for."""
    pairs = np.stack([kinds.way[tensor, numbers], kinds.staying[numbers]])
    if kinds.skeletons[numbers[0]].stays != tensor:
        pairs[1] = 0
    return frozenset((kinds.ways[tensor][way], place) for way, place in distinct_columns(pairs)[0].T.tolist())


def alike_among(kinds: Kinds, numbers: Array) -> Iterator[Array]:
    """These skeletons, those together that keep the same."""
    return (numbers[places] for places in equal_places(kinds.kept[numbers]))
