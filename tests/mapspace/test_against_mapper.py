"""The optimum of one operator against what timeloop-mapper finds of the same space.

``python tests/mapspace/test_against_mapper.py`` records ``reference/timeloop_mapper_best.json`` anew (it
takes some minutes): for logit and attend of BERT-512 on edge, heads one after the other at DRAM, every
tensor in the buffer and any in the registers, half the buffer for the other half of double buffering.
"""

import json
import re
import subprocess
import tempfile
import time
from pathlib import Path

import pytest
import yaml

from flat_plugin.api import evaluate_mapping, generate
from flat_plugin.architecture import find_architecture
from flat_plugin.energy import energy_for
from flat_plugin.mapspace.layer import search_operator
from flat_plugin.mapspace.objective import Best
from flat_plugin.workload import parse_attention

RECORDED = Path(__file__).parents[1] / "reference" / "timeloop_mapper_best.json"
TOOL = "NVlabs/timeloop 4cf6d4c"
LAYER = "B=1,H=12,M=512,N=512,D=64"
ALGORITHMS = ("random", "random_pruned")
SEARCH_SIZE = 2000  # valid mappings

RUNS = json.loads(RECORDED.read_text()) if RECORDED.exists() else []


def best(operator, ert=None):
    einsum = next(e for e in parse_attention(LAYER).einsums() if e.name == operator)
    edge = find_architecture("edge")
    found = Best("edp")
    outcome = search_operator(einsum, edge, energy_for(edge, ert), found)
    (pick,) = outcome.picks
    return found, pick.search.sides[0].mapping(pick.rows[0], pick.choices[0])


@pytest.mark.parametrize("run", RUNS, ids=lambda run: f"{run['operator']}-{run['algorithm']}")
def test_never_worse_than_the_mapper(run):
    found, _ = best(run["operator"], run["ERT"])
    assert found.rank[0] <= run["mapper"]["energy_uj"] * 1e6 * run["mapper"]["cycles"]


@pytest.mark.parametrize("operator", ["logit", "attend"])
def test_timeloop_gives_the_same_figures_of_the_optimum(operator):
    """``model`` holds what timeloop-model printed of the files that ``flat generate`` wrote."""
    runs = [run for run in RUNS if run["operator"] == operator]
    assert runs
    with tempfile.TemporaryDirectory() as place:
        folder = written(Path(place), operator, runs[0]["ERT"])
        files = [folder / f"{name}.yaml" for name in ("architecture", "problem", "mapping", "ERT")]
        result = evaluate_mapping(*files)
        text = (folder / "mapping.yaml").read_text()
    for run in runs:
        assert run["mapping"] == yaml.safe_load(text)["mapping"]
        assert run["model"]["cycles"] == result.cycles
        assert run["model"]["energy_uj"] == round(result.energy_pj * 1e-6, 2)


def written(place, operator, ert=None):
    """The optimum of base-opt without softmax is that of each operator alone only by energy × cycles of
    both; so the operator's own optimum is written over it."""
    from flat_plugin.timeloop.emit import emit_operator
    from flat_plugin.timeloop.write import write_files

    edge = find_architecture("edge")
    einsum = next(e for e in parse_attention(LAYER).einsums() if e.name == operator)
    folder = generate(
        parse_attention(LAYER), "edge", ["base"], place, ert=ert
    ).folders[0].parent / operator  # fmt: skip
    files = emit_operator(einsum, edge, best(operator, ert)[1], shared=(), title=operator)
    write_files(files, folder)
    return folder


def record():
    runs = []
    for operator in ("logit", "attend"):
        for algorithm in ALGORITHMS:
            with tempfile.TemporaryDirectory() as place:
                folder = written(Path(place), operator)
                architecture = (folder / "architecture.yaml").read_text()
                halved = re.sub(r"(\n *)n_banks: 16", r"\g<0>\1multiple_buffering: 2", architecture)
                (folder / "halved.yaml").write_text(halved)
                constraints = yaml.safe_load((folder / "constraints.yaml").read_text())
                targets = constraints["architecture_constraints"]["targets"]
                targets[:] = [t for t in targets if (t["target"], t["type"]) != ("PERegs", "bypass")]
                (folder / "free.yaml").write_text(yaml.safe_dump(constraints))
                mapper = (folder / "mapper.yaml").read_text()
                mapper = re.sub(r"algorithm: \w+", f"algorithm: {algorithm}", mapper)
                mapper = re.sub(r"search_size: \d+", f"search_size: {SEARCH_SIZE}", mapper)
                (folder / "mapper.yaml").write_text(mapper)
                start = time.perf_counter()
                inputs = ("halved", "problem", "free", "mapper", "ERT", "ART")
                found = timeloop("timeloop-mapper", folder, *inputs)
                seconds = time.perf_counter() - start
                model = timeloop("timeloop-model", folder, "halved", "problem", "mapping", "ERT", "ART")
                mapping = yaml.safe_load((folder / "mapping.yaml").read_text())["mapping"]
                ert = yaml.safe_load((folder / "ERT.yaml").read_text())
            runs.append(
                {
                    "tool": TOOL,
                    "operator": operator,
                    "algorithm": algorithm,
                    "search_size": SEARCH_SIZE,
                    "seconds": round(seconds, 1),
                    "mapper": found,
                    "model": model,
                    "mapping": mapping,
                    "ERT": ert,
                }
            )
            print(runs[-1])
            RECORDED.write_text(json.dumps(runs, indent=1) + "\n")


def timeloop(program, folder, *names):
    command = [program, *(str(folder / f"{name}.yaml") for name in names), "-o", str(folder)]
    subprocess.run(command, check=True, capture_output=True, cwd=folder)
    text = (folder / f"{program}.stats.txt").read_text()
    return {
        "cycles": int(re.findall(r"^Cycles: (\d+)", text, re.M)[-1]),
        "energy_uj": float(re.findall(r"^Energy: ([\d.]+) uJ", text, re.M)[-1]),
    }


if __name__ == "__main__":
    record()
