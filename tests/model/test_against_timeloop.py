"""Every recorded run of timeloop-model: equal counts, cycles, capacity; energy to the last digit."""

import gzip
import json
import re
from math import inf
from pathlib import Path

import pytest

from flat_plugin.architecture.energy_table import ComponentEnergy, EnergyTable
from flat_plugin.architecture.hardware import Architecture, Compute, Memory
from flat_plugin.errors import InvalidMapping
from flat_plugin.mapping.read import read_mapping
from flat_plugin.model.operator import evaluate_operator
from flat_plugin.workload.problem import read_problem

RECORDED = Path(__file__).parents[1] / "reference" / "timeloop_model.jsonl.gz"
with gzip.open(RECORDED, "rt") as stream:
    CASES = [json.loads(line) for line in stream]

PRINTED = {
    "Scalar reads (per-instance)": "reads",
    "Scalar fills (per-instance)": "fills",
    "Scalar updates (per-instance)": "updates",
    "Temporal reductions (per-instance)": "temporal_reductions",
    "Utilized capacity": "utilized_capacity",
    "Utilized instances (max)": "utilized_instances",
}


def bare(name):
    """``system.PERegs[1..64]`` is PERegs."""
    return name.split(".", 1)[1].split("[")[0]


def architecture_of(document):
    memories = []
    for component in document["subtree"][0]["local"]:
        match = re.match(r"(\w+)(?:\[1\.\.(\d+)\])?", component["name"])
        name, n = match[1], int(match[2] or 1)
        a, kind = component["attributes"], component["class"]
        x = a.get("meshX", n)
        if kind == "intmac":
            compute = Compute(name, kind, a["datawidth"], n, x, n // x, a)
            continue
        block = a["width"] // a["datawidth"]
        buffering = a.get("multiple_buffering", 1)
        capacity = a["depth"] * block // buffering if "depth" in a else inf
        widths = [a.get(f"{port}_bandwidth", inf) for port in ("read", "write", "shared")]
        memories.append(
            Memory(name, kind, a["datawidth"], block, 1, capacity, buffering, n, x, n // x, *widths)
        )
    return Architecture("recorded", tuple(memories), compute)


def energies_of(document):
    return EnergyTable(
        {
            bare(table["name"]): ComponentEnergy(
                {action["name"]: action["energy"] for action in table["actions"]}
            )
            for table in document["tables"]
        }
    )


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c['arch_name']}-{c['problem']['shape']['name']}")
def test_equals_timeloop(case):
    architecture = architecture_of(case["architecture"])
    einsum = read_problem(case["problem"])
    mapping = read_mapping(case["mapping"], einsum, architecture)
    if "rejected" in case:
        with pytest.raises(InvalidMapping) as refused:
            evaluate_operator(einsum, architecture, mapping, energies_of(case["ERT"]))
        assert f"couldn't map level {refused.value.level}:" in case["rejected"]
        assert f"mapped tile size {refused.value.tile} " in case["rejected"]
        return
    result = evaluate_operator(einsum, architecture, mapping, energies_of(case["ERT"]))
    expected = case["expected"]
    assert result.cycles == expected["cycles"]
    assert result.energy_pj / 1e6 == pytest.approx(expected["energy_uj"], abs=0.00501)
    for level in expected["levels"]:
        ours = result[level["name"]]
        assert set(ours.tensors) == set(level["tensors"])
        for name, printed in level["tensors"].items():
            counts = ours.tensors[name]
            for label, attribute in PRINTED.items():
                assert getattr(counts, attribute) == printed[label], (level["name"], name, label)
            energy = pytest.approx(printed["Energy (total)"], rel=1e-9, abs=0.0051)
            assert counts.energy_pj == energy
