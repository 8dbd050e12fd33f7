"""Every recorded run of timeloop-model: equal counts, cycles, capacity; energy to the last digit."""

import gzip
import json
from pathlib import Path

import pytest

import flat_plugin as flat

REFERENCE = Path(__file__).parents[1] / "reference"
CASES = []
NAMES = (
    "timeloop_model",
    "timeloop_model_imperfect",
    "timeloop_model_windows",
    "timeloop_model_windows_random",
)
for name in NAMES:
    with gzip.open(REFERENCE / f"{name}.jsonl.gz", "rt") as stream:
        CASES += [json.loads(line) for line in stream]


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c['arch_name']}-{c['problem']['shape']['name']}")
def test_equals_timeloop(case, check_printed):
    documents = [case[name] for name in ("architecture", "problem", "mapping", "ERT")]
    if "rejected" in case:
        with pytest.raises(flat.InvalidMapping) as refused:
            flat.evaluate_mapping(*documents)
        assert f"couldn't map level {refused.value.level}:" in case["rejected"]
        assert f"mapped tile size {refused.value.tile} " in case["rejected"]
        return
    check_printed(flat.evaluate_mapping(*documents), case["expected"])
