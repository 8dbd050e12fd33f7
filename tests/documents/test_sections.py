"""Documents whose content stands under a key of another name."""

from __future__ import annotations

from typing import Any

import pytest

import flat_plugin as flat
from flat_plugin import FlatError

SHAPE = {
    "name": "g",
    "dimensions": ["M", "K"],
    "data_spaces": [
        {"name": "A", "projection": [[["M"]], [["K"]]]},
        {"name": "B", "projection": [[["K"]]]},
        {"name": "Z", "projection": [[["M"]]], "read_write": True},
    ],
}


def evaluate(**documents: Any) -> None:
    given = {
        "architecture": {"architecture": {"version": 0.4, "subtree": []}},
        "problem": {"problem": {"shape": SHAPE, "instance": {"M": 2, "K": 2}}},
        "mapping": {"mapping": []},
    }
    flat.evaluate_mapping(**{**given, **documents})


@pytest.mark.parametrize(
    ("documents", "said"),
    [
        ({"architecture": {"arch": {"version": 0.4}}}, "no architecture .*architecture, instead of arch"),
        ({"architecture": {"Architecture": {}}}, "architecture, instead of Architecture"),
        ({"architecture": {"machine": {}}}, r"no architecture \(got \['machine'\]\)"),
    ],
)
def test_no_architecture(documents: dict[str, Any], said: str) -> None:
    with pytest.raises(FlatError, match=said):
        evaluate(**documents)


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        ({"problems": {"shape": SHAPE, "instance": {"M": 2, "K": 2}}}, "problem, instead of problems"),
        ({"problem": {"shape": SHAPE, "instances": {"M": 2, "K": 2}}}, "instance, instead of instances"),
        ({"problem": {"shapes": SHAPE, "instance": {"M": 2}}}, "shape, instead of shapes"),
    ],
)
def test_no_problem(problem: dict[str, Any], said: str) -> None:
    from flat_plugin.workload.problem import read_problem

    with pytest.raises(FlatError, match=said):
        read_problem(problem)


def test_no_mapping() -> None:
    from flat_plugin.mapping.read import directives_of_mapping

    with pytest.raises(FlatError, match="there is no mapping .*mapping, instead of mappings"):
        directives_of_mapping({"mappings": []})


def test_no_table() -> None:
    with pytest.raises(FlatError, match="there is no ERT .*ERT, instead of ert"):
        flat.estimate("bert-base", "edge", ert={"ert": {"version": 0.4, "tables": []}})
