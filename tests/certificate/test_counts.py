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


THREE = Prices(
    read=(10, 1, 0.1), write=(20, 2, 0.2), update=(30, 3, 0.3), compute=1, cycle=(0.5, 0.25, 0.125)
)


def with_registers(*, perfect: bool = True) -> Counts:
    """Four units along x, each with registers of its own."""
    memories = (
        Memory("DRAM", "DRAM", 16),
        Memory("Buffer", "SRAM", 16, capacity=64),
        Memory("Regs", "regfile", 16, capacity=4, instances=4, mesh_x=4),
    )
    chip = Architecture("chip", memories, Compute("MAC", "intmac", 16, 4, 4))
    part = Part(Attention(1, 1, 4, 6, 2).logit(), chip, perfect=perfect)
    return Counts(part, THREE, loose_units(part))


def choice(found: Counts, *wide: int) -> int:
    """Units side by side along the axes that Q, K and S miss."""
    return int(np.flatnonzero((wide == found.units.wide.T).all(axis=1))[0])


def test_registers_of_the_units_leak_while_they_compute() -> None:
    found = with_registers()
    assert found.fixed[choice(found, 1, 1, 1)] == 48 * (1 + 0.125) + 48 * 0.75
    assert found.fixed[choice(found, 2, 1, 2)] == 48 * (1 + 0.125) + 12 * 0.75


def test_units_ask_their_own_registers_for_every_operand() -> None:
    """Of two units that add up one score, each has a first sum."""
    found = with_registers()
    asked = found.asked((2, 2, 2))
    assert asked[choice(found, 1, 1, 1)] == pytest.approx(48 * 0.1 * 2 + 48 * 0.3 + (48 - 24) * 0.1)
    assert asked[choice(found, 1, 1, 2)] == pytest.approx(48 * 0.1 * 2 + 48 * 0.3)


def test_units_get_a_word_of_the_buffer_together() -> None:
    """Two units with two keys each ask for a query once: half as often as one does."""
    found = with_registers()
    asked = found.asked((1, 1, 1))
    assert asked[choice(found, 1, 1, 1)] == 48 + 48 + 48 * 3 + 24
    assert asked[choice(found, 2, 1, 1)] == 24 + 48 + 48 * 3 + 24


def test_ragged_words_of_registers_may_be_rounded_down_by_one_in_each() -> None:
    found = with_registers(perfect=False)
    moved = found.moved(Q, 2, 1, np.array([3.0]), 2.0)
    assert moved[choice(found, 1, 1, 1)] == pytest.approx((24 - 1) * 1 + (16 - 1) * 0.2)
    two = choice(found, 2, 1, 1)  # of which one and a half are in use, at least: one
    assert moved[two] == pytest.approx((24 - 1) * 1 + (16 / 2 - 2) * 0.2)


def test_ragged_operands_may_be_those_of_a_unit_less() -> None:
    """Of two times two units 9/4 are in use, at least: of what all do 5/9 counts, less a word in each."""
    found = with_registers(perfect=False)
    asked = found.asked((2, 2, 2))[choice(found, 2, 2, 1)]
    words, again = 48 * 5 / 9 - 4, 24 * 5 / 9 - 4
    assert asked == pytest.approx(words * 0.1 * 2 + words * 0.3 + again * 0.1)
