"""Tiles of a shared memory, against every tile of S (4 × 6) = Q (4 × 2) · K (2 × 6) by hand."""

from __future__ import annotations

from itertools import product
from math import ceil

import numpy as np
import pytest

from flat_plugin.architecture import Architecture, Compute, Memory
from flat_plugin.certificate.counts import Counts
from flat_plugin.certificate.part import Part
from flat_plugin.certificate.prices import Prices
from flat_plugin.certificate.shared import Outside, shared_tiles, sums
from flat_plugin.certificate.units import loose_units
from flat_plugin.workload import Attention

M, N, D = 4, 6, 2
ALL = (True, True, True)
READ, UPDATE, BACK = 10, 30, 10 + 2  # pJ a word of DRAM, and into the buffer and out again


def outside(capacity: int, kept: tuple[bool, ...] = ALL, **said: object) -> Outside | None:
    units = Compute("MAC", "intmac", 16)
    memories = (Memory("DRAM", "DRAM", 16), Memory("Buffer", "SRAM", 16, capacity=capacity))
    part = Part(Attention(1, 1, M, N, D).logit(), Architecture("chip", memories, units), perfect=True, **said)  # type: ignore[arg-type]
    prices = Prices(read=(READ, 1), write=(20, 2), update=(UPDATE, 3), compute=1, cycle=(0, 0))
    return shared_tiles(Counts(part, prices, loose_units(part)), 1, kept, (0, 0, 0))


def by_hand(capacity: int, rows: int = M) -> float:
    """The least of all tiles that divide, with each tensor as the one that stays.

    Shared iterations have so many rows: what stays comes anew in each, unless its tile is whole."""

    def divisors(number: int) -> list[int]:
        return [n for n in range(1, number + 1) if number % n == 0]

    costs = []
    for m, n, d in product(divisors(M), divisors(N), divisors(D)):
        if m * d + n * d + m * n > capacity or m > rows:
            continue
        turns = {"Q": ceil(N / n), "K": ceil(M / m), "S": ceil(D / d)}
        once = {"Q": 1, "K": 1 if (n, d) == (N, D) else M // rows, "S": 1}
        for stays in turns:
            q, k, s = ((once if name == stays else turns)[name] for name in "QKS")
            costs.append((READ + 2) * (M * D * q + N * D * k) + M * N * (UPDATE * s + BACK * (s - 1)))
    return min(costs)


@pytest.mark.parametrize("capacity", [3, 5, 11, 20, 27, 44, 100])
def test_the_least_that_crosses_into_the_memory(capacity: int) -> None:
    found = outside(capacity)
    assert found is not None
    assert found.cost.min() == by_hand(capacity)


def test_the_third_side_is_as_long_as_there_is_room_for() -> None:
    found = outside(20)
    assert found is not None
    for n, m, d in zip(*found.tiles, strict=True):
        assert m * d + n * d + m * n <= 20
        assert d == D or m * D + n * D + m * n > 20


def test_nothing_fits() -> None:
    assert outside(2) is None


def test_what_passes_by_takes_no_room() -> None:
    """Q alone fits whole; K and S do not stay, and do not come."""
    found = outside(8, (True, False, False))
    assert found is not None
    assert found.cost.min() == (READ + 2) * M * D


def test_a_tile_may_count_twice() -> None:
    assert outside(5, copies={"S": 4.0}) is None
    assert outside(6, copies={"S": 4.0}) is not None


def test_shared_iterations_bring_what_stays_anew_unless_its_tile_is_whole() -> None:
    """Two iterations of two rows each: K stays over both where the memory holds all of it."""
    found = outside(100, tile={"M": (2, 2)})
    assert found is not None
    assert found.cost.min() == (READ + 2) * (M * D + N * D) + M * N * UPDATE


@pytest.mark.parametrize("capacity", [3, 7, 11, 16, 20, 28, 100])
def test_shared_iterations_by_hand(capacity: int) -> None:
    found = outside(capacity, tile={"M": (2, 2)})
    assert found is not None
    assert found.cost.min() == by_hand(capacity, rows=2)


def test_columns_may_be_taken() -> None:
    found = outside(44)
    assert found is not None
    one = found.take(np.array([1]))
    assert one.cost.tolist() == [found.cost[1]] and one.tiles[0].tolist() == [found.tiles[0][1]]


def test_sums_with_one_that_stays() -> None:
    moving, staying = ([np.array([n]) for n in numbers] for numbers in ((10.0, 20.0, 40.0), (1.0, 2.0, 4.0)))
    assert [each.tolist() for each in sums(moving, staying)] == [[61], [52], [34]]
