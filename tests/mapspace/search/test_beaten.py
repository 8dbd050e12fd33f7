"""Known points leave out what they equal or beat, whatever an operator is chained with."""

import numpy as np
import pytest

from flat_plugin.architecture import Architecture, Compute, Memory
from flat_plugin.mapspace.search.beaten import Beaten
from flat_plugin.mapspace.search.join import FREE, Chain
from flat_plugin.mapspace.search.points import Points

CHIP = Architecture(
    "small",
    (Memory("DRAM", "DRAM", 16, shared_bandwidth=2), Memory("L1", "SRAM", 16)),
    Compute("MAC", "intmac", 16),
)


def points(*rows, room=0.0):
    """Of (cycles, energy)."""
    cycles, energy = np.array(rows, dtype=float).T
    n = len(cycles)
    busy, rooms = np.zeros((2, n)), np.full((2, n), room)
    return Points(cycles, cycles, busy, energy, np.zeros(n), rooms, np.zeros(n), np.arange(n))


def beaten(fused=False, goals=("edp",)):
    found = Beaten(Chain(CHIP, fused, False, 1, FREE), goals)
    found.add(points((4, 10), (8, 5)))
    return found


@pytest.mark.parametrize("fused", [False, True])
def test_what_is_no_better_in_anything_is_worse(fused):
    bounds = points((4, 10), (5, 11), (5, 9), (8, 5), (9, 4), (3, 99))
    assert beaten(fused).worse(bounds).tolist() == [True, True, False, True, False, False]


def test_fused_operators_are_compared_by_room_as_well():
    assert beaten(True).worse(points((9, 20), room=1.0)).all()
    less = beaten(True)
    less.known[:, -1] = 2.0
    assert not less.worse(points((9, 20), room=1.0)).any()


def test_of_known_points_those_that_others_beat_are_forgotten():
    found = beaten()
    found.add(points((4, 9), (9, 9)))
    assert sorted(map(tuple, found.known.tolist())) == [(4, 9), (8, 5)]


def test_the_energy_at_which_a_point_is_no_better():
    assert beaten().energy(np.array([3.0, 4.0, 7.0, 8.0, 99.0])).tolist() == [np.inf, 10, 10, 5, 5]
    assert beaten(fused=True).energy(np.array([9.0])).tolist() == [np.inf]
    assert beaten(goals=("traffic",)).energy(np.array([9.0])).tolist() == [np.inf]
    assert Beaten(beaten().chain, ("edp",)).energy(np.array([9.0])).tolist() == [np.inf]


def test_nothing_known_leaves_nothing_out():
    assert not Beaten(beaten().chain, ("edp",)).worse(points((1, 1), (9, 9))).any()
