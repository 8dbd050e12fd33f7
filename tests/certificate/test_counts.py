"""What is counted of a tensor at least: S (4 × 6) = Q (4 × 2) · K (2 × 6), on one unit below a buffer."""

from __future__ import annotations

from math import inf

import numpy as np
import pytest

from flat_plugin.architecture import Architecture, Compute, Memory
from flat_plugin.certificate.counts import Counts
from flat_plugin.certificate.part import Part
from flat_plugin.certificate.prices import Prices
from flat_plugin.certificate.units import loose_units
from flat_plugin.workload import Attention

Q, K, S = range(3)
PRICES = Prices(read=(10, 1), write=(20, 2), update=(30, 3), compute=1, cycle=(0.5, 0.25))


def counts(*, perfect: bool = True, mesh_x: int = 1, mesh_y: int = 1) -> Counts:
    units = Compute("MAC", "intmac", 16, mesh_x * mesh_y, mesh_x, mesh_y)
    chip = Architecture(
        "chip", (Memory("DRAM", "DRAM", 16), Memory("Buffer", "SRAM", 16, capacity=64)), units
    )
    part = Part(Attention(1, 1, 4, 6, 2).logit(), chip, perfect=perfect)
    return Counts(part, PRICES, loose_units(part))


def test_tensors_with_their_words_and_the_axes_that_they_miss() -> None:
    found = counts()
    assert (found.names, found.sizes) == (("Q", "K", "S"), (8, 12, 24))
    assert (found.length, found.output) == ((6, 4, 2), (False, False, True))


def test_fixed_are_operations_and_the_leakage_of_all_cycles() -> None:
    """48 of 1 pJ, at 0.75 pJ of leakage a cycle: 48 cycles of one unit, 24 of two, and so on."""
    assert counts().fixed.tolist() == [48 + 48 * 0.75]
    many = counts(mesh_x=2)
    assert many.steps.tolist() == [48, 24, 24, 24]
    assert many.fixed.tolist() == [48 + 36, *[48 + 18] * 3]


@pytest.mark.parametrize(
    ("tensor", "cost"),
    [
        (Q, 10 * 8 * 3 + 2 * 8 * 2),  # three times from DRAM, into two places
        (K, 10 * 12 * 3 + 2 * 12 * 2),
        (S, 30 * 24 * 3 + (2 + 10) * 24 * 2),  # sums go out three times, and come back twice
    ],
)
def test_what_comes_three_times_each_time_in_two_copies(tensor: int, cost: float) -> None:
    assert counts().moved(tensor, 1, 0, np.array([3.0]), 2.0).tolist() == [cost]


def test_nothing_comes_from_where_it_is_not() -> None:
    assert counts().moved(Q, 1, -1, np.array([3.0, 4.0]), 1.0).tolist() == [0, 0]


def test_ragged_words_may_be_rounded_down_by_one_at_each_memory() -> None:
    found = counts(perfect=False).moved(Q, 1, 0, np.array([3.0]), 2.0)
    assert found.tolist() == [10 * (24 - 1) + 2 * (16 - 1)]


def test_a_unit_asks_at_every_cycle() -> None:
    """48 words each of Q and K; 48 sums, of which all but the first of each score are read before."""
    assert counts().asked((1, 1, 1)).tolist() == [48 + 48 + 48 * 3 + 24]
    assert counts().asked((0, 1, 1)).tolist() == [480 + 48 + 48 * 3 + 24]


def test_neighbours_may_hand_on_all_but_first_words() -> None:
    assert set(counts(mesh_x=2).asked((1, 1, 1)).tolist()) == {8 + 12 + 24 * 3}


def test_what_no_memory_has_costs_infinitely_much() -> None:
    assert counts().asked((1, -1, 1)).tolist() == [inf]
