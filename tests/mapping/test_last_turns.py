"""Loops that cover more than a size are cut to it in their last turns."""

from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flat_plugin.errors import FlatError
from flat_plugin.mapping.last_turns import with_last_turns
from flat_plugin.mapping.nest import LevelMapping, OperatorMapping

TRIPS = st.lists(st.integers(1, 6), min_size=4, max_size=4)


def nest(trips):
    dram, buffer, unrolled, registers = trips
    levels = (
        LevelMapping("DRAM", (("M", dram),)),
        LevelMapping("Buffer", (("M", buffer),), (("M", unrolled),)),
        LevelMapping("Registers", (("M", registers),)),
    )
    return OperatorMapping(levels)


@given(TRIPS, st.integers(0, 10**6))
def test_covers_any_smaller_size_exactly(trips, seed):
    size = seed % prod(trips) + 1
    cut = with_last_turns(nest(trips), {"M": size})
    assert cut.covers("M") == size
    assert [level.temporal for level in cut.levels] == [level.temporal for level in nest(trips).levels]


def test_500_rows_in_tiles_of_32():
    """16 tiles of 32 rows; the last has 20."""
    cut = with_last_turns(nest([16, 1, 32, 1]), {"M": 500})
    assert cut["Buffer"].last_spatial == (("M", 20),)
    assert not cut["DRAM"].last_temporal


def test_loops_that_cover_less_are_refused():
    with pytest.raises(FlatError, match="cover less than its size"):
        with_last_turns(nest([2, 2, 2, 2]), {"M": 17})
