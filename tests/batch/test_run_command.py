"""``flat run`` as a user sees it."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys

import pytest
import yaml

FLAT = [sys.executable, "-c", "from flat_plugin.cli import main; main()"]


def flat(*arguments):
    command = [*FLAT, "run", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def test_a_batch_and_its_folder(small, tmp_path, results, clean):
    answer = flat(small, "-o", tmp_path / "out", "--jobs", "2")
    assert answer.returncode == 0  # that a dataflow does not fit is an answer
    assert answer.stderr == ""  # silent in a pipe
    assert "5 of 6 runs ok, 1 does not fit: flat-h ×1; results in" in answer.stdout
    assert "flat-h does not fit" in answer.stdout
    clean(tmp_path / "out")
    assert (tmp_path / "out" / "sweep.yaml").read_text() == small.read_text()
    plan = json.loads((tmp_path / "out" / "plan.json").read_text())
    found = results(tmp_path / "out")
    assert [run["run"] for run in plan["runs"]] == [run["run"] for run in plan["runs"] if run["run"] in found]
    for run in plan["runs"]:
        assert found[run["run"]]["inputs"] == run["inputs"]


def test_results_say_everything(small, tmp_path, results):
    flat(small, "-o", tmp_path / "out", "--jobs", "1")
    documents = results(tmp_path / "out").values()
    ok = next(d for d in documents if d["inputs"]["dataflow"] == "flat-r16")
    assert (ok["format"], ok["status"], ok["error"]) == (3, "ok", None)
    assert ok["estimate"]["cycles"] > 0
    assert "# shared" in ok["nest"]
    assert ok["mapping"]["fused_mapping"]["dataflow"] == "flat-r16"
    dram, buffer, registers = ok["architecture"]["memories"]
    assert (dram["capacity_words"], buffer["capacity_words"]) == (None, 64 * 1024 // 2)
    assert ok["area_um2"]["PERegs"] == 1024 * registers["area_um2"]
    unfit = next(d for d in documents if d["status"] == "unfit")
    assert (unfit["error"]["kind"], unfit["estimate"]) == ("InvalidMapping", None)
    assert "32,768 words" in unfit["error"]["message"]
    folder = tmp_path / "out" / "runs" / ok["run"]
    inputs = json.loads((folder / "inputs.json").read_text())
    assert inputs["inputs"] == ok["inputs"]
    assert inputs["architecture"]["memories"][1]["attributes"]["depth"] == 1024
    assert set(inputs["energies"]["components"]) == {"DRAM", "GlobalBuffer", "PERegs", "MAC", "SoftmaxUnit"}


def test_running_again_does_only_what_is_missing(small, tmp_path, results):
    output = tmp_path / "out"
    first = json.loads(flat(small, "-o", output, "--json", "--jobs", "1").stdout)
    assert (first["runs"], first["ok"], first["done_before"]) == (6, 5, 0)
    assert (first["unfit"], first["failed"]) == (1, 0)
    whole = results(output)
    files = sorted(output.glob("runs/*/result.json"))
    files[0].unlink()
    files[1].write_text('{"format": 1, "run"')  # half-written by something else
    untouched = files[2].stat().st_mtime_ns
    again = json.loads(flat(small, "-o", output, "--json", "--jobs", "1").stdout)
    assert (again["runs"], again["done_before"]) == (6, 4)
    assert files[2].stat().st_mtime_ns == untouched
    assert results(output) == whole


def test_a_dry_run_prints_the_plan_and_its_size(small, tmp_path):
    answer = flat(small, "--dry-run", "-o", tmp_path / "out")
    assert answer.returncode == 0
    assert answer.stdout.splitlines()[-1] == "6 runs"
    assert "flat-r16" in answer.stdout
    plan = json.loads(flat(small, "--dry-run", "--json").stdout)
    assert plan["size"] == len(plan["runs"]) == 6
    assert not (tmp_path / "out").exists()


def test_all_is_well(write, tmp_path):
    sweep = write({"models": ["bert-base"], "architectures": ["edge"], "dataflows": ["base"]})
    answer = flat(sweep, "-o", tmp_path / "out", "--engine", "auto", "-j", "1")
    assert (answer.returncode, answer.stderr) == (0, "")
    assert answer.stdout.startswith("1 of 1 run ok")


def test_a_bar_on_a_terminal(many, tmp_path):
    ours, theirs = pty.openpty()
    command = [*FLAT, "run", str(many), "-o", str(tmp_path / "out"), "--jobs", "1"]
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "80"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=theirs, env=environment)
    os.close(theirs)
    shown = b""
    while True:
        try:
            piece = os.read(ours, 4096)
        except OSError:
            break
        if not piece:
            break
        shown += piece
    process.communicate(timeout=60)
    os.close(ours)
    assert b"/48" in shown
    assert b"runs/s" in shown


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["{sweep}"], ["-o FOLDER"]),
        (["none.yaml", "-o", "{out}"], ["none.yaml", "no such file"]),
        (["{sweep}", "-o", "{out}", "--engine", "magic"], ["engine", "magic"]),
        (["{sweep}", "-o", "{out}", "--jobs", "0"], ["jobs"]),
        (["{sweep}", "-o", "{out}", "--cluster-options", "cores"], ["cluster-options", "key=value"]),
        (["{sweep}", "-o", "{sweep}/x"], ["{sweep}", "Not a directory"]),
    ],
)
def test_bad_arguments(small, tmp_path, arguments, words):
    places = {"sweep": small, "out": tmp_path / "out"}
    answer = flat(*(argument.format(**places) for argument in arguments))
    assert answer.returncode == 2, answer.stderr
    assert len(answer.stderr.strip().splitlines()) == 1
    assert all(word.format(**places) in answer.stderr for word in words), answer.stderr
    assert not (tmp_path / "out").exists()


def test_a_sweep_with_several_mistakes(write, tmp_path):
    sweep = write({"models": ["bert-bse"], "architectures": ["edge"], "dataflows": ["flat-q"]})
    answer = flat(sweep, "-o", tmp_path / "out")
    assert answer.returncode == 2
    lines = answer.stderr.splitlines()
    assert lines[0] == "flat: 2 errors"
    assert all(str(sweep) in line for line in lines[1:])
    assert yaml.safe_load(sweep.read_text())  # and the file is as it was
