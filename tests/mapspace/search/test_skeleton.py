"""Skeletons: where tiles come anew, against walking through the loops."""

from itertools import product

import pytest

from flat_plugin.mapspace.search.axes import Place
from flat_plugin.mapspace.search.skeleton import (
    NO_LOOPS,
    OUTSIDE,
    Order,
    Skeleton,
    keeps,
    outermost_orders,
    own_orders,
)

TWO = (Place(0), Place(1))


def skeleton(*orders, keep=((True,) * 3,) * 2, places=TWO, **options):
    return Skeleton(places, orders, keep, options.pop("stays", 0), **options)


def test_orders_and_their_axes():
    assert Order(1).axes is None and Order(1).walks(0) and Order(1).walks(1)
    assert Order(1, alone=True).axes == {1} and not Order(1, alone=True).walks(0)
    assert NO_LOOPS.axes == frozenset() and not NO_LOOPS.walks(0)
    assert len(own_orders(3)) == 7 and NO_LOOPS in own_orders(3)
    assert outermost_orders(2) == (Order(0), Order(1))


@pytest.mark.parametrize(
    ("outer", "inner", "place"),
    [
        (Order(1), Order(1), 1),  # loops that move tensor 0 are everywhere
        (Order(1), Order(0), 0),  # the inner place's innermost loop leaves it in place: those outside count
        (
            Order(0),
            Order(0, alone=True),
            OUTSIDE,
        ),  # nothing else is inside, and it stays in the outer one too
        (Order(1), Order(0, alone=True), 0),
        (Order(1), NO_LOOPS, 0),
        (Order(0, alone=True), NO_LOOPS, OUTSIDE),
        (NO_LOOPS, NO_LOOPS, OUTSIDE),
    ],
)
def test_the_place_outside_which_loops_bring_a_tile_anew(outer, inner, place):
    assert skeleton(outer, inner).count(0, 2) == place


def moved(orders, tensor):
    """How often a tile comes with two turns along each of two axes in each place, walking through them."""
    loops = []
    for order in orders:
        axes = [axis for axis in (0, 1) if order.walks(axis)]
        inner = [axis for axis in axes if axis == order.first]
        loops += [axis for axis in axes if axis not in inner] + inner  # outermost first
    times, before = 0, None
    for indices in product(range(2), repeat=len(loops)):
        now = tuple(i for i, axis in zip(indices, loops, strict=True) if axis != tensor)
        times += now != before
        before = now
    return times


@pytest.mark.parametrize("orders", list(product(own_orders(2), repeat=2)))
@pytest.mark.parametrize("tensor", [0, 1])
def test_a_tile_comes_as_often_as_its_loops_turn(orders, tensor):
    """All loops up to the place count, but inside it those along what the tensor misses."""
    place = skeleton(*orders).count(tensor, 2)
    turns = 1
    for n, order in enumerate(orders):
        for axis in (0, 1):
            if order.walks(axis) and (axis != tensor or n <= place):
                turns *= 2
    assert turns == moved(orders, tensor)


def test_no_tile_outlives_an_iteration_of_shared_loops():
    places = (Place(0, shared=True), Place(1))
    fused = skeleton(Order(0), Order(0, alone=True), places=places, meeting=1)
    assert fused.count(0, 2) == 0  # though the shared loop leaves it in place
    assert fused.count(0, 1) == OUTSIDE  # the memory where they meet may keep it


def test_the_tensor_that_stays():
    assert skeleton(Order(1), Order(0)).staying() == 1
    assert skeleton(Order(1), Order(0), whole=True).staying() == 0


def test_who_feeds_a_memory():
    kept = skeleton(NO_LOOPS, NO_LOOPS, keep=((True, False), (False, False)))
    assert [kept.parent(0, level, True) for level in (1, 2, 3)] == [0, 1, 1]
    assert kept.parent(1, 3, True) == 0 and kept.parent(1, 3, False) == -1


def test_every_choice_of_what_memories_keep():
    found = list(keeps(2, 2, (frozenset({0}), frozenset()), (frozenset(), frozenset({1}))))
    assert found == [
        ((True, True), (True, False)),
        ((True, True), (False, False)),
        ((True, False), (True, False)),
        ((True, False), (False, False)),
    ]
    assert list(keeps(2, 0, (), ())) == [()]
