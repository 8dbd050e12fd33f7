"""How results show themselves: rows as a table of a notebook, tables as text."""

import pytest
from rich.text import Text

import flat_plugin as flat
from flat_plugin.errors import FlatError
from flat_plugin.report import present

LAYER = flat.parse_attention("B=1,H=2,M=64,N=64,D=16")


@pytest.fixture(scope="module")
def estimate():
    return flat.estimate(LAYER, "edge", "flat-h")


def test_text_is_plain_and_has_no_trailing_blanks(estimate):
    lines = present.text(estimate).splitlines()
    assert lines == [line.rstrip() for line in lines] and max(map(len, lines)) <= 100
    assert present.printed(Text("\n  one\n\n")) == "  one"


def test_a_notebook_has_a_heading_for_each_column_and_a_row_for_each_part(estimate):
    html = present.html(estimate)
    assert html.count("<th>") == 4 and html.count("<tr>") == 1 + len(present.rows_of(estimate))
    assert "<svg" in html  # the picture of the mapping


def test_of_many_rows_some_are_shown(monkeypatch, estimate):
    monkeypatch.setattr(present, "_MOST", 3)
    html = present.html(estimate)
    more = len(present.rows_of(estimate)) - 3
    assert html.count("<tr>") == 1 + 3 and f"… and {more:,} more rows" in html


def test_what_has_no_rows_has_no_frame():
    pytest.importorskip("pandas")
    with pytest.raises(FlatError, match="nothing to show in rows"):
        present.frame(flat.find_architecture("edge"))
