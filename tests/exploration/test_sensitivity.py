"""How far the best chip stays the best when tables are wrong."""

from __future__ import annotations

import pytest
from tiny_explorations import Prices, exploration

from flat_plugin.errors import FlatError
from flat_plugin.exploration.result import ExploreResult
from flat_plugin.exploration.run import explored
from flat_plugin.exploration.sensitivity import Robust, Variation, robustness, variations

LARGEST = "buffer_kb 4, dram_words_per_cycle 8"


@pytest.fixture(scope="module")
def found() -> ExploreResult:
    """2 KB with 8 words a cycle: the least of area × EDP."""
    return explored(exploration(objective=["area", "edp"]), Prices())


@pytest.mark.parametrize(
    ("text", "varied"),
    [
        (None, ()),
        ("energies=±20%", (Variation("energies", 0.2),)),
        ("areas=+-12.5 %", (Variation("areas", 0.125),)),
        ("energies=5%, areas=50%", (Variation("energies", 0.05), Variation("areas", 0.5))),
    ],
)
def test_what_is_varied(text: str | None, varied: tuple[Variation, ...]) -> None:
    assert variations(text) == varied


@pytest.mark.parametrize(
    "text", ["", "energies", "energies=0%", "energies=100%", "areas=-5%", "power=5%", "areas=5%,"]
)
def test_what_cannot_be_varied(text: str) -> None:
    with pytest.raises(FlatError, match="vary: nothing to vary .*expected energies=±20% or areas=±20%"):
        variations(text)


def test_a_cheaper_buffer_makes_a_larger_one_the_best(found: ExploreResult) -> None:
    """4001 µm² × 3 against 3001 × 4 at half the area; 5001 × 3 against 3501 × 4 at three quarters of it."""
    rows = {(row.what, row.up): row for row in robustness(found, (Variation("areas", 0.5),), Prices())}
    assert [what for what, up in rows if up] == [
        f"area of {name}" for name in ("DRAM", "Buffer", "MAC", "Lanes")
    ]
    smaller, larger = rows["area of Buffer", False], rows["area of Buffer", True]
    assert larger == Robust("area of Buffer", True, 0.5, 0.5)
    assert (smaller.holds, smaller.instead) == (0.25, LARGEST)
    assert smaller.loss == pytest.approx(3001 * 4 / (4001 * 3) - 1)
    assert smaller.to_dict()["what"] == "area of Buffer"


def test_energies_that_no_price_depends_on_change_nothing(found: ExploreResult) -> None:
    rows = list(robustness(found, (Variation("energies", 0.2),), Prices()))
    assert [(row.what, row.up) for row in rows[:2]] == [
        ("energies of DRAM", False),
        ("energies of DRAM", True),
    ]
    assert len(rows) == 8 and all(row.holds == row.share == 0.2 and not row.instead for row in rows)


def test_a_best_that_breaks_a_budget_when_it_is_larger() -> None:
    best = explored(exploration(budgets={"area_mm2": 0.0061}), Prices())
    rows = {row.what: row for row in robustness(best, (Variation("areas", 0.2),), Prices()) if row.up}
    row = rows["area of Buffer"]
    assert row.instead == "buffer_kb 2, dram_words_per_cycle 8: the best breaks a budget"
    assert (row.loss, row.holds) == (0.0, 0.0)
