"""Small sweeps, and ``flat run`` as a process that can be killed."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

FLAT = [sys.executable, "-c", "from flat_plugin.cli import main; main()"]
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def small() -> dict[str, Any]:
    """Twelve runs of a few milliseconds each, three of which do not fit."""
    sizes = [f"B=1,H=2,M={m},N={m},D=16" for m in (32, 64, 128, 1024)]
    return {
        "models": [{"attention": size} for size in sizes],
        "architectures": ["edge"],
        "overrides": [{"buffer_kb": 64}],
        "dataflows": ["base", "flat-h", "flat-r16"],
        "exclude": [],
    } | {"exclude": [{"dataflow": "flat-h", "model": sizes[0]}], "models": [{"attention": s} for s in sizes]}


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """``write(content)`` is the sweep file."""

    def put(content: dict[str, Any], name: str = "sweep.yaml") -> Path:
        path = tmp_path / name
        path.write_text(yaml.safe_dump({"sweep": content}, allow_unicode=True), encoding="utf-8")
        return path

    return put


@pytest.fixture
def many(write: Callable[..., Path]) -> Path:
    """A sweep of 80 runs: some seconds of work on one core."""
    sizes = [f"B=1,H={h},M={m},N={m},D=16" for h in (1, 2, 3, 4, 6) for m in (64, 96, 128, 192)]
    dataflows = ["base", "base-h", "flat-h", "flat-r16"]
    return write(
        {"models": [{"attention": s} for s in sizes], "architectures": ["edge"], "dataflows": dataflows}
    )


@pytest.fixture
def start() -> Iterator[Start]:
    """``start(sweep, output, …)`` runs ``flat run`` in a process of its own."""
    started: list[subprocess.Popen[str]] = []

    def begin(sweep: Path, output: Path, *more: str, **options: Any) -> subprocess.Popen[str]:
        command = [*FLAT, "run", str(sweep), "-o", str(output), *more]
        pipe = subprocess.PIPE
        started.append(subprocess.Popen(command, text=True, stdout=pipe, stderr=pipe, **options))
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def results() -> Callable[[Path], dict[str, Any]]:
    """What a folder holds, run by run, without what differs from one time to the next."""

    def read(output: Path) -> dict[str, Any]:
        found = {}
        for path in output.glob("runs/*/result.json"):
            document = json.loads(path.read_text(encoding="utf-8"))
            assert document["run"] == path.parent.name
            found[path.parent.name] = {k: v for k, v in document.items() if k not in ("seconds", "finished")}
        return found

    return read


@pytest.fixture
def clean() -> Callable[[Path], None]:
    """Nothing is half-written: every run's folder holds its files and nothing else."""

    def check(output: Path) -> None:
        allowed = {"inputs.json", "result.json", "outputs"}
        assert {p.name for p in output.iterdir()} == {"sweep.yaml", "plan.json", "runs"}
        for folder in (output / "runs").iterdir():
            names = {p.name for p in folder.iterdir()}
            assert {"inputs.json", "result.json"} <= names <= allowed, names

    return check


@pytest.fixture
def until() -> Callable[..., None]:
    def wait(condition: Callable[[], object], seconds: float = 60.0) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, "it never happened"
            time.sleep(0.01)

    return wait


def done(output: Path) -> int:
    return len(list(output.glob("runs/*/result.json")))
