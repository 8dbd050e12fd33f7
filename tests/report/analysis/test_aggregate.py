"""Sums by group: which columns there are, and what is said of those there are not."""

from math import fsum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flat_plugin.errors import FlatError
from flat_plugin.report.analysis.aggregate import aggregate
from flat_plugin.report.analysis.columns import COLUMNS
from flat_plugin.report.write import table_rows

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


def close(value):
    return pytest.approx(value, rel=1e-12)


@pytest.fixture(scope="module")
def rows(results):
    return table_rows(results)


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xy"), st.floats(0, 1e15)), min_size=1))
def test_totals_of_groups_add_up_whatever_the_grouping(entries):
    rows = [{"one": one, "two": two, "energy_pj": value} for one, two, value in entries]
    (everything,) = aggregate(rows, [], "energy_pj")
    for by in (["one"], ["two"], ["one", "two"]):
        groups = aggregate(rows, by, "energy_pj")
        assert fsum(group.total for group in groups) == pytest.approx(everything.total, rel=1e-9)
        assert sum(group.runs for group in groups) == len(rows)
        assert all(group.least <= group.mean * (1 + 1e-9) for group in groups)
        assert all(group.mean <= group.most * (1 + 1e-9) for group in groups)


def test_a_weighted_sum_is_the_layers_times_the_layer(rows):
    layer = [row for row in rows if row["level"] == "attention" and row["model"] == "bert-base"]
    (group,) = aggregate(layer, ["model"], "energy_pj", "layers")
    assert group.total == close(12 * fsum(row["energy_pj"] for row in layer))
    assert group.mean == close(fsum(row["energy_pj"] for row in layer) / len(layer))


def test_wrong_columns_are_refused(rows):
    with pytest.raises(FlatError, match="no such column"):
        aggregate(rows, ["colour"], "energy_pj")
    with pytest.raises(FlatError, match="not a column of numbers"):
        aggregate(rows, [], "model")
