"""A variable that nothing uses is said: it may be a misspelt one."""

import pytest
import yaml

from flat_plugin import read_architecture
from flat_plugin.architecture.presets import preset_path

EDGE = yaml.safe_load((preset_path("edge") / "arch.yaml").read_text(encoding="utf-8"))


def notes(variables, **attributes):
    document = yaml.safe_load(yaml.safe_dump(EDGE))
    system = document["architecture"]["subtree"][0]
    system.setdefault("attributes", {}).update(attributes)
    found = read_architecture({"variables": variables, **document}).notes
    return [note for note in found if "nothing uses" in note]


def test_a_variable_that_nothing_names_is_said():
    assert notes({"DATAWITH": 16}) == ["a variable that nothing uses: DATAWITH"]
    assert notes({"A": 1, "B": 2}) == ["variables that nothing uses: A, B"]


@pytest.mark.parametrize("variables", [{}, {"technology": "45nm", "global_cycle_seconds": 1e-9}])
def test_those_that_are_read_anyway_are_not(variables):
    assert notes(variables) == []


def test_a_variable_of_a_variable_is_used():
    assert notes({"half": 0.5e-9, "cycle": "half * 2"}, global_cycle_seconds="cycle") == []
    assert notes({"half": 0.5e-9, "cycle": "half * 2"}) == ["variables that nothing uses: half, cycle"]
