"""Menus: mappings that none of the others beats in latency and energy."""

from __future__ import annotations

import numpy as np
import pytest

from flat_plugin.exploration.figures import FRONT, Answer
from flat_plugin.exploration.menus import MODES, Menu, bound_of, joined, menu_of, point


def answer(latency: float, energy: float, leak: float = 0.0) -> Answer:
    return Answer("flat", latency_s=latency, energy_j=energy, leak_j=leak)


def entries(menu: Menu) -> list[tuple[float, float]]:
    return sorted(zip(menu.latency.tolist(), menu.energy.tolist(), strict=True))


def test_only_what_none_beats_is_on_it() -> None:
    front = Answer("flat", front=((1.0, 9.0, 0.5), (2.0, 8.0, 0.4), (3.0, 8.5, 0.3), (4.0, 1.0, 0.2)))
    menu = menu_of({FRONT: front}, family=5)
    assert entries(menu) == [(1.0, 9.0), (2.0, 8.0), (4.0, 1.0)]
    first = int(menu.latency.argmin())
    assert (menu.edp[first], menu.leak[first]) == (9.0, 0.5)
    assert sorted(menu.source.tolist()) == [[5, 0, 0], [5, 0, 1], [5, 0, 3]]


def test_entries_of_several_answers_say_which_they_are_of() -> None:
    menu = menu_of({"energy": answer(4.0, 1.0), "latency": answer(1.0, 4.0)})
    modes = {MODES[mode] for _, mode, _ in menu.source.tolist()}
    assert len(menu) == 2 and modes == {"energy", "latency"}


def test_the_least_of_a_figure() -> None:
    menu = menu_of({"energy": answer(4.0, 1.0), "latency": answer(1.0, 5.0)})
    assert (menu.least("latency"), menu.least("energy"), menu.least("edp")) == (1.0, 1.0, 4.0)


def test_where_nothing_fits_it_is_empty_and_says_why() -> None:
    menu = menu_of({"edp": Answer("flat", "too small")})
    assert len(menu) == 0 and menu.reason == "too small" and menu.least("edp") == np.inf
    assert bound_of({"edp": Answer("flat", "too small"), "energy": answer(1, 1)}).reason == "too small"


def test_what_no_mapping_beats_is_the_best_of_each_figure() -> None:
    bound = bound_of({"latency": answer(1.0, 9.0), "energy": answer(9.0, 2.0), "edp": answer(2.0, 3.0)})
    assert (bound.latency[0], bound.energy[0], bound.edp[0]) == (1.0, 2.0, 6.0)
    only = bound_of({"energy": answer(9.0, 2.0)})
    assert (only.latency[0], only.energy[0], only.edp[0]) == (0.0, 2.0, 0.0)
    assert point({"latency": 2.0, "energy": 3.0, "edp": 1.0}).edp[0] == 6.0  # never below their product


def test_menus_are_joined_to_the_best_of_all() -> None:
    one, other = menu_of({"edp": answer(1.0, 4.0)}, 0), menu_of({"edp": answer(3.0, 3.0)}, 1)
    worse = menu_of({"edp": answer(3.0, 4.0)}, 2)
    both = joined([one, worse, other])
    assert entries(both) == [(1.0, 4.0), (3.0, 3.0)]
    assert {family for family, _, _ in both.source.tolist()} == {0, 1}


def test_reasons_are_joined_where_nothing_fits_at_all() -> None:
    nothing = [menu_of({"edp": Answer("flat", why)}) for why in ("a", "b", "a")]
    assert joined(nothing).reason == "a; b"
    assert joined([*nothing, point({})]).reason == ""


@pytest.mark.parametrize(
    ("other", "covered"),
    [((1.0, 4.0), True), ((2.0, 4.0), True), ((0.5, 4.0), False), ((3.0, 3.0), False), ((9.0, 2.0), True)],
)
def test_a_menu_covers_what_is_no_better_than_one_of_its_entries(
    other: tuple[float, float], covered: bool
) -> None:
    menu = menu_of({"latency": answer(1.0, 4.0), "energy": answer(9.0, 2.0)})
    assert menu.covers(menu_of({"edp": answer(*other)})) == covered


def test_nothing_is_covered_by_every_menu() -> None:
    assert point({}).covers(menu_of({"edp": Answer("flat", "too small")}))
