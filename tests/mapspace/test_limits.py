"""What limits mappings below the buffer: which factors may be unrolled where, and what registers keep."""

from math import inf

import pytest

from flat_plugin.mapspace.limits import FREE, Limits, Spread

SPREAD = Spread((1, 2, 1), (4, inf, 1), ("x", "xy", "y"))


def test_factors_are_divisors_within_bounds_and_the_axis():
    assert SPREAD.factors(0, 12, 16) == [1, 2, 3, 4]
    assert SPREAD.factors(1, 12, 6) == [2, 3, 4, 6]
    assert SPREAD.factors(2, 12, 16) == [1]
    assert Spread.free(3).factors(0, 12, 5) == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("dimension", "count", "on_x", "taken"),
    [
        (0, 4, True, True),
        (0, 4, False, False),
        (0, 1, False, True),
        (0, 5, True, False),
        (1, 2, False, True),
        (1, 1, True, False),
    ],
)
def test_children_along_a_dimension(dimension, count, on_x, taken):
    assert SPREAD.takes(dimension, count, on_x) == taken


def test_places():
    assert SPREAD.placed and not Spread.free(3).placed
    assert SPREAD.allows((True, False, False)) and SPREAD.allows((True, True, False))
    assert not SPREAD.allows((False, True, False)) and not SPREAD.allows((True, True, True))


def test_what_the_registers_keep():
    limits = Limits(keep=(True, None, False))
    assert limits.allows((True, True, False)) and limits.allows((True, False, False))
    assert not limits.allows((False, True, False)) and not limits.allows((True, True, True))
    assert FREE.allows((True, False))


def test_a_memory_of_which_nothing_is_said_is_free():
    limits = Limits(((1, SPREAD),))
    assert limits.spread(1, 3) is SPREAD
    assert limits.spread(2, 3) == Spread.free(3)
