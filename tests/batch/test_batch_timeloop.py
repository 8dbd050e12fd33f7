"""Batches through Timeloop: what a program may do, and what is recorded of it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import sys
from pathlib import Path

import pytest

import flat_plugin as flat
from flat_plugin.batch.worker import Task, work

STATS = Path(__file__).parents[1] / "reference" / "stats"  # recorded: BERT-base at 512 tokens, on edge
HARMLESS = "a b; $(touch pwned) `rm` ünï & 'q'"
REPLAY = f"""
import re
operator = re.search(r"name: (logit|attend)", open("problem.yaml").read())[1]
text = open({str(STATS / "flat-r64")!r} + "/" + operator + ".stats.txt").read()
open("timeloop-model.stats.txt", "w").write(text)
"""


@pytest.fixture
def timeloop(tmp_path, monkeypatch):
    """``timeloop(body)`` puts a Python program ``timeloop-model`` on PATH, where nothing else is."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv("FLAT_PYTIMELOOP_PYTHON", raising=False)

    def put(body: str) -> None:
        path = folder / "timeloop-model"
        path.write_text(f"#!{sys.executable}\nimport os, signal, sys, time\n{body}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)

    return put


@pytest.fixture
def recorded(write):
    """One run, natively and through Timeloop, for which the real Timeloop's answers are recorded."""
    platform = {"file": str(STATS / "architecture.yaml"), "ert": str(STATS / "ERT.yaml"), "name": HARMLESS}
    content = {"models": ["bert-base"], "architectures": [platform], "dataflows": ["flat-r64"]}
    return write({**content, "engine": ["native", "timeloop"], "time_limit": 20}, f"{HARMLESS}.yaml")


def both(results, output):
    found = results(output).values()
    return tuple(next(d for d in found if d["inputs"]["engine"] == name) for name in ("native", "timeloop"))


@pytest.mark.parametrize("jobs", [1, 2])
def test_estimates_from_what_timeloop_prints(timeloop, recorded, results, clean, tmp_path, jobs):
    timeloop(REPLAY)
    output = tmp_path / "out" / HARMLESS
    answer = flat.run(recorded, output, jobs=jobs)
    assert not answer.failed
    native, theirs = both(results, output)
    expected = flat.estimate(
        "bert-base",
        STATS / "architecture.yaml",
        seq=512,
        ert=STATS / "ERT.yaml",
        mapping=STATS / "flat-r64" / "fused_mapping.yaml",
    ).to_dict()
    assert theirs["estimate"]["cycles"] == expected["cycles"]
    assert theirs["estimate"]["tensors"] == expected["tensors"]
    assert theirs["estimate"]["energy_pj"] == pytest.approx(expected["energy_pj"], rel=1e-9)
    assert theirs["inputs"] == {**native["inputs"], "engine": "timeloop"}
    assert theirs["engine"]["tool"].startswith("timeloop-model (")
    assert theirs["engine"]["calls"]["logit"]["command"][-2:] == ["-o", "."]
    outputs = output / "runs" / theirs["run"] / "outputs"
    assert {folder.name for folder in outputs.iterdir()} == {"logit", "attend"}
    assert (outputs / "logit" / "timeloop-model.stats.txt").is_file()
    assert (outputs / "logit" / "timeloop-model.log").is_file()
    clean(output)
    assert not list(tmp_path.rglob("pwned"))
    assert flat.run(recorded, output, jobs=jobs).before == 2


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        ("open('timeloop-model.stats.txt', 'wb').write(os.urandom(999))", "UnreadableOutput", ["read"]),
        ("print('ERROR: \\x1b[31mkey; $(x) ünï')", "UnreadableOutput", ["no statistics", "key; $(x) ünï"]),
        ("time.sleep(600)", "ProgramTimeout", ["within 0.5 s"]),
        ("print('bad', flush=True); os.kill(os.getpid(), 11)", "ProgramCrashed", ["SIGSEGV", "bad"]),
        ("sys.exit(3)", "ProgramCrashed", ["exit code 3"]),
    ],
)
def test_a_program_that_goes_wrong_is_a_recorded_failure(
    timeloop, write, results, clean, tmp_path, body, kind, words
):
    timeloop(body)
    content = {"models": ["bert-base"], "architectures": ["edge"], "dataflows": ["flat-r64", "base"]}
    sweep = write({**content, "engine": ["timeloop", "native"], "time_limit": 0.5})
    answer = flat.run(sweep, tmp_path / "out", jobs=1)
    assert len(answer.failed) == 2
    _, theirs = both(results, tmp_path / "out")
    assert (theirs["status"], theirs["error"]["kind"], theirs["estimate"]) == ("failed", kind, None)
    assert all(word in theirs["error"]["message"] for word in words), theirs["error"]
    log = tmp_path / "out" / "runs" / theirs["run"] / "outputs" / "logit" / "timeloop-model.log"
    assert log.is_file()
    clean(tmp_path / "out")


def test_failed_runs_are_repeated_when_asked_for(timeloop, recorded, results, clean, tmp_path):
    timeloop(f"if not os.path.exists({str(tmp_path / 'mended')!r}): sys.exit(1)\n{REPLAY}")
    output = tmp_path / "out"
    assert len(flat.run(recorded, output, jobs=1).failed) == 1
    (tmp_path / "mended").touch()
    assert len(flat.run(recorded, output, jobs=1).failed) == 1
    again = flat.run(recorded, output, jobs=1, retry_failed=True)
    assert (again.before, len(again.failed)) == (1, 0)
    assert all(document["status"] == "ok" for document in both(results, output))
    clean(output)


def test_another_build_on_a_worker_is_a_failure(timeloop, recorded, tmp_path):
    timeloop("print('one')")
    runs = flat.plan(recorded).runs
    timeloop("print('another')")
    (tmp_path / "plan.json").touch()
    native, theirs = work([Task(run) for run in runs], tmp_path)
    assert native.status == "ok"
    assert (theirs.status, theirs.kind) == ("failed", "ProgramMissing")
    assert "another build" in theirs.message


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_no_timeloop_outlives_its_batch(timeloop, recorded, start, until, clean, tmp_path, sent):
    pids = tmp_path / "pids"
    pids.mkdir()
    timeloop(f"open({str(pids)!r} + '/' + str(os.getpid()), 'w'); time.sleep(600)")
    output = tmp_path / "out"
    process = start(recorded, output, "--jobs", "2", "--engine", "timeloop")
    until(lambda: list(pids.iterdir()))
    (running,) = (int(path.name) for path in pids.iterdir())
    process.send_signal(sent)
    _, errors = process.communicate(timeout=30)
    until(lambda: not alive(running))
    if sent != signal.SIGKILL:
        assert process.returncode == 130
        assert errors == "flat: interrupted; run it again to go on from here\n"
    until(lambda: not list(output.glob("runs/*/.*.tmp")))
    assert not list(output.glob("runs/*/result.json"))


def alive(pid: int) -> bool:
    try:
        return " Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


@pytest.mark.skipif(not shutil.which("timeloop-model"), reason="timeloop-model is not on PATH")
def test_the_real_timeloop_agrees(write, results, tmp_path):
    content = {"models": [{"attention": "B=1,H=2,M=64,N=64,D=16"}], "architectures": ["edge"]}
    content |= {"overrides": [{"pes": [8, 8]}], "dataflows": ["base", "flat-r16"]}
    answer = flat.run(write({**content, "engine": ["native", "timeloop"]}), tmp_path / "out", jobs=1)
    assert not answer.failed
    by_flow: dict[str, list[dict]] = {}
    for document in results(tmp_path / "out").values():
        by_flow.setdefault(document["inputs"]["dataflow"], []).append(document["estimate"])
    for one, two in by_flow.values():
        assert one["cycles"] == two["cycles"]
        assert one["tensors"] == two["tensors"]
        assert one["energy_pj"] == pytest.approx(two["energy_pj"], rel=1e-6)


@pytest.mark.skipif(not shutil.which("timeloop-mapper"), reason="timeloop-mapper is not on PATH")
def test_what_the_real_mapper_finds_evaluates_natively_to_the_same(write, results, tmp_path):
    sizes = "B=1,H=2,M=64,N=64,D=16"
    content = {"models": [{"attention": sizes}], "architectures": ["edge"], "overrides": [{"pes": [8, 8]}]}
    content |= {"dataflows": ["flat-r16"], "engine": "timeloop", "mapper": {"search_size": 50}}
    assert not flat.run(write(content), tmp_path / "out", jobs=1).failed
    (found,) = results(tmp_path / "out").values()
    (run,) = flat.plan(write(content)).runs
    ours = flat.estimate(
        run.question.attention, run.question.platform, mapping=json.loads(json.dumps(found["mapping"]))
    )
    assert ours.cycles == found["estimate"]["cycles"]
    assert ours.energy_pj == pytest.approx(found["estimate"]["energy_pj"], rel=1e-6)
    assert os.path.isfile(tmp_path / "out" / "runs" / found["run"] / "outputs/logit/timeloop-mapper.map.yaml")
