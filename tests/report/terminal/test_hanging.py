"""Long lines: what hangs below its column, and what stays whole."""

from hypothesis import given
from hypothesis import strategies as st

from flat_plugin.report.terminal.hanging import hanging


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
