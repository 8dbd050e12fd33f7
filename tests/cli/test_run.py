"""``flat run``: what is printed, and with which exit code it ends."""

import json

import pytest
from small_sweeps import ONE_UNFIT


@pytest.fixture
def sweep(tmp_path):
    file = tmp_path / "sweep.yaml"
    file.write_text(json.dumps({"sweep": ONE_UNFIT}))
    return file


def test_the_plan_has_a_line_for_each_run_and_their_number(flat, sweep):
    lines = flat("run", sweep, "--dry-run").out.splitlines()
    assert lines[-1] == "4 runs" and len(lines) == 5
    assert lines[0].split("  ", 1)[1] == "m32, 1 × 32 tokens, on edge, buffer_kb 64, base, native"


def test_a_long_plan_is_cut_off(flat, sweep):
    sweep.write_text(json.dumps({"sweep": {**ONE_UNFIT, "overrides": {"buffer_kb": [*range(64, 512, 16)]}}}))
    *shown, more, total = flat("run", sweep, "--dry-run").out.splitlines()
    assert (len(shown), more, total) == (20, "… and 92 more (--json lists all)", "112 runs")
    assert len(json.loads(flat("run", sweep, "--dry-run", "--json").out)["runs"]) == 112


def test_what_does_not_fit_is_an_answer_unless_strict(flat, sweep, tmp_path):
    asked = ["run", sweep, "-o", tmp_path / "out", "-j", "1"]
    first = flat(*asked)
    assert first.code == 0
    summary, named, reason = first.out.splitlines()
    assert summary == f"3 of 4 runs ok, 1 does not fit: flat-h ×1; results in {tmp_path / 'out'}"
    assert named.startswith("✗ ") and named.endswith(
        "m512, 1 × 512 tokens, on edge, buffer_kb 64, flat-h, native"
    )
    assert reason.startswith("  flat-h does not fit: GlobalBuffer: ")
    again = flat(*asked, "--strict")
    assert again.code == 1 and "(4 done before)" in again.out


def test_runs_need_a_folder(refused, sweep):
    assert refused("run", sweep) == "flat: no folder to write to; expected -o FOLDER, or --dry-run"


def test_runs_with_one_reason_are_listed_together(flat, sweep, tmp_path):
    sweep.write_text(json.dumps({"sweep": {**ONE_UNFIT, "batch": [1, 2, 3, 4, 5], "models": ["bert-base"]}}))
    lines = flat("run", sweep, "-o", tmp_path / "out", "-j", "1").out.splitlines()
    assert sum(line.startswith("✗ ") for line in lines) == 3
    assert "  … and 2 more with this reason" in lines


def test_interrupted_it_ends_with_130(flat, sweep, tmp_path, monkeypatch):
    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("flat_plugin.api.run", interrupted)
    answer = flat("run", sweep, "-o", tmp_path / "out")
    assert (answer.code, answer.err) == (130, "flat: interrupted; run it again to go on from here\n")
