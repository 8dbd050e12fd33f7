"""Chips as results show them, with the mapping that was chosen."""

from __future__ import annotations

import pytest
from tiny_explorations import Prices, known

from flat_plugin.exploration.aims import Objectives
from flat_plugin.exploration.explorer import Explorer
from flat_plugin.exploration.figures import FRONT
from flat_plugin.exploration.showing import Shower


def test_a_chip_with_its_figures() -> None:
    found, prices = known(objective=["latency", "energy"], budgets={"area_mm2": 0.005}), Prices()
    explorer = Explorer(found, Objectives(found.bounds.asked), prices)
    explorer.run()
    prices.asked.clear()
    fast, frugal = Shower(found, prices).of([option for _, option in explorer.front.sorted()])
    assert [(query.mode, query.pick) for query in prices.asked] == [(FRONT, 0), (FRONT, 1)]
    assert (fast.design, fast.label) == (3, "buffer_kb 2, dram_words_per_cycle 8")
    assert fast.values == fast.settings == {"buffer_kb": 2, "dram_words_per_cycle": 8}
    assert (fast.answers[0].latency_s, frugal.answers[0].latency_s) == (2e-6, 4e-6)
    assert fast.totals["latency"] == 2e-6 and frugal.totals["energy"] == pytest.approx(1.5e-7)
    assert fast.areas == pytest.approx({"DRAM": 1e-6, "Buffer": 2e-3, "MAC": 1.6e-3, "Lanes": 4e-4})
    assert fast.peaks["MAC"] == pytest.approx(16e-3) and fast.missed == {}


def test_nothing_is_shown_of_nothing() -> None:
    prices = Prices()
    shower = Shower(known(), prices)
    assert shower.one(None) is None and shower.of([]) == () and prices.asked == []
