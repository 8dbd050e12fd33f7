"""Sums by group: which columns there are, and what is said of those there are not."""

import pytest

from flat_plugin.errors import FlatError
from flat_plugin.report.analysis.aggregate import aggregate
from flat_plugin.report.analysis.columns import COLUMNS

ROWS = [{column.name: 1.0 for column in COLUMNS}]


@pytest.mark.parametrize(
    ("name", "first"),
    [("energy", "energy_pj"), ("modle", "model"), ("buffer", "buffer_kib"), ("seconds_", "seconds")],
)
def test_the_nearest_column_is_named_first(name, first):
    with pytest.raises(FlatError) as caught:
        aggregate(ROWS, [name], "energy_pj")
    expected = str(caught.value).partition("expected ")[2]
    assert first in expected and len(expected) < 100


def test_without_a_near_one_the_usual_ones_are_named():
    with pytest.raises(FlatError, match="metric: no such column .*expected model, seq_tokens"):
        aggregate(ROWS, ["model"], "colour")
