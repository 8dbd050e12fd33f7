"""Long lines: what hangs below its column, and what stays whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flat_plugin.report.terminal.hanging import folded, hanging


def test_words_hang_below_their_column():
    assert hanging("name  ", "one two three four five", 26) == "name  one two three four\n      five"


def test_a_list_breaks_after_its_commas():
    text = hanging("key  ", "a list, of three, long entries", 26, ", ")
    assert text == "key  a list, of three,\n     long entries"


def test_a_path_stays_whole():
    path = "/a/folder/with-a-long-name/and-one-more/and-a-file.yaml"
    assert hanging("x ", f"see {path}", 30).splitlines()[1] == f"  {path}"


def test_a_pipe_gets_one_line():
    assert hanging("x ", "word " * 50, 0) == "x " + "word " * 50


@given(st.lists(st.text("ab", min_size=1, max_size=30), min_size=1, max_size=9), st.integers(1, 100))
def test_nothing_is_lost(words, width):
    for separator in (" ", ", "):
        assert hanging("", separator.join(words), width, separator).replace(",", "").split() == words


LINE = "  read: 3,145,728 / 32 × 385.762 pJ = 37.922 µJ"


@pytest.mark.parametrize("width", [30, 40, 60])
def test_no_word_is_broken_and_none_is_lost(width):
    lines = folded(LINE, width).split("\n")
    assert " ".join(line.strip() for line in lines) == LINE.strip()
    assert all(len(line) <= width for line in lines)
    assert lines[0].startswith("  read") and all(line.startswith("      ") for line in lines[1:])


def test_a_word_that_is_too_long_stays_whole():
    assert (
        "/a/very/long/path/that/has/no/end"
        in folded("in /a/very/long/path/that/has/no/end here", 24).split("\n")[1]
    )


def test_a_pipe_and_short_lines_are_left_alone():
    assert folded(LINE, 0) == LINE and folded("a\n\nb", 30) == "a\n\nb"
