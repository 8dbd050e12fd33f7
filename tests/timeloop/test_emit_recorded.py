"""The recorded runs of Timeloop, written anew; and run anew where Timeloop is installed."""

from __future__ import annotations

import gzip
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

import flat_plugin as flat
from flat_plugin.architecture import read_architecture
from flat_plugin.documents import load
from flat_plugin.mapping.read import read_mapping
from flat_plugin.timeloop.emit import emit_operator
from flat_plugin.timeloop.write import write_files
from flat_plugin.workload.problem import read_problem

REFERENCE = Path(__file__).parents[1] / "reference"
WINDOWS = [
    REFERENCE / f"{name}.jsonl.gz" for name in ("timeloop_model_windows", "timeloop_model_windows_random")
]
RUNS = [REFERENCE / f"{name}.jsonl.gz" for name in ("timeloop_model", "timeloop_model_imperfect")]


@pytest.fixture(scope="module")
def runs() -> list[dict[str, Any]]:
    return recorded(RUNS)


def recorded(files: list[Path]) -> list[dict[str, Any]]:
    found = []
    for file in files:
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            found += [json.loads(line) for line in lines]
    return found


def emit(run: dict[str, Any]) -> dict[str, str]:
    einsum = read_problem({"problem": run["problem"]})
    architecture = read_architecture({"architecture": run["architecture"]})
    return emit_operator(einsum, architecture, read_mapping(run["mapping"], einsum, architecture))


def test_says_what_was_read(runs: list[dict[str, Any]]) -> None:
    for run in runs:
        files = {name: text for name, text in emit(run).items() if "timeloopfe" not in name}
        written = {name: load(text) for name, text in files.items()}
        assert written["architecture.yaml"]["architecture"] == run["architecture"]
        problem = written["problem.yaml"]["problem"]
        assert problem["instance"] == run["problem"]["instance"]
        assert problem["shape"]["data_spaces"] == run["problem"]["shape"]["data_spaces"]
        mapping = {(d["target"], d["type"]): d for d in written["mapping.yaml"]["mapping"]}
        for directive in run["mapping"]:
            found = mapping[directive["target"], directive["type"]]
            same = ("keep", "bypass") if directive["type"] == "bypass" else ("factors", "permutation")
            for key in same:
                assert found[key] == directive[key]


def test_windows_are_written_and_read_back() -> None:
    """Strides, dilations and imperfect factors; in words of our own, but to the same result."""
    for run in recorded(WINDOWS):
        einsum = read_problem({"problem": run["problem"]})
        architecture = read_architecture({"architecture": run["architecture"]})
        nest = read_mapping(run["mapping"], einsum, architecture)
        files = emit(run)
        assert read_problem(load(files["problem.yaml"])) == einsum
        again = read_architecture(files["architecture.yaml"])
        assert read_mapping(load(files["mapping.yaml"]), einsum, again).perfect == nest.perfect
        if "expected" in run:
            written = (files["architecture.yaml"], files["problem.yaml"], files["mapping.yaml"])
            result = flat.evaluate_mapping(*written, {"ERT": run["ERT"]})
            assert result.cycles == run["expected"]["cycles"]
            assert result.energy_pj / 1e6 == pytest.approx(run["expected"]["energy_uj"], abs=0.0051)


@pytest.mark.skipif(shutil.which("timeloop-model") is None, reason="Timeloop is not installed")
@pytest.mark.parametrize("number", range(0, 470, 24))
def test_runs(number: int, tmp_path: Path) -> None:
    run = recorded([*RUNS, *WINDOWS])[number]
    files = {**emit(run), "ERT.yaml": yaml.safe_dump({"ERT": run["ERT"]})}
    write_files(files, tmp_path)
    inputs = ["architecture.yaml", "problem.yaml", "mapping.yaml", "ERT.yaml"]
    done = subprocess.run(
        ["timeloop-model", *inputs, "-o", "."],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if "rejected" in run:
        assert run["rejected"].splitlines()[0] in done.stdout + done.stderr
        return
    stats = (tmp_path / "timeloop-model.stats.txt").read_text().partition("Summary Stats")[2]
    cycles, energy = re.search(r"Cycles: (\d+)", stats), re.search(r"Energy: (\S+) uJ", stats)
    assert cycles and energy
    assert float(cycles[1]) == run["expected"]["cycles"]
    assert float(energy[1]) == run["expected"]["energy_uj"]
