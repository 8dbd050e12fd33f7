"""A tool's arguments as a form: published, and read."""

from __future__ import annotations

from typing import Annotated, Any

import pytest

from flat_plugin.agents.forms import arguments_of, parameters_of
from flat_plugin.errors import FlatError
from flat_plugin.form_markers import Among, Says

Kept = Annotated[dict[str, Any] | None, Says("what to change")]


def tool(
    *,
    workload: str,
    mapping: Annotated[str | None, Says("its path, or its YAML")] = None,
    set: Kept = None,
    level: Annotated[str, Among(("block", "model"))] = "block",
    batch: int = 1,
) -> None:
    """A tool."""


def test_arguments_are_as_they_are_given() -> None:
    given = {"workload": "gpt2", "set": {"buffer_kb": 64}, "batch": 2}
    assert arguments_of(tool, given) == given


def test_keys_and_values_may_come_as_their_json_text() -> None:
    assert arguments_of(tool, {"workload": "a", "set": '{"buffer_kb": 64}'})["set"] == {"buffer_kb": 64}


@pytest.mark.parametrize("text", ['{"fused_mapping": {}}', "{fused_mapping: {}}", "{", "mine.yaml"])
def test_a_text_stays_a_text_where_one_is_taken(text: str) -> None:
    assert arguments_of(tool, {"workload": text, "mapping": text}) == {"workload": text, "mapping": text}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "workload: missing"),
        ({"workload": "a", "wrkload": "b"}, "unknown key .got 'wrkload'.*did you mean workload"),
        ({"workload": "a", "batch": "2"}, "batch: not of the right kind .got '2'."),
        ({"workload": "a", "level": "layer"}, "level: unknown choice .got 'layer'.; expected block or model"),
        ({"workload": "a", "set": "{buffer_kb: 64}"}, "set: not of the right kind"),
        ({"workload": "a", "set": "{"}, "set: not of the right kind"),
    ],
)
def test_what_is_wrong_is_said(given: dict[str, Any], said: str) -> None:
    with pytest.raises(FlatError, match=said):
        arguments_of(tool, given)


def test_what_is_published() -> None:
    schema = parameters_of(tool)
    assert (schema["type"], schema["required"], schema["additionalProperties"]) == (
        "object",
        ["workload"],
        False,
    )
    found = schema["properties"]
    assert found["level"] == {"enum": ["block", "model"], "default": "block"}
    assert found["batch"]["default"] == 1 and "default" not in found["set"]
    assert found["set"]["description"] == "what to change"
