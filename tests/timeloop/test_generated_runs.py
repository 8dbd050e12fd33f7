"""What the real Timeloop made of files that ``flat generate`` wrote (recorded).

``test_with_real_timeloop.py`` records these runs; record them anew when mappings change on purpose.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

import flat_plugin
from flat_plugin.api import evaluate_mapping, generate
from flat_plugin.architecture import Architecture, list_architectures, preset_path, read_architecture
from flat_plugin.workload import parse_attention

RECORDED = Path(__file__).parents[1] / "reference" / "timeloop_generated.jsonl.gz"
with gzip.open(RECORDED, "rt", encoding="utf-8") as stream:
    CASES: list[dict[str, Any]] = [json.loads(line) for line in stream]

WRITTEN = [case for case in CASES if case["program"] == "timeloop-model"]
FOUND = [case for case in CASES if case["program"] == "timeloop-mapper"]
ABSOLUTE = re.compile(r"(?:^|[\s\"'=:(\[,])(?:~|[A-Za-z]:)?[/\\]\w", re.MULTILINE)


def label(case: dict[str, Any]) -> str:
    workload = case["workload"].get("model", "by-hand")
    return "-".join((case["arch_name"], workload, case["dataflow"], case["operator"]))


def written(case: dict[str, Any], output: Path) -> Path:
    """The folder that ``flat generate`` writes for a case."""
    workload = case["workload"]
    generated = generate(
        workload.get("model") or parse_attention(workload["attention"]),
        hardware(case),
        [case["dataflow"]],
        output,
        seq=workload.get("seq"),
        mask="full",  # as they were recorded
        overflow=case.get("overflow", "reject"),
    )
    return next(folder for folder in generated.folders if folder.name == case["operator"])


def hardware(case: dict[str, Any]) -> Architecture | str:
    name: str = case["arch_name"]
    return name if name in list_architectures() else read_architecture({"architecture": case["architecture"]})


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{label(case)}-{case['program']}")
def test_equals_timeloop(case: dict[str, Any], check_printed) -> None:
    problem, architecture = {"problem": case["problem"]}, {"architecture": case["architecture"]}
    result = evaluate_mapping(architecture, problem, case["mapping"], {"ERT": case["ERT"]})
    check_printed(result, case["expected"])


@pytest.mark.parametrize("case", WRITTEN, ids=label)
def test_the_same_files_are_written(case: dict[str, Any], tmp_path: Path) -> None:
    folder = written(case, tmp_path)
    for name in ("problem", "mapping", "architecture"):
        assert yaml.safe_load((folder / f"{name}.yaml").read_text(encoding="utf-8"))[name] == case[name], name


@pytest.mark.parametrize("case", FOUND, ids=label)
def test_the_mapper_stays_inside_the_dataflow(case: dict[str, Any], check_inside) -> None:
    ours = next(other for other in WRITTEN if label(other) == label(case))["mapping"]
    check_inside(case["mapping"], ours, fused=case["dataflow"].startswith("flat"))


@pytest.mark.parametrize("arch", ["edge", "file"])
def test_files_name_no_place(arch: str, tmp_path: Path) -> None:
    """Neither the folder written to nor any other path of this machine; nor who wrote them."""
    own = tmp_path / "mine.yaml"
    own.write_bytes((preset_path("edge") / "arch.yaml").read_bytes())
    ert = preset_path("edge") / "ERT.yaml" if arch == "file" else None
    output = tmp_path / "out"
    generate("bert-base", own if arch == "file" else arch, ["base", "flat-r64"], output, seq=512, ert=ert)
    places = [tmp_path, Path.home(), Path(sys.prefix), Path(flat_plugin.__file__).parent, Path.cwd()]
    files = [path for path in output.rglob("*") if path.is_file()]
    assert files
    for path in files:
        text = path.read_text(encoding="utf-8")
        assert not ABSOLUTE.search(text), path.name
        assert not [place for place in places if len(place.parts) > 1 and str(place) in text], path.name
        assert "session" not in text.lower(), path.name
