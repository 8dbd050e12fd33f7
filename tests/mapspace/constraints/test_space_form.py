"""The form of a space's file: operators and their directives, and nothing else."""

import pytest

from flat_plugin.errors import FlatError
from flat_plugin.mapspace.constraints.space_form import SpaceFile
from flat_plugin.schema import check

DIRECTIVE = {"target": "PERegs", "type": "bypass", "keep": ["K"]}


@pytest.mark.parametrize(
    "operators",
    [{}, {"logit": []}, {"logit": [DIRECTIVE], "attend": [DIRECTIVE]}, {"attend": {"targets": [DIRECTIVE]}}],
)
def test_what_may_be_said(operators):
    check(SpaceFile, {"space": {"description": "rows stay", "operators": operators}}, closed=True)


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ({}, "space: missing"),
        ({"space": {}}, "space.operators: missing"),
        ({"space": {"operators": {"softmax": []}}}, "space.operators: unknown key"),
        ({"space": {"operators": {}, "name": "mine"}}, "space: unknown key"),
        ({"space": {"operators": {"logit": ["M=4"]}}}, "space.operators.logit"),
        ({"space": {"operators": {"logit": "M=4"}}}, "space.operators.logit"),
        ({"space": {"operators": {}, "description": 3}}, "space.description"),
        ({"space": {"operators": {}}, "spaces": {}}, "unknown key"),
    ],
)
def test_what_may_not(file, said):
    with pytest.raises(FlatError, match=said):
        check(SpaceFile, file, closed=True)
