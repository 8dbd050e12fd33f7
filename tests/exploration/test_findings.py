"""What is known of a design space, whatever is looked for."""

from __future__ import annotations

from tiny_explorations import known


def test_more_is_better_where_nothing_else_is_asked() -> None:
    """4 KB with 8 words a cycle is no worse than any other chip."""
    found = known()
    assert found.undominated.tolist() == [False] * 5 + [True]
    assert found.menus == {} and found.answered == 0


def test_a_smaller_chip_may_be_the_best_where_area_is_asked_for() -> None:
    """Of each size of buffer the one with more bandwidth, which has no area."""
    assert known(objective=["area", "edp"]).undominated.tolist() == [False, True] * 3
    assert known(budgets={"area_mm2": 1}).undominated.tolist() == [False, True] * 3


def test_a_chip_of_less_peak_power_may_be_the_best_where_that_is_limited() -> None:
    """Of each bandwidth the largest buffer, which draws no more."""
    assert known(budgets={"peak_power_w": 1}).undominated.tolist() == [False] * 4 + [True] * 2


def test_a_chip_has_more_merit_where_it_is_better_in_more() -> None:
    merit = known().merit
    assert merit.argmax() == 5 and merit.argmin() == 0
