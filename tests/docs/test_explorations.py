"""What the pages of explore and solve say is what the commands answer."""

import csv
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import flat_plugin as flat

DOCS = Path(__file__).parents[2] / "docs"
EXAMPLES = DOCS.parent / "examples"


def table(page, head):
    """The rows below a table's head: first cell -> the others."""
    lines = (DOCS / "commands" / page).read_text(encoding="utf-8").splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith(f"| {head}"))
    rows = {}
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            return rows
        first, *others = (cell.strip() for cell in line.strip("|").split("|"))
        rows[first] = others
    return rows


def number(text):
    return int(re.match(r"[\d,]+", text)[0].replace(",", ""))


def test_the_example_prints_what_the_page_shows():
    typed = [sys.executable, "-c", "from flat_plugin.cli import main; main()", "explore"]
    answer = subprocess.run(
        [*typed, str(EXAMPLES / "llama-decode.yaml"), "-j", "1"],
        capture_output=True, text=True, timeout=120, env={**os.environ, "COLUMNS": "100"},
    )  # fmt: skip
    assert answer.returncode == 0, answer.stderr
    page = (DOCS / "commands" / "explore.md").read_text(encoding="utf-8")
    for line in answer.stdout.splitlines():
        assert not line.strip() or f"    {line.rstrip()}\n" in page, line


@pytest.mark.parametrize(
    ("row", "unknown", "dataflow", "softmax"),
    [
        ("a buffer, FLAT (`flat-opt`)", "buffer_kb", "flat-opt", "overlapped"),
        ("DRAM, FLAT (`flat-opt`)", "dram_gbps", "flat-opt", "overlapped"),
        ("DRAM, unfused (`base-opt`, softmax free)", "dram_gbps", "base-opt", "free"),
    ],
)
def test_what_a_utilisation_needs(row, unknown, dataflow, softmax):
    """At 512 tokens, to one step of the values that are looked at."""
    said = number(table("solve.md", "utilisation")[row][0])
    asked = {
        "seq": 512,
        "softmax": softmax,
        "dataflow": dataflow,
        "until": "utilization >= 0.95",
        "factors": "perfect",
    }
    found = flat.solve(unknown, "bert-base", **asked)
    values = found.asked.unknown.axis.values
    assert abs(values.index(found.answer) - values.index(said)) <= 1


def test_where_fusing_stops_to_pay():
    said = {number(buffer): number(row[0]) for buffer, row in table("solve.md", "buffer |").items()}
    curve = flat.solve_over(
        "buffer_kb", list(said), unknown="seq", workload="bert-base", values="2048..32768*2",
        where="flat-opt.edp > base-opt.edp", factors="perfect",
    )  # fmt: skip
    assert {value: found.answer for value, found in curve.points} == said


def crossings():
    """Buffer [KB] -> (the last length at which fusing pays, the first at which it does not), as recorded."""
    with (DOCS / "crossings.csv").open(encoding="utf-8", newline="") as file:
        rows = [[int(value) for value in row.values()] for row in csv.DictReader(file)]
    return {buffer: (pays, stops) for buffer, pays, stops in rows}


def test_the_page_has_the_crossings_that_are_recorded():
    rows = table("solve.md", "buffer, any tiles")
    assert {number(buffer): tuple(map(number, row)) for buffer, row in rows.items()} == crossings()
    page = (DOCS / "commands" / "solve.md").read_text(encoding="utf-8")
    pays, stops = crossings()[1024]
    assert f"--set buffer_kb=1024 --values {pays},{stops}\n" in page
    assert f"stops to pay between {pays:,} and {stops:,} tokens" in page
    assert all(round(stops / buffer * 2) == 33 for buffer, (_, stops) in crossings().items())  # 16.5


def test_where_fusing_with_any_tiles_stops_to_pay():
    """At one octave; the others lie on the same line, as is tested above."""
    found = flat.solve(
        "seq", "bert-base", values=[*crossings()[512]], set={"buffer_kb": 512},
        where="flat-opt.edp > base-opt.edp",
    )  # fmt: skip
    assert [each.holds for each in found.looked] == [False, True]


def test_the_example_spaces_are_read():
    from flat_plugin.exploration.design_file import read_design

    for name, count in (("edge-chip.yaml", 180), ("llama-decode.yaml", 840)):
        assert len(read_design(EXAMPLES / name).space) == count


def test_the_design_of_the_file_formats_is_one():
    from flat_plugin.exploration.design_file import read_design

    page = (DOCS / "file-formats.md").read_text(encoding="utf-8")
    (text,) = re.findall(r"^```yaml\n(exploration:.*?)^```", page, re.S | re.M)
    assert len(read_design(text).space) == 180
