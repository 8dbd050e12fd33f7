"""A sweep through the real Timeloop (recorded): operators and fused estimates equal the built-in engine's.

24 runs (2 models × 2 lengths × 2 architectures × 3 dataflows) went through timeloop-model, and 4 through
timeloop-mapper, each by the programs and by pytimeloop. To record anew where Timeloop is installed:
``flat.run(SWEEPS[name], folder)``, and ``python tests/batch/test_recorded_sweep.py FOLDER …``.
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

import flat_plugin as flat
from flat_plugin.architecture import read_architecture
from flat_plugin.energy.tables import read_ert
from flat_plugin.mapping.named import parse_dataflow
from flat_plugin.mapspace.dataflow_mapping import map_dataflow
from flat_plugin.model.operator import evaluate_operator
from flat_plugin.timeloop.constraints import constraint_directives
from flat_plugin.timeloop.directives import Bypass, mapping_directives
from flat_plugin.timeloop.fused_file import read_fused
from flat_plugin.timeloop.stats import read_stats
from flat_plugin.workload import find_model

RECORDED = Path(__file__).parents[1] / "reference" / "timeloop_sweep.jsonl.gz"

# Timeloop takes minutes for an operator on the cloud platform's 65,536 PEs: 4,096 of them here.
_PLATFORMS = {
    "architectures": ["edge", "cloud"],
    "overrides": [{"pes": [32, 32]}, {"pes": [64, 64]}],
    "include": [
        {"architecture": "edge", "pes": [32, 32]},
        {"architecture": "cloud", "pes": [64, 64]},
    ],
}
SWEEPS: dict[str, dict[str, Any]] = {
    "model": {
        "models": ["bert-base", "t5-small"],
        "seq": [512, 2048],
        "dataflows": ["base", "flat-r32", "flat-r"],
        "engine": ["timeloop", "pytimeloop"],
        "softmax": "free",  # the built-in model's in either case
        **_PLATFORMS,
    },
    "mapper": {
        "models": ["bert-base", "t5-small"],
        "seq": [512],
        "architectures": ["edge"],
        "dataflows": ["base", "flat-r64"],
        "engine": ["timeloop", "pytimeloop"],
        "softmax": "free",
        "mapper": {"algorithm": "random", "search_size": 1000, "num_threads": 1},
    },
}

with gzip.open(RECORDED, "rt", encoding="utf-8") as stream:
    CASES: list[dict[str, Any]] = [json.loads(line) for line in stream]
FOUND = [case for case in CASES if case["inputs"]["mapper"]]


def label(case: dict[str, Any]) -> str:
    inputs = case["inputs"]
    parts = (inputs["engine"], inputs["model"], inputs["seq"], inputs["architecture"], inputs["dataflow"])
    return "-".join(map(str, (*parts, *(["mapper"] if inputs["mapper"] else []))))


class Case:
    """A recorded run as values."""

    def __init__(self, recorded: dict[str, Any]) -> None:
        inputs = recorded["inputs"]
        self.attention = find_model(inputs["model"]).attention(inputs["seq"])
        self.einsums = {einsum.name: einsum for einsum in self.attention.einsums()}
        self.architecture = read_architecture(recorded["architecture"])
        self.energies = read_ert(recorded["ERT"])
        self.mapping = read_fused(recorded["mapping"], self.einsums, self.architecture)


@pytest.mark.parametrize("recorded", CASES, ids=label)
def test_operators_are_equal(recorded: dict[str, Any]) -> None:
    case = Case(recorded)
    assert recorded["operators"].keys() == case.einsums.keys()
    for name, expected in recorded["operators"].items():
        ours = evaluate_operator(
            case.einsums[name], case.architecture, case.mapping[name], case.energies
        ).to_dict()
        assert_equal(json.loads(json.dumps(ours)), expected, name)


@pytest.mark.parametrize("recorded", CASES, ids=label)
def test_fused_estimates_are_equal(recorded: dict[str, Any]) -> None:
    case = Case(recorded)
    ours = flat.estimate(
        case.attention, case.architecture, ert=case.energies, mapping=case.mapping, softmax="free"
    )
    assert ours.cycles == pytest.approx(recorded["estimate"]["cycles"], rel=1e-12)
    assert ours.bound == recorded["estimate"]["bound"]
    assert ours.dram_words == recorded["estimate"]["dram_words"]
    assert ours.energy_pj == pytest.approx(recorded["estimate"]["energy_pj"], rel=1e-9)


@pytest.mark.parametrize("recorded", FOUND, ids=label)
def test_the_mapper_stays_inside_the_dataflow(recorded: dict[str, Any]) -> None:
    case = Case(recorded)
    dataflow = parse_dataflow(recorded["inputs"]["dataflow"])
    planned = map_dataflow(case.attention, case.architecture, dataflow, case.energies)
    shared = tuple(d for d, _ in planned.trips) if dataflow.fused else ()
    for name, einsum in case.einsums.items():
        found = {
            (d.target, d.type): d for d in mapping_directives(einsum, case.architecture, case.mapping[name])
        }
        for wanted in constraint_directives(einsum, case.architecture, planned[name], shared):
            directive = found[wanted.target, wanted.type]
            if isinstance(wanted, Bypass) or isinstance(directive, Bypass):
                assert directive == wanted
            else:
                assert dict(wanted.factors).items() <= dict(directive.factors).items()
                trips = dict(wanted.factors)
                order = [d for d in directive.permutation if trips.get(d, 1) > 1]
                assert order == [d for d in wanted.permutation if trips.get(d, 1) > 1] or not shared


def assert_equal(ours: Any, printed: Any, place: str) -> None:
    """Counts, cycles and names are equal, energies to the two decimals that Timeloop prints a line."""
    if isinstance(printed, dict):
        assert ours.keys() == printed.keys(), place
        for key, value in printed.items():
            assert_equal(ours[key], value, f"{place}.{key}")
    elif isinstance(printed, list):
        assert len(ours) == len(printed), place
        for index, value in enumerate(printed):
            assert_equal(ours[index], value, f"{place}[{index}]")
    elif place.endswith("_pj"):
        assert ours == pytest.approx(printed, rel=1e-9, abs=0.1), place
    elif place.endswith("bandwidth_throttling"):
        assert ours == pytest.approx(printed, abs=0.0051), place
    else:
        assert ours == printed, place


def recorded_run(folder: Path) -> dict[str, Any]:
    """A line of the reference from the folder of a run."""
    result = json.loads((folder / "result.json").read_text())
    assert result["status"] == "ok", result["error"]
    inputs, estimate = result["inputs"], result["estimate"]
    tensors = estimate["tensors"].values()
    attention = find_model(inputs["model"]).attention(inputs["seq"])
    operators, answers = {}, []
    for einsum in attention.einsums():
        place = folder / "outputs" / einsum.name
        documents = {
            key: yaml.safe_load((place / f"{file}.yaml").read_text())[key]
            for file, key in (("architecture", "architecture"), ("ERT", "ERT"))
        }
        program = "timeloop-mapper" if inputs["mapper"] else "timeloop-model"
        stats = (place / f"{program}.stats.txt").read_text()
        answers.append(read_stats(stats, einsum, read_architecture(documents["architecture"])))
        operators[einsum.name] = answers[-1].to_dict()
    return {
        "tool": re.sub(r" \([^)]*\)", "", result["engine"]["tool"]),
        "inputs": inputs,
        **documents,
        "mapping": result["mapping"],
        "operators": operators,
        "estimate": {key: estimate[key] for key in ("cycles", "bound", "energy_pj")}
        | {"dram_words": sum(tensor["dram_reads"] + tensor["dram_writes"] for tensor in tensors)},
    }


def record(folders: list[Path]) -> None:
    runs = sorted(path.parent for folder in folders for path in folder.glob("runs/*/result.json"))
    lines = sorted((recorded_run(run) for run in runs), key=label)
    text = "".join(json.dumps(line) + "\n" for line in lines)
    RECORDED.write_bytes(gzip.compress(text.encode(), mtime=0))
    print(len(lines), "runs,", RECORDED.stat().st_size, "bytes")


if __name__ == "__main__":
    record([Path(argument) for argument in sys.argv[1:]])
