"""Tiles that a walk visits along one dimension, against a walk that goes through them."""

from itertools import product

import numpy as np
import pytest

from flat_plugin.architecture import Architecture, Compute, Memory
from flat_plugin.model.loop_turns import turns_of
from flat_plugin.model.mapping_batch import Form, MappingBatch
from flat_plugin.model.visits import visits_of
from flat_plugin.workload.einsum import Einsum, Tensor

MESH = dict(instances=9, mesh_x=3, mesh_y=3)
CHIP = Architecture(
    "small",
    (Memory("DRAM", "DRAM", 16), Memory("Buffer", "SRAM", 16), Memory("Regs", "regfile", 16, **MESH)),
    Compute("MAC", "intmac", 16, **MESH),
)


def visits(size, dram, buffer, x, y, regs):
    einsum = Einsum("copy", (("M", size),), (Tensor("A", ("M",)), Tensor("B", ("M",), output=True)))
    trips = np.array([[dram, buffer, regs], [1, x, 1], [1, y, 1]], dtype=float)  # temporal, x, y
    form = Form(((0,),) * 3, ((0,),) * 3, ((True, True),) * 3)
    batch = MappingBatch(einsum, CHIP, form, *trips[:, :, None, None])
    return visits_of(batch, turns_of(batch))


def walked(size, buffer, x, y, regs):
    """Starts of the tiles below DRAM; of those below the buffer, the first child's; of single elements."""
    outer = range(0, size, buffer * x * y * regs)
    inner = [
        start + i * x * y * regs for start in outer for i in range(buffer) if start + i * x * y * regs < size
    ]
    elements = [start + i for start in inner for i in range(min(regs, size - start))]
    return outer, inner, elements


CASES = [
    (size, buffer, x, y, regs)
    for size, buffer, x, y, regs in product((1, 2, 5, 7, 8, 12, 13), (1, 2, 3), (1, 2), (1, 3), (1, 2))
]


@pytest.mark.parametrize(("size", "buffer", "x", "y", "regs"), CASES[::2])
def test_every_tile_is_visited(size, buffer, x, y, regs):
    outer, inner, elements = walked(size, buffer, x, y, regs)
    found = visits(size, len(outer), buffer, x, y, regs).visited
    assert [found[level][0].tiles for level in range(3)] == [len(outer), len(inner), len(elements)]
    last = inner[-1]
    children = [min(regs, size - start) for start in range(last, min(last + x * y * regs, size), regs)]
    below = found[1][0]
    rows = -(-len(children) // x) * x if len(children) > x else len(children)  # the last of several is whole
    assert (below.children, below.last_children) == (x * y, rows)
    assert (below.extent, below.ragged) == (regs, rows < x * y)
    assert below.last == 1  # the first child of the last fan-out is visited last
    alone = len(children) == 1
    assert found[2][0].last == alone
    if x * y > 1 or buffer < 3:  # elsewhere as Timeloop counts, below
        assert below.last_extent == (children[0] if alone else regs)


def test_a_last_tile_without_others_beside_is_counted_as_those_before_it():
    """Three tiles of 4 and a last one of 1: Timeloop counts it as another of 4, but not of two alone."""
    assert visits(13, 4, 1, 1, 1, 4).visited[0][0].last_extent == 4
    assert visits(5, 2, 1, 1, 1, 4).visited[0][0].last_extent == 1


def test_tiles_that_loops_do_not_move():
    """Eight elements: two tiles below DRAM, each of two below the buffer, each of two."""
    found = visits(8, 2, 2, 1, 1, 2)
    assert [found.runs(outer, 0) for outer in range(3)] == [1, 2, 4]
    assert found.still(0, 1, 0, False) == 0  # both loops have two turns
    assert found.still(2, 1, 0, False) == 1  # no loop is left
    found = visits(5, 2, 2, 1, 1, 2)  # the last turn of the buffer's loop has one iteration
    assert (found.still(1, 1, 0, False), found.still(1, 1, 0, True)) == (0, 1)
    assert found.still(0, 1, 0, True) == 0
