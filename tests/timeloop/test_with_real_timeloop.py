"""Generated files through the real Timeloop, where it is on PATH; and how its answers are recorded.

``python tests/timeloop/test_with_real_timeloop.py`` records ``reference/timeloop_generated.jsonl.gz``
anew: of every case what timeloop-model says of the mapping written and, for some, what
timeloop-mapper finds under the constraints written.
"""

from __future__ import annotations

import gzip
import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from flat_plugin.api import evaluate_mapping, generate
from flat_plugin.architecture import Architecture, list_architectures, read_architecture
from flat_plugin.model.operator import OperatorResult
from flat_plugin.timeloop.settings import MapperSettings
from flat_plugin.timeloop.stats import COUNTS
from flat_plugin.workload import parse_attention

RECORDED = Path(__file__).parents[1] / "reference" / "timeloop_generated.jsonl.gz"
TOOL = "NVlabs/timeloop 4cf6d4c"
SEARCH = MapperSettings(search_size=200)
needs_model = pytest.mark.skipif(not shutil.which("timeloop-model"), reason="timeloop-model is not on PATH")
needs_mapper = pytest.mark.skipif(
    not shutil.which("timeloop-mapper"), reason="timeloop-mapper is not on PATH"
)

BERT = {"model": "bert-base", "seq": 512}
LLAMA = {"model": "llama-3-8b", "seq": 512}
SMALL = {"attention": "B=2,H=3,M=48,N=96,D=32"}
# With 256 x 256 PEs Timeloop takes 4 minutes and more an operator: mostly cloud with 64 x 64 instead.
CLOUD_PART = "cloud-64x64"
CASES: list[dict[str, Any]] = [
    {"arch_name": "edge", "workload": BERT, "dataflow": "base", "mapper": True},
    {"arch_name": "edge", "workload": BERT, "dataflow": "flat-h", "overflow": "spill", "mapper": True},
    {"arch_name": "edge", "workload": BERT, "dataflow": "flat-r64", "mapper": True},
    {"arch_name": "edge", "workload": LLAMA, "dataflow": "base"},
    {"arch_name": "edge", "workload": LLAMA, "dataflow": "flat-r16"},
    {"arch_name": "edge", "workload": SMALL, "dataflow": "flat-m"},
    {"arch_name": CLOUD_PART, "workload": BERT, "dataflow": "base"},
    {"arch_name": CLOUD_PART, "workload": BERT, "dataflow": "flat-h"},
    {"arch_name": CLOUD_PART, "workload": BERT, "dataflow": "flat-b"},
    {"arch_name": CLOUD_PART, "workload": BERT, "dataflow": "flat-r64"},
    {"arch_name": CLOUD_PART, "workload": LLAMA, "dataflow": "base"},
    {"arch_name": CLOUD_PART, "workload": LLAMA, "dataflow": "flat-r16"},
]
LOCAL = ("mapper", "operators")  # what only recording needs to know of a case
QUICK = [case for case in CASES if case["arch_name"] == "edge" and case["workload"] is not LLAMA]

_TENSOR_LINES = {*COUNTS, "Partition size", "Energy (total)"}
_LEVEL_LINES = {
    *("Leakage energy (total)", "Cycles", "Bandwidth throttling"),
    *("Utilized instances", "Computes (total)", "Energy (total)"),
}


@needs_model
@pytest.mark.parametrize("case", QUICK, ids=lambda case: case["dataflow"])
def test_model_agrees(case: dict[str, Any], tmp_path: Path, check_printed) -> None:
    for folder in written(case, tmp_path):
        printed = run("timeloop-model", folder, ["mapping.yaml"])
        check_printed(evaluated(folder, folder / "mapping.yaml"), parse_stats(printed))


@needs_mapper
@pytest.mark.parametrize(
    "case", [case for case in QUICK if "mapper" in case], ids=lambda case: case["dataflow"]
)
def test_mapper_stays_inside(case: dict[str, Any], tmp_path: Path, check_printed, check_inside) -> None:
    for folder in written(case, tmp_path):
        printed = run("timeloop-mapper", folder, ["constraints.yaml", "mapper.yaml"])
        found = folder / "timeloop-mapper.map.yaml"
        check_printed(evaluated(folder, found), parse_stats(printed))
        ours = yaml.safe_load((folder / "mapping.yaml").read_text())["mapping"]
        check_inside(yaml.safe_load(found.read_text())["mapping"], ours, fused=case["dataflow"] != "base")


def written(case: dict[str, Any], output: Path) -> list[Path]:
    """Generate a case's files; one folder an operator."""
    workload = case["workload"]
    name = workload.get("model") or parse_attention(workload["attention"])
    options = {"seq": workload.get("seq"), "overflow": case.get("overflow", "reject"), "mapper": SEARCH}
    options["mask"] = "full"  # one problem an operator
    return list(generate(name, hardware(case), [case["dataflow"]], output, **options).folders)


def hardware(case: dict[str, Any]) -> Architecture | str:
    name = case["arch_name"]
    return name if name in list_architectures() else cloud_part()


def cloud_part() -> Architecture:
    """The cloud preset with fewer PEs."""
    text = (Path(__file__).parents[2] / "arch" / "cloud" / "arch.yaml").read_text()
    for old, new in (("[1..65536]", "[1..4096]"), ("meshX: 256, meshY: 256", "meshX: 64, meshY: 64")):
        assert old in text
        text = text.replace(old, new)
    return read_architecture(yaml.safe_load(text))


def run(program: str, folder: Path, files: list[str], timeout: int = 120) -> str:
    """The statistics that a program prints; run in the operator's folder."""
    inputs = ["architecture.yaml", "problem.yaml", "ERT.yaml", "ART.yaml", *files]
    command = [program, *inputs, "-o", "."]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=timeout, check=False)
    stats = folder / f"{program}.stats.txt"
    assert stats.exists(), done.stdout + done.stderr  # Timeloop's exit code may be 0 all the same
    return stats.read_text()


def evaluated(folder: Path, mapping: Path) -> OperatorResult:
    return evaluate_mapping(
        folder / "architecture.yaml", folder / "problem.yaml", mapping, folder / "ERT.yaml"
    )


def parse_stats(text: str) -> dict[str, Any]:
    """A ``stats.txt`` in the layout of the recorded runs."""
    body, _, summary = text.partition("Summary Stats")
    blocks = re.split(r"\nLevel \d+\n-+\n", body.partition("\nNetworks")[0])[1:]
    cycles, energy, utilization, computes = (
        _number(match[1])
        for label in ("Cycles:", "Energy:", "Utilization:", "Computes =")
        if (match := re.search(rf"{label} (\S+)", summary))
    )
    per_compute = re.findall(r"^    (\S+)\s+= (\S+)$", summary, re.MULTILINE)
    return {
        "levels": [_parse_level(block) for block in blocks],
        "cycles": cycles,
        "energy_uj": energy,
        "utilization_percent": utilization,
        "computes": computes,
        "fj_per_compute": {name: float(value) for name, value in per_compute},
    }


def _parse_level(block: str) -> dict[str, Any]:
    title = re.search(r"=== (\S+) ===", block)
    assert title
    tensors: dict[str, dict[str, float]] = {}
    level: dict[str, Any] = {"name": title[1], "tensors": tensors}
    current, wanted = level, _LEVEL_LINES
    for line in block.splitlines():
        if tensor := re.fullmatch(r"    (\w+):\s*", line):
            current, wanted = tensors.setdefault(tensor[1], {}), _TENSOR_LINES
        elif (entry := re.match(r"\s+(.+?)\s+: (.+)", line)) and entry[1] in wanted:
            current[entry[1]] = _number(entry[2])
    return level


def _number(text: str) -> float:
    return float(text.split()[0].rstrip("%"))


def recorded(case: dict[str, Any], folder: Path) -> Iterator[dict[str, Any]]:
    """A case's lines of the reference for one operator."""
    document = {
        key: yaml.safe_load((folder / f"{file}.yaml").read_text())[key]
        for file, key in (("architecture", "architecture"), ("ERT", "ERT"), ("problem", "problem"))
    }
    options = {key: value for key, value in case.items() if key not in LOCAL}
    start = {"tool": TOOL, **options, "operator": folder.name}
    runs = [("timeloop-model", "mapping.yaml", ["mapping.yaml"])]
    if "mapper" in case:
        runs += [("timeloop-mapper", "timeloop-mapper.map.yaml", ["constraints.yaml", "mapper.yaml"])]
    for program, mapping, files in runs:
        expected = parse_stats(run(program, folder, files, timeout=900))
        directives = yaml.safe_load((folder / mapping).read_text())["mapping"]
        yield {**start, "program": program, **document, "mapping": directives, "expected": expected}


def record() -> None:
    lines = []
    for case in CASES:
        with tempfile.TemporaryDirectory() as place:
            folders = written(case, Path(place))
            for folder in [f for f in folders if f.name in case.get("operators", (f.name,))]:
                for line in recorded(case, folder):
                    lines.append(json.dumps(line))
                    print(case["arch_name"], case["dataflow"], folder.name, line["program"])
    text = "".join(line + "\n" for line in lines)
    RECORDED.write_bytes(gzip.compress(text.encode(), mtime=0))


if __name__ == "__main__":
    record()
