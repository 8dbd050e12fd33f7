"""Sets of designs, and what is asked of the chips that bound them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tiny_explorations import Prices, known

from flat_plugin.exploration.bounds import NONE
from flat_plugin.exploration.figures import FRONT
from flat_plugin.exploration.next_queries import Asking, Wanted


def asking(every: bool = False, **changes: Any) -> tuple[Asking, list[int]]:
    """And the designs that got their menus."""
    found = known(**changes)
    settled: list[int] = []

    def settle(design: int) -> None:
        asker.alive[design] = False
        settled.append(design)

    asker = Asking(found, np.ones(6, dtype=bool), every, settle)
    return asker, settled


def chips(wanted: Wanted) -> list[tuple[float, float]]:
    """(KB, words a cycle) of the chips that are asked about."""
    hardware = [query.platform.architecture.memories for query in wanted.values()]
    return [(buffer.capacity / 512, dram.shared_bandwidth) for dram, buffer in hardware]


def test_first_the_best_of_all_designs_is_asked_for_what_decides() -> None:
    asker, _ = asking()
    wanted = asker.wanted([0, 3])
    assert chips(wanted) == [(4, 8)]  # once, for both
    assert [key.mode for key in wanted] == ["edp"]


def test_its_answer_bounds_all_and_then_the_set_is_split() -> None:
    asker, settled = asking(objective="latency")
    first = asker.wanted([0])
    asker.take(first, Prices()(list(first.values())))
    bounds = asker.bounds
    assert (bounds.of != NONE).all() and bounds.least["latency"][0, 0] == pytest.approx([2e-6] * 6)
    assert asker.known.answered == 1 and not settled
    assert chips(asker.wanted([0])) == [(1, 4)]  # the design itself, which rules out others


def test_a_design_is_settled_with_the_menus_of_all_dataflows() -> None:
    asker, settled = asking(dataflows=["base-opt", "flat-opt"])
    asker.single(0)
    for _ in range(4):
        wanted = asker.wanted([0])
        asker.take(wanted, Prices()(list(wanted.values())))
    assert settled[:1] == [0]
    (menu,) = asker.known.menus[0]
    assert menu.least("edp") == pytest.approx(3e-6 * 3e-7)


def test_single_designs_are_asked_for_all_that_nothing_beats_where_several_figures_count() -> None:
    asker, _ = asking(objective=["latency", "energy"])
    assert {key.mode for key in asker.wanted([2])} == {"energy", "latency"}
    asker.single(2)
    assert [key.mode for key in asker.wanted([2])] == [FRONT]


def test_a_front_bounds_by_all_its_mappings() -> None:
    asker, _ = asking(objective=["latency", "energy"])
    asker.single(2)
    wanted = asker.wanted([2])
    asker.take(wanted, Prices()(list(wanted.values())))
    assert len(asker.bounds.menu(0, 0, 2)) == 2


def test_a_set_is_split_without_the_designs_that_are_ruled_out() -> None:
    """DRAM is busy, so chips of 4 words a cycle are apart; without those of 4 KB they have 2 KB at most."""
    asker, _ = asking()
    first = asker.wanted([3])
    asker.take(first, Prices()(list(first.values())))
    asker.alive[[4, 5]] = False
    assert chips(asker.wanted([3])) == [(2, 8)]
    assert chips(asker.wanted([2])) == [(2, 4)]


def test_nothing_is_asked_of_sets_where_every_design_is() -> None:
    asker, _ = asking(every=True)
    assert chips(asker.wanted([1, 4])) == [(1, 8), (4, 4)]


def test_of_dearer_accesses_the_least_is_asked_for_too() -> None:
    """Unless latency alone decides."""
    axes = {"DRAM.energy_pj": [400, 800, 900, 1000, 1100, 1200]}
    wanted = asking(axes=axes, area_um2={})[0].wanted([0])
    (floor,) = [query for key, query in wanted.items() if key.box < 0]
    energies = floor.platform.energies
    assert energies.energy("DRAM", "read") == 400 and energies.energy("MAC", "compute") == 0
    alone = asking(axes=axes, area_um2={}, objective="latency")[0].wanted([0])
    assert all(key.box >= 0 for key in alone)
