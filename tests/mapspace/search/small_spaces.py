"""Spaces on small chips with all their tables, and nests of them that the model can count.

Their tiles divide: what ragged turns do to bounds is tested with whole searches.
"""

import random
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from small_chips import chip, prepare

from flat_plugin.mapping.dataflow import Dataflow
from flat_plugin.mapspace.search.allowance import Allowance
from flat_plugin.mapspace.search.build import spaces_of
from flat_plugin.mapspace.search.exact import nests_of_pairs
from flat_plugin.mapspace.search.pairs import Pairs, pairs_of
from flat_plugin.mapspace.search.tiles import Tiles, tiles_of
from flat_plugin.mapspace.search.trips import Factors
from flat_plugin.workload import Attention

BASE = Dataflow("base", fused=False, searched=True)
FUSED = Dataflow("flat-opt", fused=True, searched=True)
FLASH = Dataflow("flash", fused=True, online=True, searched=True)
ANY = Allowance(np.ones(1), np.full(1, np.inf))
LAYER, SMALLER = Attention(1, 2, 4, 4, 4), Attention(1, 2, 2, 2, 2)
KINDS = ("registers", "linked", "cores", "pads")
ONE_PLACE = ("registers", "pads")  # for loops outside the buffer


@lru_cache
def one_space(kind: str, flow: Dataflow = BASE, layer: Attention | None = None) -> Any:
    architecture, energies = chip(kind, random.Random(f"space {kind}"))
    layer = layer or (SMALLER if kind == "cores" else LAYER)  # two memories have more tiles
    space = next(iter(spaces_of(flow, layer, architecture, energies, "free", Factors.PERFECT)))
    for side in space.sides:
        prepare(side, energy=side.floor * 2 if kind == "cores" else float("inf"))
    return space


@dataclass(frozen=True)
class Some:
    """Some tiles of one part with choices inside, and the nests that they make: one a column."""

    tiles: Tiles
    pairs: Pairs
    nests: Any


def turning(some: Any) -> Any:
    """[n] which nests have no loop of a single turn outside the units: a tile stays no longer in these than
    their skeleton says. Others are nests of another skeleton, too, whose bounds are theirs."""
    nests, axes = some.nests, some.tiles.part.table.axes
    units = nests.skeleton.stays >= 0 or len(nests.own) > 0  # linked ones hand on whatever stays
    fits = np.full(len(nests), units)
    for t, axis in enumerate(axes):
        along = list(axis.dimensions)
        fits &= nests.turns[along].prod(axis=0) > 1
        for place, order in enumerate(nests.skeleton.orders):
            fits &= (nests.trips[place, along].prod(axis=0) > 1) | (not order.walks(t))
    return np.flatnonzero(fits)


def some_nests(side: Any, parts: int = 6, each: int = 40) -> list[Some]:
    """Of a few skeletons of an operator without shared loops."""
    found = []
    step = max(1, len(side.parts) // parts)
    for part in sorted(side.parts, key=lambda part: part.least)[::step]:
        tiles = next(tiles_of(side, part, np.inf, np.inf))
        steps, _ = part.menu.tile.fewest_steps
        choices = part.menu.choices(np.full(len(steps), np.inf))
        for pairs in pairs_of(side, tiles, choices, np.full(len(tiles.outside), np.inf), ANY):
            few = np.linspace(0, len(pairs) - 1, min(each, len(pairs))).astype(int)
            nests, columns = nests_of_pairs(side, tiles, pairs.tile[few], pairs.lines.take(few))
            if len(nests):
                few = few[columns]
                found.append(
                    Some(tiles, Pairs(pairs.tile[few], pairs.lines.take(few), pairs.cost[few]), nests)
                )
            break
    assert found
    return found
