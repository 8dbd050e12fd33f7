"""What a constraint allows of one level, and what two of them allow together."""

from math import inf

import pytest

from flat_plugin.errors import FlatError
from flat_plugin.mapspace.constraints import Bound, LevelConstraints, LoopConstraints

FOUR = LoopConstraints(bounds=(("M", Bound.exactly(4)), ("N", Bound(most=8))))


@pytest.mark.parametrize(
    ("bound", "allowed", "refused", "text"),
    [
        (Bound.exactly(4), [4], [1, 5], "M=4"),
        (Bound(most=8), [1, 8], [9], "M<=8"),
        (Bound(least=2), [2, 99], [1], "M>=2"),
        (Bound(2, 8), [2, 8], [1, 9], "M>=2 M<=8"),
        (Bound(), [1, 10**9], [], ""),
    ],
)
def test_bounds(bound, allowed, refused, text):
    assert all(map(bound.allows, allowed)) and not any(map(bound.allows, refused))
    assert bound.text("M") == text


@pytest.mark.parametrize(
    ("x", "said"),
    [
        ([("M", 4), ("N", 8)], None),
        ([("M", 4)], None),
        ([("N", 8)], "M=4 is asked for, the mapping has M=1"),
        ([("M", 4), ("N", 9)], "N<=8 is asked for, the mapping has N=9"),
    ],
)
def test_factors(x, said):
    assert FOUR.broken_by(x) == said


@pytest.mark.parametrize(
    ("order", "kept"),
    [("KNM", True), ("KMN", False), ("KM", True), ("M", True), ("NK", False), ("NM", True), ("MN", False)],
)
def test_the_innermost_loops_come_in_the_order_that_is_asked_for(order, kept):
    wanted = LoopConstraints(inner=("K", "N", "M"))
    assert (wanted.broken_by([(d, 2) for d in order]) is None) is kept


def test_loops_of_one_trip_have_no_place_in_an_order():
    wanted = LoopConstraints(inner=("K",), outer=("M",))
    assert wanted.broken_by([("M", 1), ("K", 2), ("N", 2), ("M", 2)]) is None
    assert "the order K_M is asked for" in str(wanted.broken_by([("K", 2), ("M", 2), ("N", 2)]))


def test_axes():
    split = LoopConstraints(on_x=frozenset("M"), others="y")
    assert split.broken_by([("M", 2)], [("N", 2)]) is None
    assert split.broken_by([("N", 2)]) == "N is asked for on y, the mapping has it on x"
    assert [split.axes(d) for d in "MN"] == ["x", "y"] and LoopConstraints().axes("M") == "xy"


def test_two_constraints_hold_together():
    both = FOUR.both(LoopConstraints(bounds=(("N", Bound(least=2)),), inner=("M",)))
    assert dict(both.bounds) == {"M": Bound.exactly(4), "N": Bound(2, 8)} and both.inner == ("M",)
    assert FOUR.both(LoopConstraints()) == FOUR == LoopConstraints().both(FOUR)


@pytest.mark.parametrize(
    ("one", "other", "said"),
    [
        (FOUR, LoopConstraints(bounds=(("M", Bound.exactly(2)),)), "M=4 and M=2"),
        (LoopConstraints(inner=("M", "N")), LoopConstraints(inner=("N",)), "the orders MN and N"),
        (
            LoopConstraints(on_x=frozenset("M"), others="y"),
            LoopConstraints(on_y=frozenset("M")),
            "M on x and on y",
        ),
        (LevelConstraints("L1", keep=frozenset("A")), LevelConstraints("L1", bypass=frozenset("A")), "keep"),
    ],
)
def test_two_that_contradict_each_other_are_refused(one, other, said):
    with pytest.raises(FlatError, match="contradict each other") as caught:
        one.both(other)
    assert said in str(caught.value)


def test_no_bound_is_free():
    assert Bound().most == inf and LoopConstraints().bound("Q").allows(7)
