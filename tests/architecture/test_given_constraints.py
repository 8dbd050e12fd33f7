"""Constraints as files state them: every spelling gives the same directives, with their places."""

from __future__ import annotations

from typing import Any

import pytest

from flat_plugin.architecture.given_constraints import directives_in, given, given_beside
from flat_plugin.errors import FlatError

BUFFER = {"target": "Buffer", "type": "temporal", "factors": ["M=4"]}


def test_a_directive_is_a_value() -> None:
    one = given({"target": "A", "spatial": {"factors": ["M=1", ["N=2"]]}}, "node", "here")
    assert one.directive == {"target": "A", "spatial": (("factors", ("M=1", ("N=2",))),)}
    assert hash(one) and one == given(
        {"target": "A", "spatial": {"factors": ["M=1", ["N=2"]]}}, "node", "there"
    )
    assert one != given({"target": "A", "spatial": {"factors": ["M=1", ["N=2"]]}}, "search", "here")


@pytest.mark.parametrize(
    ("section", "source"),
    [
        ("architecture_constraints", "architecture"),
        ("arch_constraints", "architecture"),
        ("mapspace_constraints", "mapspace"),
        ("mapspace", "mapspace"),
        ("constraints", "mapspace"),
    ],
)
def test_the_section_says_whether_timeloop_model_checks_it(section: str, source: str) -> None:
    (found,) = given_beside({section: [BUFFER], "architecture": {}})
    assert (found.source, found.place) == (source, f"{section}[0]")
    assert found.directive == {"target": "Buffer", "type": "temporal", "factors": ("M=4",)}


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ([BUFFER], "c[0]"),
        ({"targets": [BUFFER]}, "c.targets[0]"),
        ({"version": 0.4, "constraints": [BUFFER]}, "c.constraints[0]"),
        ({"template": "uber", "targets": [BUFFER]}, "c.targets[0]"),
        ([{"target": "Buffer", "type": "temporal", "attributes": {"factors": ["M=4"]}}], "c[0]"),
        (
            [{"target": "Buffer", "constraints": [{"type": "temporal", "factors": ["M=4"]}]}],
            "c[0].constraints[0]",
        ),
    ],
)
def test_all_spellings_are_one(content: Any, place: str) -> None:
    assert list(directives_in(content, "c")) == [(BUFFER, place)]


def test_a_list_on_one_target_gives_a_directive_each() -> None:
    nested = [{"type": "temporal"}, {"type": "spatial"}]
    assert [entry for entry, _ in directives_in([{"target": "A", "constraints": nested}], "c")] == [
        {"target": "A", "type": "temporal"},
        {"target": "A", "type": "spatial"},
    ]


@pytest.mark.parametrize(
    "document", [{}, {"mapspace": None}, {"mapspace": []}, {"mapspace": {"targets": None}}]
)
def test_nothing_is_constrained_where_nothing_is_said(document: dict[str, Any]) -> None:
    assert given_beside(document) == ()


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (
            {"mapspace": [BUFFER], "mapspace_constraints": []},
            "two names for one section; expected mapspace alone",
        ),
        ({"arch_constraints": [], "architecture_constraints": []}, "arch_constraints: two names"),
        ({"mapspace": "all"}, "mapspace: not a list of constraints .got 'all'."),
        ({"mapspace": {"target": []}}, "mapspace.target: unknown key; expected targets"),
        ({"mapspace": {"targets": [], "constraints": []}}, "mapspace.constraints: unknown key"),
        ({"mapspace": {"template": "ruby", "targets": []}}, "mapspace.template: not supported"),
        ({"mapspace": [7]}, r"mapspace\[0\]: a constraint must be a mapping .got 7."),
        ({"mapspace": [{"target": "A", "constraints": {}}]}, r"mapspace\[0\].constraints: not a list"),
        ({"mapspace": [{"target": "A", "constraints": [{}, 3]}]}, r"mapspace\[0\].constraints: not a list"),
        ({"mapspace": [{"target": "A", "attributes": 3}]}, r"mapspace\[0\].attributes: not a mapping"),
        (
            {"mapspace": [{"target": "A", "attributes": {"target": "B"}}]},
            r"mapspace\[0\].attributes.target: given twice .got 'B'.; expected 'A'",
        ),
        (
            {"mapspace": [{"target": "A", "constraints": [{"type": "temporal", "target": "B"}]}]},
            r"mapspace\[0\].constraints\[0\].target: given twice",
        ),
    ],
)
def test_what_is_no_list_of_constraints(document: dict[str, Any], said: str) -> None:
    with pytest.raises(FlatError, match=said):
        given_beside(document)
