"""Lines are named where they end, once where they end together."""

from flat_plugin.report.analysis.axes import Axis
from flat_plugin.report.page.line_ends import line_ends, lines

TOKENS, BUFFERS = (512, 1024), (128, 256, 512)


def ends(latency):
    rows = [
        {"dataflow": "base", "seq_tokens": n, "buffer_kib": b, "latency_s": latency(n, b)}
        for n in TOKENS
        for b in BUFFERS
    ]
    axes = [
        Axis("seq_tokens", "tokens", "", tuple(row["seq_tokens"] for row in rows)),
        Axis("buffer_kb", "buffer", "KiB", tuple(row["buffer_kib"] for row in rows)),
    ]
    return [label for label in line_ends(rows, axes, "seq_tokens", "latency_s")]


def test_each_line_is_named_at_its_end():
    assert ends(lambda n, b: n / b) == ["", "", "", "128 KiB", "256 KiB", "512 KiB"]


def test_lines_that_end_together_have_one_name():
    assert ends(lambda n, b: n / min(b, 256)) == ["", "", "", "128 KiB", "256 KiB, 512 KiB", ""]
    assert ends(lambda n, b: n) == ["", "", "", "all", "", ""]


def test_a_line_that_stops_before_the_end_has_no_name():
    assert ends(lambda n, b: None if (n, b) == (1024, 128) else n / b) == [
        "",
        "",
        "",
        "",
        "256 KiB",
        "512 KiB",
    ]
    assert ends(lambda n, b: None) == [""] * 6


def test_a_line_joins_runs_that_differ_only_in_what_it_is_against():
    """Not those of other widths, say; buffers are an axis by one name and a column by another."""
    rows = [{"buffer_kib": 128}, {"buffer_kib": 256}, {"buffer_kib": 128}]
    axes = [Axis("buffer_kb", "buffer", "KiB", (128, 256, 128)), Axis("bits", "widths", "", ("", "", "K=8"))]
    assert lines(rows, axes, "buffer_kib") == ["bits=", "bits=", "bits=K=8"]
    assert len(set(lines(rows, axes, "seq_tokens"))) == 3
    assert lines(rows, [], "seq_tokens") == ["", "", ""]
