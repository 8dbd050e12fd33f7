"""Sets of designs that one chip bounds, split where they are loosest."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tiny_explorations import known

from flat_plugin.exploration.bounds import Bounds
from flat_plugin.exploration.boxes import Box
from flat_plugin.exploration.figures import Answer


def bounds(**changes: Any) -> Bounds:
    """Designs are (KB, words a cycle): (1, 4), (1, 8), (2, 4), (2, 8), (4, 4), (4, 8)."""
    return known(**changes).bounds


def split(box: Box, of: Bounds) -> list[list[int]]:
    return [part.designs.tolist() for part in box.split(of)]


def test_its_chip_is_the_best_of_it_in_every_trait() -> None:
    box = Box(np.array([1, 4]))  # 1 KB with 8 words a cycle, 4 KB with 4
    chip = box.platform(bounds()).architecture
    assert (chip.memories[0].shared_bandwidth, chip.memories[1].capacity) == (8, 2048)
    assert box.corner(bounds()).tolist() == [8.0, 2048.0] and not box.single


def test_the_chip_of_a_single_design_is_its_own() -> None:
    box = Box(np.array([1]))
    assert box.single and box.platform(bounds()) == bounds().chips.platform(1)


def test_few_are_looked_at_one_by_one() -> None:
    assert split(Box(np.array([1, 4])), bounds()) == [[1], [4]]


def test_it_is_split_along_the_trait_in_which_its_chips_differ_most() -> None:
    """Without answers: capacities, which differ four times."""
    assert split(Box(np.arange(6)), bounds()) == [[2, 3, 4, 5], [0, 1]]


def test_with_answers_it_is_split_by_what_matters() -> None:
    """DRAM is busy all the time, so its bandwidth is what tells the chips apart."""
    busy = Answer("flat", cycles=100, energy_j=1.0, busy={"DRAM": 100.0})
    box = Box(np.arange(6), hints={(0, 0): busy})
    assert split(box, bounds()) == [[1, 3, 5], [0, 2, 4]]


def test_an_idle_resource_tells_nothing_apart() -> None:
    idle = Answer("flat", cycles=100, energy_j=1.0, busy={"DRAM": 1.0})
    assert split(Box(np.arange(6), hints={(0, 0): idle}), bounds()) == [[2, 3, 4, 5], [0, 1]]


@pytest.mark.parametrize(("share", "halves"), [(0.9, [[0, 1, 2], [3, 4, 5]]), (0.01, [[0, 1, 3, 4], [2, 5]])])
def test_dear_accesses_matter_by_their_share_of_the_energy(share: float, halves: list[list[int]]) -> None:
    axes = {"DRAM.energy_pj": [400, 800], "buffer_kb": [4, 2, 1]}
    costs = Answer("flat", cycles=100, energy_j=1.0, energy={"DRAM": share})
    box = Box(np.arange(6), hints={(0, 0): costs})
    assert split(box, bounds(axes=axes, area_um2={"Lanes": 400})) == halves


def test_equal_chips_are_told_apart_by_their_number() -> None:
    axes = {"MAC.area_um2": [100, 200, 300]}
    assert split(Box(np.arange(3)), bounds(axes=axes, area_um2={})) == [[0], [1, 2]]
