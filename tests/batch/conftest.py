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

import flat_plugin as flat

FLAT = [sys.executable, "-c", "from flat_plugin.cli import main; main()"]
Start = Callable[..., "subprocess.Popen[str]"]
Results = Callable[[Path], dict[str, Any]]


def sizes(heads: tuple[int, ...], lengths: tuple[int, ...]) -> list[dict[str, str]]:
    return [{"attention": f"B=1,H={h},M={m},N={m},D=16"} for h in heads for m in lengths]


SMALL: dict[str, Any] = {
    "models": sizes((2,), (32, 512)),
    "architectures": ["edge"],
    "overrides": [{"buffer_kb": 64}],
    "dataflows": ["base", "flat-h", "flat-r16"],
}
MANY: dict[str, Any] = {
    "models": sizes((1, 2, 3, 4), (64, 96, 128)),
    "architectures": ["edge"],
    "dataflows": ["base", "base-h", "flat-h", "flat-r16"],
}


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """``write(content)`` is the sweep file."""

    def put(content: dict[str, Any], name: str = "sweep.yaml") -> Path:
        path = tmp_path / name
        path.write_text(yaml.safe_dump({"sweep": content}, allow_unicode=True), encoding="utf-8")
        return path

    return put


@pytest.fixture
def small(write: Callable[..., Path]) -> Path:
    """Six runs of a few milliseconds each, one of which does not fit."""
    return write(SMALL)


@pytest.fixture
def many(write: Callable[..., Path]) -> Path:
    """48 runs: a second or more of work on one core."""
    return write(MANY)


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The results of ``many`` if nothing dies."""
    output = tmp_path_factory.mktemp("undisturbed")
    flat.run({"sweep": MANY}, output, jobs=1)
    return read_results(output)


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
def results() -> Results:
    """What a folder holds, run by run, without what differs from one time to the next."""
    return read_results


def read_results(output: Path) -> dict[str, Any]:
    found = {}
    for path in output.glob("runs/*/result.json"):
        document = json.loads(path.read_text(encoding="utf-8"))
        assert document["run"] == path.parent.name
        found[path.parent.name] = {
            k: v for k, v in document.items() if k not in ("seconds", "finished", "sha256")
        }
    return found


@pytest.fixture
def clean() -> Callable[[Path], None]:
    """Nothing is half-written: every run's folder holds its files and nothing else.

    A process that is killed right after it has finished a run may leave the empty lock file.
    """

    def check(output: Path) -> None:
        allowed = {"inputs.json", "result.json", "outputs", ".flat-run.lock"}
        assert {p.name for p in output.iterdir()} == {"sweep.yaml", "plan.json", "runs"}
        for folder in (output / "runs").iterdir():
            names = {p.name for p in folder.iterdir()}
            assert {"inputs.json", "result.json"} <= names <= allowed, names

    return check


@pytest.fixture
def until() -> Callable[..., None]:
    """``until(condition)`` waits for it."""

    def wait(condition: Callable[[], object], seconds: float = 60.0) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, "it never happened"
            time.sleep(0.01)

    return wait
