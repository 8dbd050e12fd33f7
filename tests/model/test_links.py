"""Operands that neighbours hand on: every unit of a mesh looked at, one by one."""

from itertools import product
from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flat_plugin.architecture import Architecture, Compute, Memory
from flat_plugin.mapping.last_turns import with_last_turns
from flat_plugin.mapping.nest import LevelMapping, OperatorMapping
from flat_plugin.model.links import linked_groups
from flat_plugin.model.mapping_batch import batch_of
from flat_plugin.model.ragged import counts_of
from flat_plugin.workload.einsum import gemm


def by_hand(before, now, relevant, width):
    """Groups in which every unit has a neighbour that held the same operand the step before."""

    def operands(extents):
        found = {}
        for place in product(*(range(n) for n in reversed(extents))):  # the first loop runs fastest
            place = place[::-1]
            number = sum(i * prod(extents[:n]) for n, i in enumerate(place))
            found[number % width, number // width] = tuple(
                i for i, flag in zip(place, relevant, strict=True) if flag
            )
        return found

    held, wanted = operands(before), operands(now)
    linked = 0
    for operand in set(wanted.values()):
        units = [place for place, one in wanted.items() if one == operand]
        around = ([(x - 1, y), (x + 1, y), (x, y - 1), (x, y + 1)] for x, y in units)
        linked += all(any(held.get(place) == operand for place in places) for places in around)
    return linked


@pytest.mark.parametrize(
    ("extents", "relevant", "width", "height", "linked"),
    [
        ((4,), (False,), 4, 1, 1),  # one operand for all: each has a neighbour
        ((4,), (True,), 4, 1, 0),  # each its own
        ((1,), (False,), 4, 1, 0),  # alone
        ((2, 2), (True, False), 2, 2, 2),  # columns
        ((2, 2), (False, True), 2, 2, 2),  # rows
        ((2, 2), (False, True), 4, 1, 2),
        ((2, 2), (True, False), 4, 1, 0),  # every other unit
    ],
)
def test_groups_by_hand(extents, relevant, width, height, linked):
    assert linked_groups(extents, extents, relevant, width, height) == linked


def test_a_group_that_shrinks_to_one_unit_asks_its_former_neighbour():
    assert linked_groups((2,), (1,), (False,), 2, 1) == 1
    assert linked_groups((1,), (2,), (False,), 2, 1) == 0


@given(
    st.lists(st.integers(1, 3), min_size=1, max_size=3),
    st.lists(st.booleans(), min_size=3, max_size=3),
    st.integers(1, 6),
    st.data(),
)
def test_groups_of_any_mesh(extents, flags, width, data):
    """Loops that index the operand have the same iterations before and now; others may have fewer."""
    now = tuple(extents)
    relevant = tuple(flags[: len(now)])
    before = tuple(n if flag else data.draw(st.integers(1, 3)) for n, flag in zip(now, relevant, strict=True))
    height = -(-max(prod(now), prod(before)) // width)
    assert linked_groups(before, now, relevant, width, height) == by_hand(before, now, relevant, width)


@pytest.mark.parametrize(("rows", "columns"), [(4, 4), (3, 4), (5, 3), (5, 5), (7, 3), (3, 2)])
def test_words_that_come_from_neighbours_where_last_turns_are_shorter(rows, columns):
    """Two rows by two columns of units below the registers, which go through the rows, then the columns.

    A word of W for each column of units; it stays while the rows go on.
    """
    mesh = dict(instances=4, mesh_x=2, mesh_y=2)
    chip = Architecture(
        "mesh",
        (Memory("DRAM", "DRAM", 16), Memory("Regs", "regfile", 16)),
        Compute("MAC", "intmac", 16, **mesh),
    )
    einsum = gemm("product", rows, 1, columns)
    loops = (("M", -(-rows // 2)), ("N", -(-columns // 2)))
    nest = OperatorMapping((LevelMapping("DRAM"), LevelMapping("Regs", loops, (("M", 2),), (("N", 2),))))
    counts = counts_of(batch_of(einsum, chip, [with_last_turns(nest, dict(einsum.bounds))]))
    words, before = 0, None
    for n, m in product(range(0, columns, 2), range(0, rows, 2)):
        now = min(2, rows - m), min(2, columns - n)
        linked = by_hand(before, now, (False, True), 2) if before and m else 0
        words, before = words + now[1] - linked, now
    assert counts.reads[1, 1, 0] == words
