"""Ours against theirs: ratios, errors and their summary."""

import pytest

from flat_plugin.paper.comparison import Comparison, summarize


def test_ratio_error_and_summary():
    rows = [
        Comparison("x", str(n), "cycles", "cycles", ours, 10.0) for n, ours in enumerate((9.0, 10.0, 12.0))
    ]
    assert [row.ratio for row in rows] == [0.9, 1.0, 1.2]
    (summary,) = summarize(rows)
    assert (summary.cases, summary.mean_error, summary.max_error) == (
        3,
        pytest.approx(0.1),
        pytest.approx(0.2),
    )


def test_nothing_against_nothing_is_equal():
    assert Comparison("x", "y", "z", "words", 0, 0).ratio == 1
    assert Comparison("x", "y", "z", "words", 1, 0).error == float("inf")
