"""An entry of ``workloads`` in a design file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from flat_plugin.errors import FlatError
from flat_plugin.exploration.budgets import Budget
from flat_plugin.exploration.workload_entry import read_case
from flat_plugin.workload import find_model, parse_attention
from flat_plugin.workload.mask import parse_mask

HERE = Path(__file__).parent
SIZES = "B=1,H=2,M=8,N=8,D=4"


def test_a_name_alone_is_a_model() -> None:
    case = read_case("gpt2", 0, HERE)
    assert case.sized.workload == find_model("gpt2")
    assert (case.name, case.level, case.weight, case.budgets) == ("gpt2", "attention", 1.0, ())


def test_sizes_stand_beside_it() -> None:
    given = {"model": "gpt2", "seq": 64, "queries": 2, "batch": 3, "level": "model", "weight": 2}
    case = read_case({**given, "mask": "causal", "bits": "K=8", "budgets": {"latency_s": 1}}, 4, HERE)
    assert (case.sized.seq, case.sized.queries, case.sized.batch) == (64, 2, 3)
    assert case.sized.mask == parse_mask("causal") and case.sized.bits is not None
    assert (case.name, case.level, case.weight) == ("gpt2 2 new of 64 tokens", "model", 2.0)
    assert case.budgets == (Budget("latency", 1.0, 4, "latency_s 1"),)


def test_attention_by_hand_is_named_as_it_is_written_unless_it_has_a_name() -> None:
    case = read_case({"attention": SIZES}, 0, HERE)
    assert (case.name, case.sized.workload) == (SIZES, parse_attention(SIZES))
    assert read_case({"attention": SIZES, "name": "mine"}, 0, HERE).name == "mine"


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (7, "not a workload .*such as {model"),
        ({"model": "gpt2", "sq": 3}, "sq: unknown key .*did you mean seq"),
        ({"seq": 3}, "not one workload .*expected one of model, config, attention"),
        ({"model": "gpt2", "attention": SIZES}, "not one workload"),
        ({"model": "gpt2", "level": "layer"}, "level: unknown level .*expected attention"),
        ({"model": 3}, "model: not a text"),
        ({"model": "gpt2", "part": "text"}, "part: only a configuration has parts"),
        ({"model": "gpt2", "seq": 0}, "seq: "),
        ({"model": "gpt2", "mask": 3}, "mask: not a mask"),
        ({"model": "gpt2", "bits": "X=8"}, "bits"),
        ({"attention": SIZES, "seq": 8}, "seq: sizes by hand have their own"),
        ({"model": "gpt2", "weight": 0}, "weight: bad weight .*a number above 0"),
        ({"model": "gpt2", "weight": True}, "weight: bad weight"),
        ({"model": "gpt2", "weight": float("inf")}, "weight: bad weight"),
        ({"model": "gpt2", "name": " "}, "name: bad name"),
        ({"model": "gpt2", "budgets": {"latency_s": 0}}, "budgets.latency_s: bad budget"),
        ({"model": "gpt2", "budgets": 3}, "budgets: not budgets"),
    ],
)
def test_what_is_no_workload(entry: Any, said: str) -> None:
    with pytest.raises(FlatError, match=said):
        read_case(entry, 0, HERE)
