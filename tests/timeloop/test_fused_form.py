"""What a file of a fused mapping may hold."""

from __future__ import annotations

from typing import Any

import pytest

from flat_plugin.errors import FlatError
from flat_plugin.schema import check
from flat_plugin.timeloop.fused_form import FusedFile

LOOPS = {"target": "DRAM", "type": "temporal", "factors": "M=2"}


def file(**changes: Any) -> dict[str, Any]:
    content = {
        "dataflow": "flat-r64",
        "shared": {"H": 12, "M": 8},
        "stage": ["S"],
        "operators": {"logit": [LOOPS], "attend": []},
    }
    return {"fused_mapping": content | changes}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"version": 2},
        {"dataflow": {"name": "mine", "fused": True, "granularity": "R", "rows": 8}},
        {"shared": {"DRAM": {"temporal": {"H": 12}}, "L2": {"temporal": None, "spatial": {"M": 2}}}},
        {"stage": {"S": "L1", "K": "L2"}},
        {"stage": None},
        {"operators": {"logit": [{"target": 0, "type": "bypass", "keep": ["Q"], "bypass": []}]}},
    ],
)
def test_what_may_be_said(changes: dict[str, Any]) -> None:
    assert check(FusedFile, file(**changes)) == file(**changes)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"version": 3}, "fused_mapping.version: out of range .got 3.; expected 1 to 2"),
        ({"staged": ["S"]}, "fused_mapping: unknown key .got 'staged'."),
        ({"dataflow": {"name": "mine", "fused": True, "row": 8}}, "fused_mapping.dataflow: unknown key"),
        ({"shared": {"H": 0}}, "fused_mapping.shared.H: out of range .got 0."),
        ({"shared": {"DRAM": {"spatial": {"M": 0}}}}, "shared.DRAM.spatial.M: out of range"),
        ({"shared": {"DRAM": {"space": {"M": 2}}}}, "shared.DRAM: unknown key .got 'space'."),
        ({"stage": "S"}, "fused_mapping.stage: not of the right kind"),
        (
            {"operators": {"logit": [{**LOOPS, "type": "loop"}]}},
            r"logit\[0\].type: unknown choice .got 'loop'.",
        ),
        ({"operators": {"logit": [{"type": "temporal"}]}}, r"operators.logit\[0\].target: missing"),
    ],
)
def test_what_may_not(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(FlatError, match=said):
        check(FusedFile, file(**changes))


@pytest.mark.parametrize("key", ["dataflow", "shared", "stage", "operators"])
def test_what_must_be_said(key: str) -> None:
    document = file()
    del document["fused_mapping"][key]
    with pytest.raises(FlatError, match=f"fused_mapping.{key}: missing"):
        check(FusedFile, document)
