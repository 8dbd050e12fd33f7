"""Values as JSON knows them."""

from dataclasses import dataclass
from math import inf, nan
from pathlib import Path

import pytest

from flat_plugin.plain import known, plain


@dataclass(frozen=True)
class Pair:
    left: object
    right: object


@pytest.mark.parametrize(
    ("value", "as_json"),
    [
        (Pair(1, (2, 3)), {"left": 1, "right": [2, 3]}),
        ({1: {"b", "a"}}, {"1": ["a", "b"]}),
        ([inf, nan, 0.5, True, None], [None, None, 0.5, True, None]),
        (Path("a/b"), "a/b"),
    ],
)
def test_every_value_has_a_form_in_json(value: object, as_json: object) -> None:
    assert plain(value) == as_json


def test_a_figure_that_is_no_number_is_not_known() -> None:
    assert known(nan) is None and known(2.5) == 2.5 and known(inf) == inf
