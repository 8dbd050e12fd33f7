"""An exploration from its question to its answer, by prices that a hand can check."""

from __future__ import annotations

from typing import Any

import pytest
from tiny_explorations import Prices, exploration

from flat_plugin.errors import FlatError
from flat_plugin.exploration.chip_cost import Query
from flat_plugin.exploration.figures import Answer
from flat_plugin.exploration.result import ExploreResult
from flat_plugin.exploration.run import explored, known_of


def found(prices: Prices | None = None, *, every: bool = False, **changes: Any) -> ExploreResult:
    return explored(exploration(**changes), prices or Prices(), every=every)


def test_the_best_chip() -> None:
    answer = found()
    assert answer.best is not None
    assert answer.best.label == "buffer_kb 4, dram_words_per_cycle 8"
    assert answer.best.totals["edp"] == pytest.approx(3e-13)
    assert [chip.design for chip in answer.front] == [5] and answer.nearest is None
    assert [(step.axis, step.to) for step in answer.steps] == [
        ("buffer_kb", "2"),
        ("dram_words_per_cycle", "4"),
    ]
    assert (answer.declared, answer.designs, answer.proven) == (6, 6, True)
    assert sum(count.chips for count in answer.counts) == 6
    assert answer.every == () and answer.assumptions and answer.seconds >= 0


def test_of_two_objectives_the_best_has_the_least_product() -> None:
    """Areas of 3.001, 4.001 and 6.001 by 6, 4 and 3."""
    answer = found(objective=["area", "edp"])
    assert [chip.design for chip in answer.front] == [1, 3, 5]
    assert answer.best is not None and answer.best.design == 3


def test_the_best_has_no_more_than_it_needs() -> None:
    answer = found(objective="energy")
    assert answer.best is not None and answer.best.design == 4
    assert [chip.design for chip in answer.front] == [4]


def test_the_nearest_where_no_chip_meets_the_budgets() -> None:
    answer = found(budgets={"area_mm2": 0.003, "latency_s": 2e-6})
    assert answer.best is None and answer.front == () and answer.proven
    assert answer.nearest is not None and answer.nearest.design == 1
    assert answer.nearest.missed == pytest.approx({"area": 0.003001 / 0.003 - 1})
    assert answer.steps


def test_nothing_fits_anything() -> None:
    answer = found(Prices(fits=9))
    assert answer.best is answer.nearest is None and answer.steps == ()


def test_every_design_that_meets_the_budgets() -> None:
    answer = found(every=True, budgets={"area_mm2": 0.005})
    assert [chip.design for chip in answer.every] == [0, 1, 2, 3]


class Interrupted(Prices):
    def __call__(self, queries: list[Query]) -> list[Answer]:  # type: ignore[override]
        if len(self.asked) >= 3:
            self.asked.clear()
            raise KeyboardInterrupt
        return super().__call__(queries)


def test_interrupted_it_has_the_best_so_far_and_no_proof() -> None:
    answer = found(Interrupted(), objective=["area", "edp"])
    assert answer.front and answer.best is not None and not answer.proven


def test_interrupted_before_anything_is_found() -> None:
    def at_once(queries: Any) -> list[Answer]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        explored(exploration(), at_once)


def test_what_is_wrong_is_said_before_anything_is_asked() -> None:
    with pytest.raises(FlatError, match="exploration.axes.Buffer.n_banks: its values change nothing"):
        known_of(exploration(axes={"Buffer.n_banks": [1, 2]}, area_um2={}))


def test_energies_may_be_scaled() -> None:
    scaled = known_of(exploration(), {"DRAM": 2.0}).bounds.chips
    assert scaled.platform(0).energies.energy("DRAM", "read") == 800
