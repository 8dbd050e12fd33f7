"""Tilings of the outermost memory's loops, against walking through them."""

from itertools import product
from math import prod

import numpy as np
import pytest
from counted_by_hand import PRODUCT

from flat_plugin.errors import FlatError
from flat_plugin.mapspace import outer_tilings
from flat_plugin.mapspace.choice_costs import FORBIDDEN
from flat_plugin.mapspace.outer_tilings import Shared, check_size, own_order, rows
from flat_plugin.mapspace.structure import divisors, structure_of

STRUCTURE = structure_of(PRODUCT)  # M = 8, N = 4, K = 6; A lacks N, W lacks M, Z lacks K
SIZES = STRUCTURE.sizes
ENDLESS = [float("inf")]


NOTHING = Shared()


def found(shared=(NOTHING,), copies=(1, 1, 1), room=ENDLESS):
    return rows(STRUCTURE, shared, copies, room * len(shared) if len(room) == 1 else room)


def walked(order, own, shared, extents):
    """Words of each tensor that cross the outermost memory: its tile whenever it is another one."""
    loops = [(d, own[d]) for d in order] + [(STRUCTURE.core.index(d), n) for d, n in reversed(shared.trips)]
    moved = []
    for present in STRUCTURE.indexing:
        before, words = None, 0
        for indices in product(*(range(n) for _, n in reversed(loops))):
            place = [0] * len(SIZES)
            for (d, n), i in zip(reversed(loops), indices, strict=True):
                place[d] = place[d] * n + i
            now = tuple(place[d] for d in present)
            words += prod(extents[d] for d in present) if now != before else 0
            before = now
        moved.append(words)
    return moved


def test_every_tiling_is_there_once_for_each_tensor_that_may_stay():
    tilings, total = found()
    assert len(tilings) == total == 3 * prod(len(divisors(size)) for size in SIZES)
    assert (tilings.trips * tilings.extents == np.array(SIZES)[:, None]).all()
    assert tilings.tiles[0].tolist() == (tilings.extents[0] * tilings.extents[2]).tolist()  # A has M and K


@pytest.mark.parametrize("shared", [Shared(), Shared((("M", 4),)), Shared((("M", 2), ("N", 2)))])
def test_words_are_those_of_a_walk(shared):
    tilings, _ = found((shared,))
    for n in range(0, len(tilings), 3):
        own = tilings.trips[:, n].astype(int).tolist()
        order = own_order(STRUCTURE, int(tilings.order[n]))
        extents = tilings.extents[:, n].astype(int).tolist()
        assert tilings.moved[:, n].tolist() == walked(order, own, shared, extents), (own, order)


def test_a_dimension_that_is_shared_is_not_tiled_once_more():
    tilings, _ = found((Shared((("M", 4),)),))
    assert (tilings.trips[0] == 1).all() and (tilings.extents[0] == 2).all()


def test_a_tile_that_shared_loops_leave_in_place_is_marked():
    """W lacks M: with no loop of its own it stays through the shared ones over M."""
    tilings, _ = found((Shared((("M", 4),)),))
    still = (tilings.trips[1] == 1) & (tilings.trips[2] == 1)
    assert ((tilings.carried[1] == FORBIDDEN) == still).all()
    assert (found()[0].carried != FORBIDDEN).all()


def test_only_what_fits_is_left():
    copies = (2, 1, 0)
    tilings, total = found(copies=copies, room=[20.0])
    every, _ = found()
    words = np.array(copies) @ every.tiles
    assert len(tilings) == (words <= 20).sum() and total == len(every)


def test_heads_that_a_tile_spans():
    plain, _ = found()
    wide, _ = rows(STRUCTURE, (Shared(),), (1, 1, 1), ENDLESS, spanned=3)
    assert (wide.tiles == 3 * plain.tiles).all()
    assert np.allclose(wide.moved, plain.moved)  # a third as often, three times as much


def test_the_tensor_that_stays_has_its_missing_dimension_innermost():
    names = STRUCTURE.names
    assert [own_order(STRUCTURE, names.index(name))[0] for name in "AWZ"] == [1, 0, 2]


def test_too_many_are_refused_before_they_are_made(monkeypatch):
    check_size(STRUCTURE, [Shared()])
    monkeypatch.setattr(outer_tilings, "MOST_TILINGS", 3 * 4 * 3 * 4 - 1)
    with pytest.raises(FlatError, match="144 tilings of the outermost loops of product, of M 8 .4 divisors"):
        check_size(STRUCTURE, [Shared()])
    check_size(STRUCTURE, [Shared((("M", 2),))])


def test_a_part_of_the_rows():
    tilings, _ = found()
    part = tilings.take(np.array([5, 7]))
    assert len(part) == 2 and part.moved[:, 1].tolist() == tilings.moved[:, 7].tolist()
