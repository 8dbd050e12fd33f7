"""Whatever dies in mid-batch: after a second run the results are those of an undisturbed one."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

import flat_plugin as flat


def done(output: Path) -> int:
    return len(list(output.glob("runs/*/result.json")))


def whole(output: Path) -> None:
    """Every result that is there can be read."""
    for path in output.glob("runs/*/result.json"):
        assert json.loads(path.read_text(encoding="utf-8"))["status"] in ("ok", "unfit")


def descendants(pid: int) -> list[int]:
    """Processes below one, the deepest last."""
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += [int(child), *descendants(int(child))]
    return found


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_the_process_is_killed(many, tmp_path, start, results, clean, until, undisturbed, jobs) -> None:
    output = tmp_path / "out"
    process = start(many, output, "--jobs", jobs)
    until(lambda: done(output) >= 8)
    workers = descendants(process.pid)
    process.kill()
    process.wait()
    before = done(output)
    assert 8 <= before < len(undisturbed)
    whole(output)
    again = start(many, output, "--jobs", jobs, "--json")
    text, errors = again.communicate(timeout=120)
    assert json.loads(text)["done_before"] >= before, errors
    assert results(output) == undisturbed
    clean(output)
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers))


def test_a_worker_is_killed(many, tmp_path, start, results, clean, until, undisturbed) -> None:
    output = tmp_path / "out"
    process = start(many, output, "--jobs", "2", "--json")
    until(lambda: done(output) >= 8)
    os.kill(descendants(process.pid)[-1], signal.SIGKILL)
    text, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    assert json.loads(text)["ok"] == len(undisturbed)
    assert results(output) == undisturbed
    clean(output)


def test_ctrl_c(many, tmp_path, start, results, clean, until, undisturbed) -> None:
    output = tmp_path / "out"
    process = start(many, output, "--jobs", "2", start_new_session=True)
    until(lambda: done(output) >= 8)
    os.killpg(process.pid, signal.SIGINT)
    text, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors == "flat: interrupted; run it again to go on from here\n"
    assert done(output) < len(undisturbed)
    assert not list(output.rglob("*.tmp"))
    flat.run(many, output, jobs=1)
    assert results(output) == undisturbed
    clean(output)


@pytest.fixture
def tiny_disk(tmp_path):
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(place)]
    if not shutil.which("mount") or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("a tmpfs cannot be mounted here")
    yield place
    subprocess.run(["umount", str(place)], check=True)


@pytest.mark.parametrize("jobs", [1, 2])
def test_the_disk_is_full(many, tiny_disk, results, clean, undisturbed, jobs) -> None:
    output = tiny_disk / "out"
    with pytest.raises(flat.FlatError, match="No space left on device|no space left"):
        flat.run(many, output, jobs=jobs)
    assert 0 < done(output) < len(undisturbed)
    whole(output)
    subprocess.run(["mount", "-o", "remount,size=8m", str(tiny_disk)], check=True)
    flat.run(many, output, jobs=jobs)
    assert results(output) == undisturbed
    clean(output)


def test_eight_at_once(many, tmp_path, start, results, clean, undisturbed) -> None:
    output = tmp_path / "out"
    processes = [start(many, output, "--jobs", "1", "--json") for _ in range(8)]
    for process in processes:
        text, errors = process.communicate(timeout=200)
        assert process.returncode == 0, errors
        assert json.loads(text)["ok"] == len(undisturbed)
    assert results(output) == undisturbed
    clean(output)
