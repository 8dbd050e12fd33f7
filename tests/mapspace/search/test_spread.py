"""How rows lie over cores, by hand."""

import pytest

from flat_plugin.mapspace.search.axes import Place
from flat_plugin.mapspace.search.spread import Spread
from flat_plugin.mapspace.structure import structure_of
from flat_plugin.workload import Attention

STRUCTURE = structure_of(Attention(2, 5, 7, 9, 3).logit())  # core M 7, N 9, D 3; batch B 2, H 5
M = STRUCTURE.core.index("M")
SPREAD = Spread(STRUCTURE, {0: {"H": (2, True)}, 1: {"M": (3, False), "H": (2, True)}})


def test_children_side_by_side():
    assert (SPREAD.along("H"), SPREAD.along("M"), SPREAD.along("N")) == (4, 3, 1)
    assert (SPREAD.along("H", 1), SPREAD.along("H", 0, 1), SPREAD.along("M", 0, 1)) == (2, 2, 1)
    assert dict(zip(STRUCTURE.core, SPREAD.over, strict=True)) == {"M": 3, "N": 1, "D": 1}


def test_rows_and_problems_of_one_core():
    assert dict(zip(STRUCTURE.core, SPREAD.core_sizes, strict=True)) == {"M": 3, "N": 9, "D": 3}
    assert (SPREAD.turns_of("H"), SPREAD.turns_of("B"), SPREAD.turns) == (2, 2, 4)  # ⌈5 / 4⌉


def test_cores_in_use_on_average():
    assert SPREAD.cores == pytest.approx(5 / 2 * 7 / 3)


def test_children_between_places():
    places = (Place(0, shared=True), Place(0), Place(1))
    assert [SPREAD.after(places, n, M) for n in range(3)] == [1, 1, 3]


def test_problems_that_are_held_at_once():
    assert SPREAD.batch_inside(0) == 4 and SPREAD.batch_inside(1) == 2 and SPREAD.batch_inside(2) == 1
    spanned = Spread(STRUCTURE, SPREAD.levels, frozenset({"B"}), meeting=1)
    assert (
        spanned.batch_inside(1) == 2 * 2 and SPREAD.batch_inside(2, 0) == 4 and spanned.batch_inside(2) == 1
    )
    assert (spanned.level_of("B"), spanned.level_of("H")) == (1, 0)


def test_children_that_need_different_words():
    """Q has B, H, M, D and K has B, H, N, D: below both memories 4 heads, of 3, 3 and 1 rows each."""
    names = STRUCTURE.names
    assert SPREAD.distinct(names.index("Q"), 0, 2) == pytest.approx(4 * 7 / 3)
    assert SPREAD.distinct(names.index("K"), 0, 2) == 4
    assert SPREAD.distinct(names.index("K"), 1, 2) == 2


def test_equal_levels_are_one_value():
    other = Spread(STRUCTURE, {1: {"H": (2, True), "M": (3, False)}, 0: {"H": (2, True)}})
    assert other.key == SPREAD.key
    assert Spread(STRUCTURE, {}).key == () and Spread(STRUCTURE, {}).cores == 1


def test_no_more_problems_are_held_than_there_are():
    """Five heads over four cores take two turns, of which the second has one."""
    spanned = Spread(STRUCTURE, SPREAD.levels, frozenset({"H"}), meeting=1)
    assert spanned.batch_inside(0) == 5 and spanned.batch_inside(1) == 2 * 2 and spanned.batch_inside(2) == 1
