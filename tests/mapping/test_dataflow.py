"""Dataflows: which loops are shared, and in which tiles."""

import pytest

from flat_plugin.errors import FlatError, InvalidMapping
from flat_plugin.mapping.dataflow import Dataflow

SIZES = {"B": 2, "H": 12, "M": 100, "N": 100}
ROWS = Dataflow("flat-r", fused=True, granularity="R")


@pytest.mark.parametrize(
    ("granularity", "loops"),
    [("M", {}), ("B", {"B": 2}), ("H", {"B": 2, "H": 12}), (None, {})],
)
def test_a_granularity_shares_its_loops(granularity, loops) -> None:
    assert Dataflow("flat", fused=True, granularity=granularity).shared_loops(SIZES) == loops


def test_rows_need_not_divide_the_queries() -> None:
    assert ROWS.with_rows(64).shared_loops(SIZES)["M"] == 2
    with pytest.raises(InvalidMapping, match="64 rows a tile do not divide the 100 queries"):
        ROWS.with_rows(64).with_factors("perfect").shared_loops(SIZES)


def test_more_rows_than_queries_are_all_of_them() -> None:
    assert ROWS.with_rows(512).shared_tile(SIZES)["M"] == 100


def test_rows_that_are_left_open_have_no_tile() -> None:
    with pytest.raises(FlatError, match="left open"):
        ROWS.shared_tile(SIZES)


def test_fused_dataflows_always_stage_the_scores() -> None:
    assert ROWS.staging([" k", "V "]).stage == {"K", "V", "S"}
    with pytest.raises(FlatError, match="unknown tensor .*'X'"):
        ROWS.staging("QX")


@pytest.mark.parametrize(
    ("searched", "factors", "perfect", "left_open"),
    [
        (True, None, False, True),
        (False, None, False, False),
        (True, "imperfect", False, False),
        (True, "perfect", True, False),
    ],
)
def test_searched_dataflows_that_say_no_factors_leave_them_open(
    searched, factors, perfect, left_open
) -> None:
    mine = Dataflow("mine", fused=True, searched=searched, factors=factors)
    assert (mine.perfect, mine.open) == (perfect, left_open)
