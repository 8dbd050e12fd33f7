"""Reproduction and validation in 80 columns."""

from __future__ import annotations

import io

import pytest
from rich.console import Console, RenderableType

from flat_plugin.paper.assumptions import Assumption
from flat_plugin.paper.comparison import Comparison
from flat_plugin.paper.measures import Experiment, Row
from flat_plugin.paper.reproduce import Reproduction, _declared, reproduce
from flat_plugin.paper.tables import reproduction, validation
from flat_plugin.paper.validation import Validation


def lines(renderable: RenderableType, width: int = 80) -> list[list[str]]:
    shown = io.StringIO()
    Console(file=shown, width=width).print(renderable)
    return [line.split() for line in shown.getvalue().splitlines()]


def said(renderable: RenderableType) -> str:
    return " ".join(word for line in lines(renderable) for word in line)


def test_a_claim_is_a_line():
    found = lines(reproduction(reproduce("footprint", jobs=1)))
    assert sum(line[:1] in (["flat-m:"], ["flat-b:"], ["flat-h:"], ["flat-r64:"]) for line in found) == 4
    (last,) = [line for line in found if line[:1] == ["flat-r64:"]]
    assert last[-4:] == ["180,224"] * 4


def test_what_explains_the_differences_is_below() -> None:
    found = reproduce("footprint", "authors", jobs=1)
    text = said(reproduction(found))
    assert text.startswith("authors: 16-bit words, free softmax, energy of DRAM traffic alone")
    assert "(paper: table 1)" in text and text.endswith("authors: The capacity check is the paper's table.")


def test_claims_that_are_too_long_have_what_they_share_above_them() -> None:
    """Each is then as far as it differs; sources stand beside where they differ."""
    declared = _declared()
    experiment = Experiment(declared["experiments"][0], declared["systems"], declared["models"])
    ours = Assumption.of("ours", declared["assumptions"]["ours"])
    shared = "ATTACC against FlexAccel, N 512 to 64K"
    rows = [
        Row("gains", f"{what}, {shared}", "×", 2.0, source, "ours", 1.5)
        for what, source in (
            ("speed-up, edge", "here"),
            ("speed-up, cloud", "here"),
            ("saved, edge", "there"),
        )
    ]
    found = lines(reproduction(Reproduction((experiment,), (ours,), tuple(rows))))
    assert found.count(shared.split()) == 2  # once for each source
    assert ["speed-up,", "edge", "2.00×", "1.50×", "here"] in found
    assert ["saved,", "edge", "2.00×", "1.50×", "there"] in found


ROWS = (
    Comparison("timeloop", "0 a gemm", "cycles", "cycles", 10.0, 10.0, exact=True),
    Comparison("timeloop", "1 b gemm", "cycles", "cycles", 11.0, 10.0),
    Comparison("rtl", "small", "energy", "pJ", 2.0, 2.0000001, note="a note"),
)
FOUND = Validation(ROWS, (("authors", ("a.csv", "b.csv")),), ("a column is not read",))


def test_errors_by_experiment_and_figure() -> None:
    found = lines(validation(FOUND))
    assert ["against", "figure", "cases", "mean", "error", "largest"] in found
    assert ["timeloop", "cycles", "2", "5.00%", "10.00%"] in found
    assert ["rtl", "energy", "1", "5.0e-08", "5.0e-08"] in found
    text = said(validation(FOUND))
    assert "rtl: RTL of fused attention" in text and "fusemax:" not in text
    assert "a column is not read" in text and "✗ authors: give --data, the folder of a.csv, b.csv" in text


@pytest.mark.parametrize("every", [True, False])
def test_rows_where_they_are_asked_for(every: bool) -> None:
    found = lines(validation(FOUND, every), width=200)
    row = ["timeloop", "1", "b", "gemm", "cycles", "11", "cycles", "10", "cycles", "1.10000"]
    assert (row in found) == every
    heading = ["against", "case", "figure", "ours", "theirs", "ratio"]
    assert (heading in found) == every


def test_no_error_is_0() -> None:
    (row,) = [line for line in lines(validation(Validation(ROWS[:1], ()))) if line[:1] == ["timeloop"]]
    assert row == ["timeloop", "cycles", "1", "0", "0"]
