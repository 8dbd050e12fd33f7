"""What ships of the H100's counters: every claim of the module's text."""

import json
import shutil
from pathlib import Path
from statistics import median

import pytest

from flat_plugin.errors import FlatError
from flat_plugin.paper.h100.comparisons import FILE, recorded_comparisons
from flat_plugin.paper.validation import validate

RECORDED = Path(__file__).parents[2] / "reference" / "h100" / "attention.csv"
SPILLED = "d128 R128 Bc128"  # the compiled kernel has too few registers
UNLIKE = tuple(f"unfused {case} N65536" for case in ("BH96 M1", "BH96 M8", "BH8 M8"))  # another tile


@pytest.fixture(scope="module")
def comparisons():
    return recorded_comparisons()


def of(comparisons, metric, *variants):
    return [
        row
        for row in comparisons
        if row.metric == metric and (not variants or row.case.split()[0] in variants)
    ]


def test_bytes_between_l2_and_the_cores(comparisons):
    rows = [row for metric in ("L2 to SM", "SM to L2", "L2 to SM, steady") for row in of(comparisons, metric)]
    apart = {row.case for row in rows if row.error > 0.005}
    assert len(rows) == 230
    assert all(case.endswith(SPILLED) or case.startswith(UNLIKE) for case in apart) and len(apart) == 6
    assert max(row.error for row in rows if row.case.startswith(UNLIKE)) < 0.01


def test_what_is_exact(comparisons):
    exact = [row for row in comparisons if row.exact]
    assert all(row.ours == row.theirs for row in exact)
    assert {row.metric for row in exact} == {"shared memory read", "shared memory written", "MACs"}
    assert len(of(comparisons, "shared memory read", "flat")) == 36
    for row in of(comparisons, "shared memory read", "online"):
        assert row.error < 1e-6 or row.case.endswith(SPILLED)


def test_what_does_not_fit_the_claim_is_said(comparisons):
    spilled = [row for row in of(comparisons, "SM to L2") if row.case.endswith(SPILLED)]
    assert spilled and all("spills registers" in row.note for row in spilled)
    assert all("spills" not in row.note for row in of(comparisons, "SM to L2", "flat"))


def test_dram_by_regime(comparisons):
    passed = of(comparisons, "DRAM, steady")
    assert len(passed) == 20 and all(row.error < 0.05 for row in passed)
    assert all("all of it passes L2" in row.note for row in passed)
    kept = of(comparisons, "DRAM saved by L2, steady")
    assert len(kept) == 17 and all(row.error < 0.05 and "L2 keeps it" in row.note for row in kept)
    between = of(comparisons, "DRAM, steady, at most")
    assert len(between) == 11 and all(row.ratio > 0.95 and "a part of it" in row.note for row in between)


def test_energy_from_the_constants_alone(comparisons):
    rows = of(comparisons, "energy")
    assert len(rows) == 88 and sum(row.error < 0.2 for row in rows) >= 0.95 * len(rows)
    for variant in ("flat", "online", "unfused"):
        assert 0.9 < median(row.ratio for row in of(comparisons, "energy", variant)) < 1


def test_no_kernel_beats_the_bound(comparisons):
    rows = of(comparisons, "time, bound")
    assert len(rows) == 88 and all(row.ratio < 1 and "times the bound" in row.note for row in rows)


def test_a_folder_of_ones_own(tmp_path):
    shutil.copy(RECORDED, tmp_path / FILE)
    given, shipped = validate(tmp_path, "h100"), validate(experiment="h100")
    assert given.rows == shipped.rows and not given.absent
    row = json.loads(json.dumps(given.to_dict()))["rows"][0]
    assert set(row) >= {"case", "metric", "ours", "theirs", "ratio", "note"}


def test_rows_that_cannot_be_placed_are_named(tmp_path):
    head, first, *_ = RECORDED.read_text().splitlines()
    wrong = [first.replace("flat,call", "mine,call"), first.replace(",64,16,64,", ",64,24,64,")]
    (tmp_path / FILE).write_text("\n".join([head, first, *wrong]))
    with pytest.raises(FlatError) as refused:
        validate(tmp_path, "h100")
    assert "line 3: variant" in str(refused.value) and "line 4: R_rows_per_tile" in str(refused.value)


def test_a_table_of_which_nothing_is_compared_is_refused(tmp_path):
    head, *rows = RECORDED.read_text().splitlines()
    (tmp_path / FILE).write_text("\n".join([head, *(row for row in rows if row.startswith("sdpa"))]))
    with pytest.raises(FlatError, match="no row that is compared"):
        validate(tmp_path, "h100")


def test_rows_that_are_not_compared_are_counted_and_said(tmp_path, comparisons):
    lines = RECORDED.read_text(encoding="utf-8").splitlines()
    (note,) = [each for each in validate(experiment="h100").notes if "not compared" in each]
    called = [line for line in lines[1:] if line.split(",")[1] == "call" and not line.startswith("sdpa")]
    assert note.startswith(f"attention.csv: {len(lines) - 1 - len(called)} of {len(lines) - 1} rows are not")
    (tmp_path / FILE).write_text("\n".join([lines[0], *called]) + "\n", encoding="utf-8")
    assert not [each for each in validate(tmp_path, "h100").notes if "not compared" in each]
