"""``flat report``: where tables go, and what goes with what."""

import json

import pytest

from flat_plugin import run
from flat_plugin.cli.report import Written

SWEEP = {
    "models": [{"attention": f"B=1,H=2,M={m},N={m},D=16", "name": f"m{m}"} for m in (32, 64)],
    "architectures": ["edge"],
    "dataflows": ["base", "flat-h"],
}


@pytest.fixture(scope="module")
def batch(tmp_path_factory):
    folder = tmp_path_factory.mktemp("batch") / "out"
    run({"sweep": SWEEP}, folder, jobs=1)
    return folder


def test_the_page_stands_in_the_folder_unless_something_else_is_asked_for(flat, batch, tmp_path):
    assert flat("report", batch).out == f"{batch / 'report.html'}: 4 runs\n"
    (batch / "report.html").unlink()
    assert flat("report", batch, "--csv", tmp_path / "a.csv").out == f"{tmp_path / 'a.csv'}: 4 rows of runs\n"
    assert not (batch / "report.html").exists()


def test_a_table_on_standard_output_has_it_alone(flat, batch, tmp_path):
    answer = flat("report", batch, "--csv", "-", "--parquet", tmp_path / "a.parquet")
    head, *rows = answer.out.splitlines()
    assert head.startswith("run,model,") and len(rows) == 4
    assert answer.err == f"{tmp_path / 'a.parquet'}: 4 rows of runs\n"


def test_sums_as_json_name_the_metric(flat, batch):
    groups = json.loads(flat("report", batch, "--by", "model", "--metric", "cycles", "--json").out)
    assert [group["model"] for group in groups] == ["m32", "m64"]
    assert groups[0]["runs"] == 2 and groups[0]["cycles_total"] == 2 * groups[0]["cycles_mean"]


def test_a_pivot_has_a_column_for_each_value(flat, batch):
    asked = ["--by", "model,dataflow", "--metric", "cycles", "--pivot", "dataflow", "--csv", "-"]
    assert flat("report", batch, *asked).out.splitlines()[0] == "model,base,flat-h"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--top", "3"], "--top: does nothing here (got 3); expected no --top without --by"),
        (["--by", "model", "--stat", "most"], "no --stat without --pivot"),
        (["--by", "model", "--pivot", "arch"], "not grouped by this"),
        (["--csv", "-", "--json"], "no --json with --csv -"),
        (["--by", "model,model"], "model is named twice"),
        (["--by", "colour"], "colour"),
    ],
)
def test_what_does_not_go_together(refused, batch, options, said):
    assert said in refused("report", batch, *options)


@pytest.mark.parametrize(
    ("written", "asked", "piped"),
    [
        (Written(None, None, False), False, False),
        (Written(None, None, True), True, True),
    ],
)
def test_json_is_piped(written, asked, piped):
    assert (written.asked, written.piped) == (asked, piped)
