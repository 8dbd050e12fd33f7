"""Options that functions share: typed in one place, explained in another, and none of them forgotten."""

import inspect
import re
from collections.abc import Callable
from typing import Any

import pytest

import flat_plugin as flat
from flat_plugin import defaults
from flat_plugin.question.options import Asked, sized


@pytest.mark.parametrize("name", Asked.__annotations__)
def test_every_option_is_explained(name: str) -> None:
    assert re.search(
        rf"^        {name}: ", inspect.getdoc(flat.estimate).replace("\n    ", "\n        "), re.M
    )


@pytest.mark.parametrize(
    "function",
    [flat.estimate, flat.explain, flat.compare, flat.generate, flat.search, flat.search_each, flat.pareto],
)
def test_an_option_has_one_default_everywhere(function: Callable[..., Any]) -> None:
    for name, parameter in inspect.signature(function).parameters.items():
        if name in Asked.__annotations__ and parameter.default is not None:
            assert parameter.default == defaults.OPTIONS.get(name), name


def test_sizes_become_a_workload_at_a_size() -> None:
    asked = dict.fromkeys(Asked.__annotations__) | {"seq": 64, "batch": 2, "bits": "K=8"}
    found = sized("bert-base", asked)
    assert (found.workload, found.seq, found.batch, found.bits) == ("bert-base", 64, 2, "K=8")
