"""What timeloop-model does far from the common: each rule as a case, and recorded runs of many kinds.

``timeloop_rules`` is one small case a rule, with what Timeloop did; ``timeloop_model_wide`` are 200 runs
with two to six levels, several cores, clusters, networks, other spellings, widths by level, names of
actions, constraints and ill-formed input; ``timeloop_model_random`` are random ones of
``benchmarks/against_timeloop.py``. All of NVlabs/timeloop of March 2025.
"""

import gzip
import json
from pathlib import Path

import pytest

import flat_plugin as flat

REFERENCE = Path(__file__).parents[1] / "reference"


def recorded(name):
    with gzip.open(REFERENCE / f"{name}.jsonl.gz", "rt", encoding="utf-8") as stream:
        return [json.loads(line) for line in stream]


RULES = recorded("timeloop_rules")
WIDE = recorded("timeloop_model_wide")
RANDOM = recorded("timeloop_model_random")
# What Timeloop evaluates and we refuse by name, because nobody states its figure or it is not modelled.
REFUSED = {
    "04-ert-no-action": "no energy for MAC compute",
    "05-ert-no-component": "no energy for MAC",
    "11-constraints-inside": "architecture: unknown key (got 'constraints')",
    "18-ert-wire": "energies of networks are not modelled",
    "32-no-temporal-reuse": "no_temporal_reuse is not supported",
    "33-rmw-first-update": "rmw_first_update is not supported",
    "34-no-multicast": "no_reuse is not supported",
    "35-no-coalesce": "no_coalesce is not supported",
    "36-two-outputs": "an einsum has exactly one output",
    "37-router-energy": "router_energy is not supported",
    "38-distributed-multicast": "network_type is not supported",
    "39-power-gating": "power_gated_at is not supported",
}
# Tables that lack an action of a name, where Timeloop takes an energy that it has built in.
OWN_ENERGIES = {"ertnames-40", "ertnames-51"}
# Where Timeloop's own counters overflow or lose digits; ours are right.
OURS = {"14-partition-overflow", "15-above-2^53"}


def evaluate(case):
    """A problem or mapping may stand alone or under its key."""
    architecture = case["architecture"]
    if "architecture" not in architecture:
        architecture = {"architecture": architecture}
    beside = case.get("extra", {}) | {key: case[key] for key in ("architecture_constraints",) if key in case}
    documents = [architecture | beside]
    for key in ("problem", "mapping", "ERT"):
        document = case[key]
        documents.append(document if isinstance(document, dict) and key in document else {key: document})
    return flat.evaluate_mapping(*documents)


@pytest.mark.parametrize("case", RULES, ids=lambda case: case["name"])
def test_rules(case, check_printed):
    if case["name"] in REFUSED or "rejected" in case:
        with pytest.raises(flat.FlatError) as refused:
            evaluate(case)
        assert REFUSED.get(case["name"], "") in str(refused.value)
    elif case["name"] in OURS:
        assert evaluate(case).cycles == pytest.approx(case["expected"]["cycles"], rel=1e-12)
    else:
        check_printed(evaluate(case), case["expected"])


@pytest.mark.parametrize("case", WIDE, ids=lambda case: case["arch_name"])
def test_runs_of_many_kinds(case, check_printed):
    if "rejected" in case:
        with pytest.raises(flat.FlatError):
            evaluate(case)
        return
    try:
        result = evaluate(case)
    except flat.FlatError:
        assert case["verdict"] == "exact-or-refused" or case["arch_name"] in OWN_ENERGIES
        return
    check_printed(result, case["expected"])


def test_most_that_may_be_refused_is_not():
    """Windows, version 0.3, other spellings and variables are evaluated; what is left is refused by name."""
    refused = set()
    for case in WIDE:
        if case["verdict"] == "exact-or-refused":
            try:
                evaluate(case)
            except flat.FlatError:
                refused.add(case["class"])
    assert refused <= {"attributes", "constraints", "ertmissing", "flags"}


@pytest.mark.parametrize("case", RANDOM, ids=lambda case: case["name"])
def test_random_files(case, check_printed):
    if "rejected" in case:
        with pytest.raises(flat.FlatError):
            evaluate(case)
    else:
        check_printed(evaluate(case), case["expected"])
