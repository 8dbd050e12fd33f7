"""The array form gives what one mapping at a time gives, in the order asked."""

import gzip
import json
from pathlib import Path

import pytest

import flat_plugin as flat

RECORDED = Path(__file__).parents[1] / "reference" / "timeloop_model.jsonl.gz"


def test_many_at_once_equal_one_at_a_time():
    with gzip.open(RECORDED, "rt") as stream:
        cases = [json.loads(line) for line in stream]
    first = next(c for c in cases if c["arch_name"] == "no-registers" and "expected" in c)
    same = [c for c in cases if (c["arch_name"], c["problem"]) == ("no-registers", first["problem"])]
    mappings = [case["mapping"] for case in same] + [first["mapping"]] * 2
    found = flat.evaluate_mappings(first["architecture"], first["problem"], mappings, first["ERT"])
    for n, mapping in enumerate(mappings):
        if found.valid[n]:
            one = flat.evaluate_mapping(first["architecture"], first["problem"], mapping, first["ERT"])
            assert found.cycles[n] == one.cycles
            assert found.energy_pj[n] == pytest.approx(one.energy_pj, rel=1e-12)
    assert found.valid[-1]


def test_an_impossible_mapping_is_invalid_not_an_error():
    with gzip.open(RECORDED, "rt") as stream:
        case = next(c for c in map(json.loads, stream) if "rejected" in c)
    documents = (case["architecture"], case["problem"], [case["mapping"]], case["ERT"])
    assert not flat.evaluate_mappings(*documents).valid[0]
