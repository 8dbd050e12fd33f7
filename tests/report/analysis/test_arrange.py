"""Groups in order, cut off, and spread over columns."""

import pytest

from flat_plugin import FlatError
from flat_plugin.report.analysis.aggregate import aggregate
from flat_plugin.report.analysis.arrange import in_order, rows_of, spread

ROWS = [
    {"model": "a", "dataflow": "base", "seq_tokens": 512, "cycles": 8},
    {"model": "a", "dataflow": "base", "seq_tokens": 4096, "cycles": 2},
    {"model": "a", "dataflow": "flat", "seq_tokens": 512, "cycles": 4},
    {"model": "b", "dataflow": "base", "seq_tokens": 512, "cycles": 1},
]
GROUPS = rows_of(aggregate(ROWS, ["model", "dataflow"], "cycles"))


def test_a_row_holds_its_group_and_the_four_statistics():
    assert GROUPS[0] == {
        "model": "a",
        "dataflow": "base",
        "runs": 2,
        "total": 10,
        "mean": 5,
        "least": 2,
        "most": 8,
    }


def test_a_pivot_has_a_column_for_each_value_and_nothing_where_no_run_is():
    assert spread(GROUPS, "dataflow", "most") == [
        {"model": "a", "base": 8, "flat": 4},
        {"model": "b", "base": 1, "flat": None},
    ]


def test_columns_of_numbers_come_by_size():
    rows = rows_of(aggregate(ROWS, ["model", "seq"], "cycles"))
    assert list(spread(rows, "seq", "mean")[0]) == ["model", "512", "4096"]


def test_the_order_may_be_that_of_any_column_and_what_is_not_known_comes_last():
    wide = spread(GROUPS, "dataflow", "mean")
    assert [row["model"] for row in in_order(wide, "base", None)] == ["b", "a"]
    assert [row["model"] for row in in_order(wide, "-flat", None)] == ["a", "b"]
    assert [row["model"] for row in in_order(wide, "flat", None)] == ["a", "b"]
    assert [row["mean"] for row in in_order(GROUPS, "-mean", 2)] == [5, 4]


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda: spread(GROUPS, "modle", "mean"), "pivot: not grouped by this .*did you mean model"),
        (lambda: spread(GROUPS, "dataflow", "maen"), "stat: no such statistic .*did you mean mean"),
        (lambda: in_order(GROUPS, "-meen", None), "sort: no such column .*did you mean mean"),
    ],
)
def test_what_is_not_there_is_said_with_what_may_be_meant(ask, said):
    with pytest.raises(FlatError, match=said):
        ask()
