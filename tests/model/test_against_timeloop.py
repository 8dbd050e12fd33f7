"""Every recorded run of timeloop-model: equal counts, cycles, capacity; energy to the last digit."""

import gzip
import json
from pathlib import Path

import pytest

import flat_plugin as flat

REFERENCE = Path(__file__).parents[1] / "reference"
CASES = []
for name in ("timeloop_model", "timeloop_model_imperfect"):
    with gzip.open(REFERENCE / f"{name}.jsonl.gz", "rt") as stream:
        CASES += [json.loads(line) for line in stream]

PRINTED = {
    "Scalar reads (per-instance)": "reads",
    "Scalar fills (per-instance)": "fills",
    "Scalar updates (per-instance)": "updates",
    "Temporal reductions (per-instance)": "temporal_reductions",
    "Utilized capacity": "utilized_capacity",
    "Utilized instances (max)": "utilized_instances",
}


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c['arch_name']}-{c['problem']['shape']['name']}")
def test_equals_timeloop(case):
    documents = [case[name] for name in ("architecture", "problem", "mapping", "ERT")]
    if "rejected" in case:
        with pytest.raises(flat.InvalidMapping) as refused:
            flat.evaluate_mapping(*documents)
        assert f"couldn't map level {refused.value.level}:" in case["rejected"]
        assert f"mapped tile size {refused.value.tile} " in case["rejected"]
        return
    result = flat.evaluate_mapping(*documents)
    expected = case["expected"]
    assert result.cycles == expected["cycles"]
    assert result.computes == expected["computes"]
    assert result.utilization * 100 == pytest.approx(expected["utilization_percent"], abs=0.00501)
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
