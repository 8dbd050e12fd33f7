"""flat report, compare, reproduce and validate as commands."""

import json
from functools import partial

import pytest


@pytest.fixture
def flat(flat):
    return partial(flat, columns=80)


def refused(answer, *words):
    assert answer.code == 2, answer.err
    assert answer.out == "" and "Traceback" not in answer.err
    assert all(word in answer.err for word in words)


def test_report_writes_one_page(flat, batch, tmp_path):
    answer = flat("report", batch, "-o", tmp_path / "page.html")
    assert answer.code == 0, answer.err
    assert answer.out.endswith("runs, 4 do not fit: flat-h ×4, 1 damaged\n")
    assert (tmp_path / "page.html").read_text().startswith("<!doctype html>")


def test_report_adds_up_in_the_terminal(flat, batch, documents):
    answer = flat("report", batch, "--by", "model,arch", "--metric", "energy_pj", "--json")
    groups = json.loads(answer.out)
    for group in groups:
        of = [
            d["estimate"]["energy_pj"]
            for d in documents.values()
            if (d["inputs"]["model"], d["inputs"]["architecture"]) == (group["model"], group["architecture"])
        ]
        assert group["runs"] == len(of)
        assert group["energy_pj_total"] == pytest.approx(sum(of), rel=1e-12)
    table = flat("report", batch, "--by", "model,arch", "--metric", "energy_pj", "--baseline", "base").out
    assert "geometric means" in table and "bert-base" in table


def test_sums_may_be_spread_ordered_cut_off_and_written(flat, batch, tmp_path):
    asked = ("--by", "model,dataflow", "--metric", "latency_s", "--pivot", "dataflow", "--stat", "most")
    answer = flat("report", batch, *asked, "--sort", "-base", "--top", "1", "--csv", "-")
    head, row = answer.out.splitlines()
    assert head == "model,base,flat-h,flat-r"
    by_model = json.loads(flat("report", batch, *asked, "--json").out)
    slowest = max(by_model, key=lambda group: group["base"])
    assert row == ",".join(str(value) for value in slowest.values())
    assert "latency, most" in flat("report", batch, *asked).out
    flat("report", batch, "--by", "model", "--csv", tmp_path / "sums.csv")
    assert (tmp_path / "sums.csv").read_text().startswith("model,runs,total,mean,least,most\n")


def test_a_pivot_says_where_its_cells_hold_different_numbers_of_runs_and_writes_whole_sizes(flat, batch):
    answer = flat(
        "report", batch, "--by", "dataflow,buffer_kib", "--metric", "latency_s", "--pivot", "buffer_kib"
    )
    head = answer.out.splitlines()[2].split()
    assert head[0] == "dataflow" and all(size.isdigit() for size in head[1:])
    assert "A cell holds 1 to " in answer.out
    written = flat("report", batch, "--by", "dataflow,buffer_kib", "--pivot", "buffer_kib", "--csv", "-")
    assert "A cell" in written.err and "A cell" not in written.out


def test_factors_are_said_as_factors(flat, batch):
    asked = ("--by", "dataflow", "--metric", "speedup", "--baseline", "base")
    row = next(line for line in flat("report", batch, *asked).out.splitlines() if " base " in line)
    assert row.split()[2:] == [row.split()[2], "1.000×", "1.000×", "1.000×"]


def test_options_of_sums_without_sums_are_refused(flat, batch):
    refused(flat("report", batch, "--sort", "mean"), "--sort", "without --by")
    refused(flat("report", batch, "--by", "model", "--stat", "mean"), "--stat", "without --pivot")
    refused(flat("report", batch, "--by", "model", "--csv", "-", "--json"), "--json")
    refused(flat("report", batch, "--by", "arch,architecture"), "--by", "named twice")
    refused(flat("report", batch, "--by", ","), "--by", "nothing is named")


def test_report_exports_tables(flat, batch, documents, tmp_path):
    answer = flat("report", batch, "--table", "levels", "--csv", tmp_path / "levels.csv")
    assert answer.code == 0
    head, *rows = (tmp_path / "levels.csv").read_text().splitlines()
    assert head == "run,level,times,cycles,latency_s,energy_pj,dram_words,macs,alone"
    assert answer.out == f"{tmp_path / 'levels.csv'}: {len(rows)} rows of levels\n"
    assert len(rows) > len(documents)
    runs = json.loads(flat("report", batch, "--json").out)
    assert {row["run"] for row in runs} == set(documents)


def test_tables_say_which_damaged_runs_they_leave_out(flat, batch, tmp_path):
    for asked in (("--by", "model"), ("--csv", tmp_path / "runs.csv"), ("--json",)):
        answer = flat("report", batch, *asked)
        assert answer.code == 0
        assert answer.err.count("left out, its result is damaged") == 1 and "torn" in answer.err


def test_report_of_nothing_is_refused(flat, tmp_path):
    refused(flat("report", tmp_path), "no result yet")
    refused(flat("report", tmp_path / "nowhere"), "no such folder")


def test_report_with_a_wrong_column_or_baseline_is_refused(flat, batch, tmp_path):
    refused(flat("report", batch, "--by", "colour"), "no such column", "colour")
    refused(flat("report", batch, "-o", tmp_path / "p.html", "--baseline", "flash"), "no run has")
    assert not (tmp_path / "p.html").exists()


def test_compare_names_and_folders(flat, batch, results):
    answer = flat(
        "compare", "base", "flat-r", "--model", "bert-base", "--seq", "4096", "--softmax", "overlapped"
    )
    assert answer.code == 0 and "softmax: SoftmaxUnit" in answer.out
    assert max(map(len, answer.out.splitlines())) <= 80
    one, other = results.runs[0].folder, results.runs[1].folder
    document = json.loads(flat("compare", one, other, "--json").out)
    for figure in document["figures"]:
        total = sum(cause["difference"] for cause in figure["causes"])
        assert total == pytest.approx(figure["difference"], abs=1e-9 * abs(figure["a"]))


def test_compare_of_nothing_is_refused(flat):
    refused(flat("compare", "base", "fast", "--model", "bert-base"), "not a result and not a name")


def test_reproduce_and_validate_print_and_are_silent_on_errors_stream(flat, tmp_path):
    answer = flat("reproduce", "--experiment", "footprint", "--json")
    assert answer.code == 0 and answer.err == ""
    assert len(json.loads(answer.out)["rows"]) == 12
    answer = flat("validate")
    assert answer.code == 0 and "equal counters" in answer.out
    refused(flat("reproduce", "--experiment", "figure-12"), "no such experiment")
