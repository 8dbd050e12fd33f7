"""Which questions decide what of a chip."""

from __future__ import annotations

from typing import Any

import pytest
from tiny_explorations import TINY, exploration

from flat_plugin.exploration.figures import FRONT, MAPPED
from flat_plugin.exploration.questions import Questions, asked_of

ONE = TINY["workloads"][0]


@pytest.mark.parametrize(
    ("changes", "bound", "whole"),
    [
        ({"objective": "latency"}, ("latency",), ("latency",)),
        ({"objective": "edp"}, ("edp",), ("edp",)),
        ({"objective": "area"}, ("edp",), ("edp",)),  # of equal areas the least EDP
        ({"objective": "area", "budgets": {"energy_j": 1}}, ("energy",), (FRONT,)),
        ({"objective": ["latency", "energy"]}, ("energy", "latency"), (FRONT,)),
        ({"dataflows": ["flat-r16"]}, (), MAPPED[:1]),  # a mapping that is named is one, whatever is asked
        ({"workloads": [{"model": "gpt2", "seq": 16, "level": "model"}]}, (), MAPPED),
        ({"workloads": [{"model": "gpt2", "seq": 16, "mask": "causal"}]}, (), ("edp",)),
    ],
    ids=str,
)
def test_what_is_asked(changes: dict[str, Any], bound: tuple[str, ...], whole: tuple[str, ...]) -> None:
    assert asked_of(exploration(**changes), 0, 0) == Questions(bound, whole)


def test_of_a_chip_that_only_bounds_others_less_is_asked() -> None:
    questions = Questions(("energy",), (FRONT,))
    assert questions.of(single=True, every=False) == questions.of(single=True, every=True) == (FRONT,)
    assert questions.of(single=False, every=False) == ("energy",)
    assert questions.of(single=False, every=True) == ()
