"""Tilings of a small logit under a mask, against walking through the iterations with sets of words."""

from collections.abc import Iterator
from itertools import product
from math import ceil, inf

import numpy as np
import pytest

from flat_plugin.mapspace.choice_costs import FORBIDDEN
from flat_plugin.mapspace.masked.iterations import iterations_of
from flat_plugin.mapspace.masked.tilings import Tilings, tilings_of
from flat_plugin.mapspace.outer_tilings import Shared, own_order
from flat_plugin.mapspace.structure import Structure, structure_of
from flat_plugin.workload import Attention
from flat_plugin.workload.mask import mask_of

TALL = 2
Tile = frozenset[tuple[int, ...]]


def layer(mask: str) -> Attention:
    return Attention(1, 1, 8, 8, 2, mask=mask_of(mask))


def found(mask: str, room: float = inf, fused: bool = True) -> tuple[Structure, Tilings]:
    """Of tiles of two rows: shared loops over four of them, or none."""
    attention = layer(mask)
    structure = structure_of(attention.logit())
    shared = Shared((("M", 4),))
    iterations = iterations_of(attention, TALL, 1)
    copies = [1.0] * len(structure.indexing)
    return structure, tilings_of(structure, [shared], [iterations], copies, [room], spanned=1, fused=fused)


def touched(mask: str) -> Iterator[list[int]]:
    """Keys of every tile of rows."""
    for first in range(0, 8, TALL):
        rows = range(first, first + TALL)
        yield [
            key for key in range(8) if any(key <= row and ("=" not in mask or row - key < 2) for row in rows)
        ]


def walked(structure: Structure, mask: str, tilings: Tilings, column: int) -> list[int]:
    """Words of each tensor that are not in its tile before, over all iterations: K stays from one iteration
    to the next where each of them has all its keys in a tile."""
    core = structure.core
    extents = dict(zip(core, tilings.rows.extents[:, column].astype(int).tolist(), strict=True))
    order = [core[d] for d in own_order(structure, int(tilings.rows.order[column]))]
    before: list[Tile] = [frozenset() for _ in structure.indexing]
    words, apart = [0] * len(before), False
    for number, keys in enumerate(touched(mask)):
        before[1], apart = frozenset() if apart else before[1], len(keys) > extents["N"]
        before[1] = frozenset() if apart else before[1]
        trips = {"M": 1, "N": ceil(len(keys) / extents["N"]), "D": 2 // extents["D"]}
        for indices in product(*(range(trips[d]) for d in reversed(order))):
            at = dict(zip(reversed(order), indices, strict=True))
            along = {
                "M": range(number * TALL, (number + 1) * TALL),
                "N": keys[at["N"] * extents["N"] :][: extents["N"]],
                "D": range(at["D"] * extents["D"], (at["D"] + 1) * extents["D"]),
            }
            for t, present in enumerate(structure.indexing):
                tile = frozenset(product(*(along[core[d]] for d in present)))
                words[t] += len(tile - before[t])
                before[t] = tile
    return words


@pytest.mark.parametrize("mask", ["causal", "causal,window=2"])
def test_words_are_those_of_a_walk(mask: str) -> None:
    structure, tilings = found(mask)
    walks = np.array([walked(structure, mask, tilings, n) for n in range(len(tilings.rows))]).T
    assert (tilings.rows.moved <= walks).all()
    even = (tilings.block <= 2) & (mask == "causal") | (tilings.block == 8)  # no last tile of fewer keys
    assert (tilings.rows.moved[:, even] == walks[:, even]).all()
    assert (tilings.rows.moved[1:] == walks[1:]).all()  # Q's tiles come again a whole number of times


def test_tiles_are_cut_at_the_keys_that_are_touched() -> None:
    _, tilings = found("causal,window=2")  # no iteration has more than three keys
    assert set(tilings.block) == {1, 2, 4} and tilings.declared == 3 * 3 * 2
    four = tilings.block == 4
    wide = tilings.rows.extents[2] == 2
    assert tilings.rows.tiles[:, four & wide].T.tolist() == [[2 * 2, 3 * 2, 2 * 3]] * 3


def test_every_order_has_every_tiling_that_fits() -> None:
    _, every = found("causal")
    assert len(every.rows) == every.declared == 3 * 4 * 2
    _, few = found("causal", room=20)
    fits = [n for n in range(len(every.rows)) if every.rows.tiles[:, n].sum() <= 20]
    assert few.rows.moved.tolist() == every.rows.moved[:, fits].tolist()
    assert len(few.rows) < few.declared == every.declared


def test_output_is_written_once_for_each_score() -> None:
    _, tilings = found("causal")
    assert set(tilings.output) == {2 * (2 + 4 + 6 + 8)}


def test_shared_loops_over_rows_keep_no_tile_of_a_fused_operator_longer() -> None:
    """A tile of K that has all keys would stay: not where rows are tiled for another operator too."""
    for fused in (True, False):
        _, tilings = found("causal", fused=fused)
        whole = (tilings.block == 8) & (tilings.rows.extents[2] == 2)
        stays = FORBIDDEN if fused else 1
        assert tilings.rows.carried[:, whole].T.tolist() == [[1, stays, 1]] * 3
        halves = (tilings.block == 8) & (tilings.rows.extents[2] == 1)
        assert tilings.rows.carried[:, halves].T.tolist() == [[1, 1, 2]] * 3
