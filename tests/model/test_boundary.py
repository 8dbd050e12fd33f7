"""Words that come anew across a boundary, against going through the loops one by one."""

from itertools import product

import numpy as np
import pytest

from flat_plugin.architecture import Architecture, Compute, Memory
from flat_plugin.mapping.last_turns import with_last_turns
from flat_plugin.mapping.nest import LevelMapping, OperatorMapping
from flat_plugin.model.boundary import Boundary, multiplied
from flat_plugin.model.loop_turns import turns_of
from flat_plugin.model.mapping_batch import batch_of
from flat_plugin.model.visits import visits_of
from flat_plugin.workload.einsum import Einsum, Tensor

CHIP = Architecture(
    "small",
    (Memory("DRAM", "DRAM", 16), Memory("Buffer", "SRAM", 16), Memory("Regs", "regfile", 16)),
    Compute("MAC", "intmac", 16),
)
M, N = 0, 1
ORDERS = [
    (("M", "N"), ("M", "N")),
    (("N", "M"), ("M", "N")),
    (("M", "N"), ("N", "M")),
    (("N", "M"), ("N", "M")),
]


def boundary(sizes, trips, orders, level, indexing):
    """Trips of M and N at DRAM and the buffer; the registers' loops have the rest."""
    einsum = Einsum("product", sizes, (Tensor("A", ("M", "N")), Tensor("Z", ("M",), output=True)))
    rest = {d: -(-size // (trips[0][d] * trips[1][d])) for d, size in sizes}
    levels = [
        LevelMapping(name, tuple((d, own[d]) for d in order))
        for name, own, order in zip(("DRAM", "Buffer"), trips, orders, strict=True)
    ]
    mapping = OperatorMapping((*levels, LevelMapping("Regs", tuple(rest.items()))))
    batch = batch_of(einsum, CHIP, [with_last_turns(mapping, dict(sizes))])
    return Boundary(visits_of(batch, turns_of(batch)), batch.form.order, level, indexing)


def walked(sizes, trips, orders, level, indexing, kind):
    """Words of a tensor whose tile is fetched whenever it is another one than before, where the dimensions
    of ``kind`` are at their last tile, or are not."""
    sizes, loops = dict(sizes), []
    tile = inside = {d: -(-size // (trips[0][d] * trips[1][d])) for d, size in sizes.items()}
    for place, (own, order) in enumerate(zip(trips[::-1], orders[::-1], strict=True)):
        loops += [(d, own[d], inside[d], place) for d in order]  # innermost first
        inside = {d: n * own[d] for d, n in inside.items()}
        tile = inside if (place, level) == (0, 0) else tile
    outside = [(d, n, stride) for d, n, stride, place in loops if level == 1 or place == 1][::-1]
    words, before = 0, None
    for indices in product(*(range(n) for _, n, _ in outside)):
        start = dict.fromkeys(sizes, 0)
        for (d, _, stride), i in zip(outside, indices, strict=True):
            start[d] += i * stride
        if any(start[d] >= size for d, size in sizes.items()):
            continue  # beyond the last tile
        now = tuple((start[d], min(tile[d], sizes[d] - start[d])) for d in indexing)
        right = all((start[d] + tile[d] >= sizes[d]) == last for d, last in kind.items())
        if now != before and right:
            words += int(multiplied([float(length) for _, length in now]))
        before = now
    return words


@pytest.mark.parametrize("orders", ORDERS)
@pytest.mark.parametrize("sizes", [(("M", 8), ("N", 8)), (("M", 7), ("N", 5)), (("M", 5), ("N", 8))])
@pytest.mark.parametrize("level", [0, 1])
def test_a_tile_is_fetched_when_it_is_another_one(orders, sizes, level):
    for trips in ([{"M": 2, "N": 2}, {"M": 2, "N": 2}], [{"M": 2, "N": 1}, {"M": 1, "N": 2}]):
        for dimensions in (("M",), ("N",), ("M", "N")):
            indexing = tuple("MN".index(d) for d in dimensions)
            found = boundary(sizes, trips, orders, level, indexing)
            for kind in ({}, {"M": True}, {"N": False}, {"M": False, "N": True}, {"N": True}):
                numbered = {"MN".index(d): last for d, last in kind.items()}
                expected = walked(sizes, trips, orders, level, dimensions, kind)
                assert found.words(numbered) == expected, (trips, dimensions, kind)


def test_loops_that_do_not_index_the_tensor():
    trips = [{"M": 2, "N": 2}, {"M": 2, "N": 1}]
    found = boundary((("M", 8), ("N", 8)), trips, ORDERS[0], 1, (M,))
    assert found.free == (N,)
    assert [*found.loops()] == [(0, N)]
    assert [*boundary((("M", 8), ("N", 8)), trips, ORDERS[0], 1, (N,)).loops()] == [(0, M), (1, M)]


def test_words_of_the_last_tile_and_of_the_others():
    """Rows 4 + 3 of seven, twice for n: what comes at the last tile of M, and before it."""
    trips = [{"M": 2, "N": 2}, {"M": 1, "N": 1}]
    sizes = (("M", 7), ("N", 2))
    found = boundary(sizes, trips, ORDERS[0], 0, (M,))
    assert (found.words({M: False}), found.words({M: True}), found.words({})) == (2 * 4, 2 * 3, 14)


def test_products_of_numbers():
    assert multiplied([]) == 1
    assert multiplied([2.0, 1.0, 3.0]) == 6
    assert multiplied([2.0, np.array([1.0, 4.0]), 3.0, np.array([1.0, 2.0])]).tolist() == [6, 48]
