"""What designs cost at least: limits first, then the menus of chips that are no worse."""

from __future__ import annotations

import numpy as np
import pytest
from tiny_explorations import exploration, known

from flat_plugin.exploration.bounds import NONE, Bounds
from flat_plugin.exploration.menus import point

LATENCY, ENERGY = 384e-9, 56.32e-9  # of any design, by the physical limits


def bounds() -> Bounds:
    """Designs are (KB, words a cycle): (1, 4), (1, 8), (2, 4), (2, 8), (4, 4), (4, 8)."""
    return known().bounds


def test_at_first_there_are_the_physical_limits() -> None:
    found = bounds()
    assert found.least["latency"] == pytest.approx(np.full((1, 1, 6), LATENCY))
    assert found.least["energy"] == pytest.approx(np.full((1, 1, 6), ENERGY))
    assert found.least["edp"] == pytest.approx(np.full((1, 1, 6), LATENCY * ENERGY))
    assert (found.of == NONE).all() and found.menu(0, 0, 3).latency[0] == pytest.approx(LATENCY)
    assert found.all_shared


def test_a_menu_bounds_the_designs_that_are_no_better_in_any_trait() -> None:
    """That of 2 KB with 4 words a cycle: 1 KB and 2 KB with 4 words."""
    found = bounds()
    menu = point({"latency": 2e-6, "energy": 1e-7, "edp": 3e-13})
    found.learn(0, 0, menu, found.traits.values[:, 2], 2)
    bounded = [0, 2]
    assert np.flatnonzero(found.of[0, 0] != NONE).tolist() == bounded
    assert np.flatnonzero(found.least["latency"][0, 0] == 2e-6).tolist() == bounded
    assert found.ranked(0, 0).tolist() == [3e-13]  # by EDP, which is the objective
    assert found.menu(0, 0, 0) is menu and found.menu(0, 0, 1) is not menu


def test_a_looser_menu_makes_no_bound_looser() -> None:
    found = bounds()
    close, loose = (point({"latency": t, "energy": 1e-7}) for t in (2e-6, 1e-6))
    for menu in (close, loose):
        found.learn(0, 0, menu, found.corner(0), 0)
    assert found.menu(0, 0, 0) is close and found.least["latency"][0, 0, 0] == 2e-6


def test_a_designs_own_menu_is_its_alone() -> None:
    found = bounds()
    found.learn_own(0, 0, point({"latency": 1.0, "energy": 1.0}), 3)
    assert np.flatnonzero(found.of[0, 0] != NONE).tolist() == [3]


def test_the_corner_of_a_group_is_the_best_in_each_trait() -> None:
    assert bounds().corner(0).tolist() == [8.0, 2048.0]


def test_named_dataflows_bound_no_other_chips() -> None:
    assert not known(dataflows=["flat-r16"]).bounds.all_shared


def test_dearer_accesses_are_added() -> None:
    """Twice as dear an access of DRAM adds what the cheapest chip spends on it at least."""
    asked = {"axes": {"DRAM.energy_pj": [400, 800]}, "area_um2": {"Lanes": 400}}
    found = known(**asked).bounds
    assert len(found.prices) == 1 and exploration(**asked).space.label(1) == "DRAM.energy_pj 800"
    found.floor(0, 0, 0, 0, 3e-8)
    found.learn(0, 0, point({"latency": 1e-6, "energy": 2e-7, "edp": 2e-13}), found.corner(0), 0)
    assert found.more[0, 0].tolist() == pytest.approx([0, 3e-8])
    assert found.least["latency"][0, 0].tolist() == [1e-6] * 2
    assert found.least["energy"][0, 0].tolist() == pytest.approx([2e-7, 2.3e-7])
    assert found.least["edp"][0, 0].tolist() == pytest.approx([2e-13, 2e-13 + 3e-8 * LATENCY])
