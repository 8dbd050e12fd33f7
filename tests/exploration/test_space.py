"""Every combination of the axes' values that the conditions leave."""

from __future__ import annotations

import numpy as np
import pytest

from flat_plugin.errors import FlatError
from flat_plugin.exploration import space as module
from flat_plugin.exploration.axes import Axis, read_axis
from flat_plugin.exploration.expressions import parse
from flat_plugin.exploration.quantities import Quantity
from flat_plugin.exploration.space import Space, Tie

KB, WIDTH = read_axis("buffer_kb", [64, 128, 256]), read_axis("width", [8, 16])
NAMES = [KB.name, WIDTH.name]


def tie(target: str, *texts: str) -> Tie:
    return Tie(target, tuple(parse(text, "here", NAMES) for text in texts))


SPACE = Space((KB, WIDTH), (tie("pes", "width", "width * 2"),), (), frozenset(["buffer_kb"]))


def only(*conditions: str) -> Space:
    return Space((KB, WIDTH), (), tuple(parse(text, "where", NAMES) for text in conditions))


def test_every_combination_the_last_axis_fastest() -> None:
    assert SPACE.declared == len(SPACE) == 6
    assert SPACE.codes.tolist() == [[0, 0, 1, 1, 2, 2], [0, 1, 0, 1, 0, 1]]
    assert SPACE.values(3) == {"buffer_kb": 128, "width": 16}
    assert SPACE.label(3) == "buffer_kb 128, width 16"


def test_conditions_leave_designs_out() -> None:
    space = only("buffer_kb > width * 8", "width < 16")
    assert (space.declared, len(space)) == (6, 2)
    assert [space.values(n)["buffer_kb"] for n in range(2)] == [128, 256]


def test_what_is_set_is_axes_that_set_something_and_ties() -> None:
    assert list(SPACE.settings(SPACE.codes[:, [0, 5]])) == [
        {"buffer_kb": 64, "pes": [8, 16]},
        {"buffer_kb": 256, "pes": [16, 32]},
    ]
    assert SPACE.all_targets == ("buffer_kb", "pes")


def test_which_axes_decide_a_target() -> None:
    assert SPACE.axes_of("buffer_kb") == {0}
    assert SPACE.axes_of("pes") == {1}
    assert SPACE.axes_of("width") == frozenset()  # it sets nothing itself


def test_a_tie_gives_whole_numbers_as_such() -> None:
    names = {"width": Quantity(np.array([8, 16]))}
    (whole,) = [tie("x", "width / 4").values(names, 2)]
    assert whole == [2, 4] and [type(value) for value in whole] == [int, int]
    assert tie("x", "width * 1000 / 4").values(names, 2) == [2000, 4000]
    assert tie("x", "width / 3").values(names, 2)[1] == pytest.approx(16 / 3)
    assert tie("x", "7").values(names, 2) == [7, 7]
    assert tie("x", "width", "width * 2").names == ("width",)


def test_values_of_several_numbers_are_set_as_lists_and_named_in_no_expression() -> None:
    pes = read_axis("pes", [[16, 16], [32, 8]])
    space = Space((pes,), targets=frozenset(["pes"]))
    assert list(space.settings(space.codes)) == [{"pes": [16, 16]}, {"pes": [32, 8]}]
    assert space.names(space.codes) == {}


def test_an_axis_of_one_value_is_in_no_label() -> None:
    assert Space((Axis("a", (1,)), Axis("b", (1, 2)))).label(1) == "b 2"


def test_a_design_is_found_by_its_codes_unless_a_condition_rules_it_out() -> None:
    space = only("buffer_kb > 64")
    assert space.find(np.array([1, 1])) == 1
    assert space.find(np.array([0, 1])) is None


def test_refusals(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FlatError, match="exploration.where: the conditions leave no design .got 6."):
        len(only("buffer_kb > 256"))
    monkeypatch.setattr(module, "MOST_DESIGNS", 5)
    with pytest.raises(FlatError, match="exploration.axes: too many designs .got 6.; expected at most 5"):
        len(only())
