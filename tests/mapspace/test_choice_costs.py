"""Costs of choices below the buffer, counted by hand for a tile of 8 × 4 × 6."""

from dataclasses import replace
from math import inf

import numpy as np
import pytest
from counted_by_hand import CHIP, ENERGIES, PRODUCT

from flat_plugin.architecture import Memory
from flat_plugin.mapspace.choice_costs import FORBIDDEN, ChoiceCosts, port_time, product
from flat_plugin.mapspace.fabric import Candidates, Fabric
from flat_plugin.mapspace.structure import structure_of

STRUCTURE = structure_of(PRODUCT)
A, W, Z = range(3)
ONE = (1, 1, 1)
PLACEMENT = (((1, 1, 1), (1, 1, 1)), ((2, 1, 1), (1, 1, 2)), ((1, 1, 1), (1, 1, 1)))  # M on x, K on y
ONCE = (1.0, 1.0, 1.0)


def costs(leaks=(0.0, 0.0, 0.0), chip=CHIP, **options):
    fabric = Fabric.of(chip, PRODUCT.tensors)
    return ChoiceCosts(STRUCTURE, chip, ENERGIES, fabric, (PLACEMENT,), leaks, **options)


def choice(keep, stationary, register=ONE):
    return Candidates(
        np.array([[2.0], [1.0], [2.0]]),
        np.array(register, dtype=float)[:, None],
        np.array(keep)[:, None],
        np.array([stationary]),
        np.array([0]),
        (PLACEMENT,),
    )


def words(keep, stationary, register=ONE, carried=ONCE):
    menu = costs().of(choice(keep, stationary, register), (8, 4, 6), carried)
    return menu.steps[0], menu.reads[:, 0].tolist(), menu.updates[0]


def test_what_the_registers_do_not_keep_comes_at_every_step():
    """192 products on four units; A is shared by none, W by two (of M), Z's sums of two (of K) are added."""
    steps, reads, updates = words((False,) * 3, -1)
    assert (steps, reads, updates) == (48, [192, 96, 96 - 32], 96)


def test_the_stationary_tensor_comes_once_for_all_loops_that_it_misses():
    """A stays while n goes on, all four turns."""
    assert words((True, False, False), A)[1] == [192 / 4, 96, 64]
    assert words((False, True, False), W)[1] == [192, 96 / 4, 64]  # m has four turns beside its two units
    assert words((False, False, True), Z)[2] == 32


def test_a_wide_register_tile_spares_the_others():
    """Two of n in the registers: A comes half as often, whoever is stationary."""
    assert words((True, False, True), Z, (1, 2, 1))[1][A] == 192 / 2


def test_a_whole_tile_stays_while_the_outermost_loops_go_on():
    """Four of n, eight of m over two: Z's tile is whole in the registers; it outlives three turns outside."""
    whole = (4, 4, 1)
    assert words((False, False, True), Z, whole)[2] == 32
    assert words((False, False, True), Z, whole, (1.0, 1.0, 3.0))[2] == pytest.approx(32 / 3)


def test_a_tile_may_not_outlive_a_shared_iteration():
    menu = costs().of(choice((False, False, True), Z, (4, 4, 1)), (8, 4, 6), (1.0, 1.0, FORBIDDEN))
    assert menu.energy[0] == inf
    part = costs().of(choice((False, False, True), Z, (2, 4, 1)), (8, 4, 6), (1.0, 1.0, FORBIDDEN))
    assert part.energy[0] < inf


def test_energy_of_the_buffer_and_of_all_registers():
    """A kept: 48 reads a unit, and as many of its words filled as the buffer reads of them, by four."""
    menu = costs().of(choice((True, False, False), A), (8, 4, 6), ONCE)
    buffer = (48 + 96 + 64 + 96) * 10
    assert menu.energy[0] == buffer + 4 * (48 + 48 / 4) * 1


def test_leakage_is_of_used_instances():
    assert costs((1.0, 2.0, 3.0)).place_leaks.tolist() == [1 + 2 * 1 + 3 * 4]


def test_linked_units_have_no_registers_and_hand_on():
    linked = replace(CHIP, memories=CHIP.memories[:2])
    placement = (((1, 1, 1), (1, 1, 1)), ((2, 1, 1), (1, 1, 2)))
    found = ChoiceCosts(
        STRUCTURE, linked, ENERGIES, Fabric.of(linked, PRODUCT.tensors), (placement,), (0.0, 0.0)
    )
    # W is the same for the two columns of M, and Z for the two rows of K; A is each unit's own.
    assert found.links[:, 0].tolist() == [0, 2, 2]
    own = replace(choice((False,) * 3, W), placements=(placement,))
    menu = found.of(own, (8, 4, 6), ONCE)
    assert menu.reads[A, 0] == 192
    assert menu.reads[W, 0] == 48 * 2 - (48 - 48 / 4) * 2  # of four turns of m the first alone reads


def test_ports():
    memory = Memory("L", "SRAM", 16, read_bandwidth=2, shared_bandwidth=4)
    assert port_time(memory, np.array([8.0, 1.0]), np.array([1.0, 11.0])).tolist() == [4, 3]
    assert port_time(Memory("L", "SRAM", 16), np.array([8.0]), np.array([1.0])).tolist() == [0]
    assert product((2, 3, 5), (0, 2)) == 10 and product((2,), ()) == 1
