"""The same batch on a real Dask cluster of several worker processes, one of which is killed."""

from __future__ import annotations

import json
import os
import signal
import stat
import sys

import pytest

import flat_plugin as flat

distributed = pytest.importorskip("distributed")


@pytest.fixture(scope="module")
def cluster():
    options = {"n_workers": 3, "threads_per_worker": 1, "processes": True, "dashboard_address": None}
    with distributed.LocalCluster(**options, silence_logs=50) as local:
        yield local


def pids(cluster) -> list[int]:
    with distributed.Client(cluster.scheduler_address, set_as_default=False) as client:
        return list(client.run(os.getpid).values())


def test_a_worker_is_killed_in_mid_run(cluster, many, tmp_path, start, results, clean, until, undisturbed):
    output = tmp_path / "out"
    workers = pids(cluster)
    assert len(workers) == 3
    process = start(many, output, "--cluster", cluster.scheduler_address, "--json")
    until(lambda: len(list(output.glob("runs/*/result.json"))) >= 4)
    os.kill(workers[0], signal.SIGKILL)
    text, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    assert json.loads(text)["ok"] == len(undisturbed)
    assert results(output) == undisturbed
    clean(output)


def test_a_second_run_has_nothing_to_do(cluster, small, tmp_path, results):
    first = flat.run(small, tmp_path / "out", cluster=cluster.scheduler_address)
    assert (first.before, len(first.outcomes), len(first.unfit)) == (0, 6, 1)
    again = flat.run(small, tmp_path / "out", cluster=cluster.scheduler_address)
    assert again.before == 6


def test_the_scheduler_is_not_there(small, tmp_path, monkeypatch):
    monkeypatch.setattr("flat_plugin.batch.executors._SECONDS_TO_CONNECT", 1)
    with pytest.raises(flat.FlatError, match="no Dask scheduler answers"):
        flat.run(small, tmp_path / "out", cluster="tcp://127.0.0.1:9")
    assert not (tmp_path / "out").exists()


SBATCH = """
import os, subprocess
script = sys.argv[-1]
job = subprocess.Popen(["/bin/sh", script], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                       start_new_session=True)
open(os.path.join({jobs!r}, str(job.pid)), "w").write(open(script).read())
print("Submitted batch job", job.pid)
"""
SCANCEL = """
import os, signal
for job in sys.argv[1:]:
    try:
        os.killpg(int(job), signal.SIGTERM)
    except ProcessLookupError:
        pass
"""


@pytest.fixture
def slurm(tmp_path, monkeypatch):
    """``sbatch`` and ``scancel`` that run their jobs on this machine; the folder of what was submitted."""
    pytest.importorskip("dask_jobqueue")
    jobs, programs = tmp_path / "jobs", tmp_path / "bin"
    jobs.mkdir()
    programs.mkdir()
    for name, body in (("sbatch", SBATCH.format(jobs=str(jobs))), ("scancel", SCANCEL)):
        path = programs / name
        path.write_text(f"#!{sys.executable}\nimport sys\n{body}")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    return jobs


def test_slurm(slurm, small, tmp_path, start, results):
    options = "cores=2,memory=1GB,walltime=00:10:00,interface=lo"
    process = start(
        small, tmp_path / "out", "--cluster", "slurm", "--cluster-options", options, "-j", "1", "--json"
    )
    text, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors  # that one of them does not fit is an answer
    assert json.loads(text)["ok"] == 5
    assert len(results(tmp_path / "out")) == 6
    (script,) = slurm.iterdir()
    assert "#SBATCH -t 00:10:00" in script.read_text()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"cluster": "cluster"}, ["cluster", "tcp://host:port", "slurm"]),
        ({"cluster_options": {"cores": "8"}}, ["cluster-options", "slurm"]),
        ({"cluster": "slurm", "cluster_options": {"cores": "8"}}, ["Slurm needs memory"]),
        (
            {"cluster": "slurm", "cluster_options": {"cores": "1", "memory": "1GB", "colour": "red"}},
            ["bad options", "colour"],
        ),
        ({"cluster": "slurm", "cluster_options": {"cores": "²", "memory": "1GB"}}, ["bad options"]),
        ({"jobs": 0}, ["jobs", "1 to 1,024"]),
    ],
)
def test_bad_options(slurm, small, tmp_path, options, words):
    with pytest.raises(flat.FlatError) as refused:
        flat.run(small, tmp_path / "out", **options)
    assert all(word in str(refused.value) for word in words)
    assert not (tmp_path / "out").exists()
